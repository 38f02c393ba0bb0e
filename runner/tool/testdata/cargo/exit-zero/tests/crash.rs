#[test]
fn after() {
    assert!(true);
}

#[test]
fn before() {
    assert!(true);
}

#[test]
fn middle() {
    std::process::exit(0);
}

#[test]
fn rest() {
    assert!(true);
}

