import pytest

pytest.importorskip('no_such_module_at_all')


def test_a():
    pass
