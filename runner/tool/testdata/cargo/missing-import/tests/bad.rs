use nowhere::thing;

#[test]
fn never() {
    thing();
}

