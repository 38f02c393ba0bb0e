pub fn f() -> u8 {
    300 + ""
}
