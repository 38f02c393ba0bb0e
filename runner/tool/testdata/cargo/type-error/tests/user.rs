#[test]
fn uses() {
    assert_eq!(x::two(), 2);
}
