import pytest


@pytest.fixture
def leaky():
    yield
    raise RuntimeError('leak')


def test_passes(leaky):
    pass


def test_fails(leaky):
    assert False


@pytest.fixture
def late_skip():
    yield
    pytest.skip('too late')


def test_late(late_skip):
    pass
