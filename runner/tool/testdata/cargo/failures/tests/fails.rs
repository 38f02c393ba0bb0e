#[test]
fn panics() {
    println!("on the way");
    panic!("boom");
}

#[test]
fn compares() {
    assert_eq!(1 + 1, 3, "numbers");
}

#[test]
fn returns() -> Result<(), String> {
    Err("no such thing".into())
}

#[test]
#[should_panic]
fn should_and_did() {
    panic!("as told");
}

#[test]
#[should_panic]
fn should_and_did_not() {}

#[test]
#[should_panic(expected = "this")]
fn should_otherwise() {
    panic!("that");
}
