/// ```
/// assert_eq!(x::größe(), 3);
/// ```
pub fn größe() -> u8 {
    3
}

#[cfg(test)]
mod tests {
    #[test]
    fn größe_ist_drei() {
        assert_eq!(super::größe(), 3);
    }

    #[test]
    fn 测试() {}

    #[test]
    fn r#match() {}
}
