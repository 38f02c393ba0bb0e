#[used]
#[cfg_attr(target_os = "linux", link_section = ".init_array")]
static EARLY: extern "C" fn() = early;

extern "C" fn early() {
    std::process::exit(4);
}

#[test]
fn works() {
    assert_eq!(1 + 1, 2);
}

