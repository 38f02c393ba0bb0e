/// ```
/// assert_eq!(x::two(), 2);
/// ```
///
/// ```
/// std::process::abort();
/// ```
///
/// ```
/// std::process::exit(0);
/// ```
///
/// ```compile_fail
/// let x: u8 = "";
/// ```
pub fn two() -> u8 {
    2
}
