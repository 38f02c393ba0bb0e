#[allow(unconditional_recursion)]
fn deep(n: u64) -> u64 {
    std::hint::black_box(deep(n + 1) + n)
}

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
    assert_eq!(deep(0), 0);
}

#[test]
fn rest() {
    assert!(true);
}

