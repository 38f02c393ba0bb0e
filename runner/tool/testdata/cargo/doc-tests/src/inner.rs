/// ```
/// assert!(does_not_compile);
/// ```
pub fn f() {}
