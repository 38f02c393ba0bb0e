import time


def test_slow():
    time.sleep(30)


def test_after():
    pass
