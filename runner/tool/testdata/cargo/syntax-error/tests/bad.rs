#[test]
fn broken( {
}
