pub fn two() -> i32 {
    "2"
}

#[test]
fn works() {
    assert_eq!(1 + 1, 2);
}

