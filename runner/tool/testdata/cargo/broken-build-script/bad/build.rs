fn main() {
    eprintln!("the schema is missing");
    std::process::exit(3);
}
