def pytest_collection_modifyitems():
    raise RuntimeError('broken plugin')
