#[test]
fn a() {
    
}

#[test]
fn b() {
    std::process::exit(1);
}

#[test]
fn c() {
    
}

#[test]
fn d() {
    std::process::abort();
}

#[test]
fn e() {
    
}

#[test]
fn f() {
    panic!("an ordinary failure");
}

