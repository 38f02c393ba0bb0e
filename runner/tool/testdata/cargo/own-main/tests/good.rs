fn main() {
    assert_eq!(std::env::args().count(), 1);
}
