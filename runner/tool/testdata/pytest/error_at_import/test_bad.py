x = 1
raise RuntimeError('not today')
