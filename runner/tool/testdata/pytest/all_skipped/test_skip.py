import pytest


@pytest.mark.skip(reason='not on this planet')
def test_a():
    pass


def test_b():
    pytest.skip('later')
