fn main() {
    eprintln!("it is not so");
    std::process::exit(2);
}
