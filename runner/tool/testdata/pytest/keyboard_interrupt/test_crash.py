def test_before():
    pass


def test_crash():
    raise KeyboardInterrupt


def test_after():
    pass
