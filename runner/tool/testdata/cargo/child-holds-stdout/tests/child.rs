#[test]
fn leaves_a_child() {
    std::process::Command::new("sleep").arg("20").spawn().unwrap();
}

#[test]
fn works() {
    
}

