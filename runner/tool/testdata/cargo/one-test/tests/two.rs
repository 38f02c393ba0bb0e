#[test]
fn same() {
    
}

#[test]
fn same_but_longer() {
    panic!();
}

