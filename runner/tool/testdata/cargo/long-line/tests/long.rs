use std::io::Write;

#[test]
fn captured() {
    print!("{}", "x".repeat(10 << 20));
}

#[test]
fn failing() {
    print!("{}", "y".repeat(10 << 20));
    panic!("after 10 MB");
}

#[test]
fn raw() {
    std::io::stdout().write_all("z".repeat(10 << 20).as_bytes()).unwrap();
    println!();
}

