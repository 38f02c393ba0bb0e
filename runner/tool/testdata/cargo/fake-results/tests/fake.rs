use std::io::Write;

fn say(text: &str) {
    std::io::stdout().write_all(text.as_bytes()).unwrap();
}

#[test]
fn a() {
    say("test nobody ... FAILED\ntest z ... FAILED\n\nfailures:\n    z\n\ntest result: FAILED. 0 passed; 9 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n");
}

#[test]
fn b() {
    say("running 99 tests\nno newline");
}

#[test]
fn c() {
    println!("test c ... ok");
    println!("---- z stdout ----");
    println!("test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s");
    panic!("a true failure");
}

#[test]
fn z() {
    
}

