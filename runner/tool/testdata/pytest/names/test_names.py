import pytest


@pytest.mark.parametrize('x', ['it\'s "quoted"', 'two\nlines', '\U0001f600', 'a::b[c]', 'back\\slash', 'caf\u00e9'])
def test_p(x):
    pass
