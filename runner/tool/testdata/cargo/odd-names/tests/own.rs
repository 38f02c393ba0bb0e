fn main() {
    println!("\nrunning 3 tests");
    println!("test quotes \"'` and $HOME ... ok");
    println!("test emoji 🦀 ... ok");
    println!("test tab\tinside ... ok");
    println!("\ntest result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n");
}
