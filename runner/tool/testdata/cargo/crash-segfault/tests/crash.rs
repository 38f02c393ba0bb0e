#[test]
fn after() {
    assert!(true);
}

#[test]
fn before() {
    assert!(true);
}

#[test]
fn middle() {
    unsafe { std::ptr::write_volatile(std::ptr::dangling_mut::<u64>().wrapping_sub(1).cast::<u8>(), 1) };
}

#[test]
fn rest() {
    assert!(true);
}

