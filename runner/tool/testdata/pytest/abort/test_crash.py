import os
import sys


def test_before():
    pass


def test_crash():
    os.abort()


def test_after():
    pass
