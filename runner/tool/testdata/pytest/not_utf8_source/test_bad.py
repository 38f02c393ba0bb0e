def test_a():
    pass

x = 'ÿ'
