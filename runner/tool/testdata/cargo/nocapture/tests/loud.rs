#[test]
fn a() {
    println!("ok");
    print!("FAILED");
}

#[test]
fn b() {
    println!("test a ... FAILED");
    panic!("boom");
}

#[test]
fn c() {
    
}

