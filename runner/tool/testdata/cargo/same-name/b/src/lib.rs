#[test]
fn works() {
    assert_eq!(1 + 1, 2);
}

mod inner {
    #[test]
    fn works() {}
}
