import os


def test_moves(tmp_path):
    os.chdir(tmp_path)


def test_after():
    pass
