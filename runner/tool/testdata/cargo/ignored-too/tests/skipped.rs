#[test]
#[ignore]
fn plain() {}

#[test]
fn other() {}
