import os
import helper


def test_a():
    pass
