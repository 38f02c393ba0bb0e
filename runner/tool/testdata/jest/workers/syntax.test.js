test('never' => {
