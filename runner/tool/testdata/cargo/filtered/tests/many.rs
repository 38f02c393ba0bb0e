#[test]
fn alpha() {
    
}

#[test]
fn beta() {
    panic!();
}

#[test]
fn gamma() {
    
}

