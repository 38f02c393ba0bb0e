#[test]
fn a_first() {
    
}

#[test]
fn b_hang() {
    loop {
        std::hint::spin_loop();
    }
}

#[test]
fn c_last() {
    
}

#[test]
fn d_last() {
    
}

