pub fn helper() -> u8 {
    missing()
}
