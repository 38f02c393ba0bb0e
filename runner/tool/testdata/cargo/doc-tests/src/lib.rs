//! ```
//! assert_eq!(x::two(), 2);
//! ```

pub mod inner;

/// ```
/// assert_eq!(x::two(), 3);
/// ```
pub fn two() -> u8 {
    2
}

/// ```compile_fail
/// let x: u8 = "";
/// ```
///
/// ```should_panic
/// panic!();
/// ```
///
/// ```ignore
/// nothing
/// ```
///
/// ```no_run
/// loop {}
/// ```
pub fn kinds() {}
