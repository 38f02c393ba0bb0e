import os
import sys
import ctypes


def test_before():
    pass


def test_crash():
    ctypes.string_at(0)


def test_after():
    pass
