def test_a():
    pass


def test_b():
    assert False


def test_c():
    pass
