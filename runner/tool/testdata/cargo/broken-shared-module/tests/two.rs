mod common;

#[test]
fn two() {
    common::helper();
}

