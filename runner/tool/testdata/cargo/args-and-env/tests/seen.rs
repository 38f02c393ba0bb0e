#[test]
fn arguments() {
    assert_eq!(std::env::args().count(), 1, "{:?}", std::env::args());
}

#[test]
fn folder() {
    assert_eq!(std::env::current_dir().unwrap(), std::path::Path::new(env!("CARGO_MANIFEST_DIR")));
}

#[test]
fn variables() {
    for (name, value) in [("CARGO_PKG_NAME", "x"), ("CARGO_PKG_VERSION_MINOR", "1"), ("CARGO_PKG_AUTHORS", "A:B"), ("CARGO_PKG_DESCRIPTION", "to be seen"), ("FROM_THE_SUITE", "yes"), ("FROM_THE_SCRIPT", "yes")] {
        assert_eq!(std::env::var(name).as_deref(), Ok(value), "{name}");
    }
    assert!(std::path::Path::new(&std::env::var("CARGO").unwrap()).exists());
    assert!(std::env::vars().all(|(name, _)| !name.starts_with("RUNNER_")));
}

