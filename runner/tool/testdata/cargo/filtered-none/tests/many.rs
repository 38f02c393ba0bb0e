#[test]
fn alpha() {
    
}

#[test]
fn beta() {
    
}

