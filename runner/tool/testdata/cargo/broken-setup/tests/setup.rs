use std::sync::OnceLock;

static SETUP: OnceLock<u32> = OnceLock::new();

fn setup() -> u32 {
    *SETUP.get_or_init(|| panic!("the database is not there"))
}

#[test]
fn first() {
    assert_eq!(setup(), 1);
}

#[test]
fn second() {
    assert_eq!(setup(), 1);
}

#[test]
fn without() {
    
}

