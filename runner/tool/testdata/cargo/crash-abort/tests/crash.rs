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
    std::process::abort();
}

#[test]
fn rest() {
    assert!(true);
}

