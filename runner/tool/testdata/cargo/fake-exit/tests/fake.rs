use std::io::Write;

#[test]
fn a() {
    
}

#[test]
fn b() {
    let end = "test b ... ok\ntest c ... ok\n\ntest result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n";
    std::io::stdout().write_all(end.as_bytes()).unwrap();
    std::process::exit(0);
}

#[test]
fn c() {
    std::thread::sleep(std::time::Duration::from_millis(300));
}

#[test]
fn d() {
    std::thread::sleep(std::time::Duration::from_millis(300));
}

