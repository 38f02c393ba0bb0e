import os
import sys


def test_before():
    pass


def test_crash():
    sys.exit(3)


def test_after():
    pass
