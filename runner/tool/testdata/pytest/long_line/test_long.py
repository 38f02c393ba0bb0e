def test_fails():
    print('x' * 10_000_000)
    assert 'y' * 10_000_000 == ''


def test_passes():
    print('x' * 10_000_000)
