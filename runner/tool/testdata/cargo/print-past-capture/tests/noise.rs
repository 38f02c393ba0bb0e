use std::io::Write;

#[test]
fn t0() {
    std::io::stdout().write_all(b"noise 0 ").unwrap();
}

#[test]
fn t1() {
    std::io::stdout().write_all(b"noise 1 ").unwrap();
}

#[test]
fn t2() {
    std::io::stdout().write_all(b"noise 2 ").unwrap();
}

#[test]
fn t3() {
    std::io::stdout().write_all(b"noise 3 ").unwrap();
}

#[test]
fn t4() {
    std::io::stdout().write_all(b"noise 4 ").unwrap();
}

#[test]
fn t5() {
    std::io::stdout().write_all(b"noise 5 ").unwrap();
}

#[test]
fn t6() {
    std::io::stdout().write_all(b"noise 6 ").unwrap();
}

#[test]
fn t7() {
    std::io::stdout().write_all(b"noise 7 ").unwrap();
}

