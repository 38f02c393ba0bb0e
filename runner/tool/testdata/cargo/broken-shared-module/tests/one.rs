mod common;

#[test]
fn one() {
    common::helper();
}

