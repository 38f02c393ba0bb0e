#[test]
#[ignore]
fn plain() {}

#[test]
#[ignore = "needs the moon"]
fn reason() {}
