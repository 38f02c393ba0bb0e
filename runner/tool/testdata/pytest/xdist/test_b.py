import pytest


def test_fails():
    print('from a worker')
    assert False


@pytest.mark.skip(reason='no')
def test_skips():
    pass
