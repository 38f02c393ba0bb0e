import os


def test_prints():
    os.write(1, b'\xff\xfe\x00\x1b[31m\x07\n')
    print('\x00\x01 \ud800 lone')
    assert False, 'bad \x00\x1b[0m \ud800 text'


def test_fine():
    os.write(2, b'\xc3\x28')
