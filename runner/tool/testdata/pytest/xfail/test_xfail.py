import pytest


@pytest.mark.xfail(reason='known')
def test_fails():
    assert False


@pytest.mark.xfail(reason='known')
def test_passes():
    pass


@pytest.mark.xfail(reason='known', strict=True)
def test_strict():
    pass


def test_inside():
    pytest.xfail('gave up')
