import pytest


@pytest.fixture
def broken():
    raise RuntimeError('no fixture')


def test_uses(broken):
    pass


def test_unknown(nobody_has_it):
    pass


def test_fine():
    pass
