use std::io::Write;

#[test]
fn raw() {
    std::io::stdout().write_all(b"\xff\xfe\x00\x1b[31m\n").unwrap();
}

#[test]
fn raw_error() {
    std::io::stderr().write_all(b"\xff\x00\n").unwrap();
}

#[test]
fn failing() {
    println!("\u{1b}[31m\u{0}\u{7}");
    panic!("bell \u{7} and nul \u{0}");
}

