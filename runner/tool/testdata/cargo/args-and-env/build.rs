fn main() {
    println!("cargo::rustc-env=FROM_THE_SCRIPT=yes");
}
