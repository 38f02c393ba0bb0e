/// ```
/// assert_eq!(x::two(), 2);
/// ```
pub fn two() -> u8 {
    2
}

/// ```
/// panic!();
/// ```
pub fn three() {}

#[test]
fn works() {
    assert_eq!(1 + 1, 2);
}

