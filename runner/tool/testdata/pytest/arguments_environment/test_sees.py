import json
import os
import signal
import sys


def test_sees():
    seen = {
        'argv': sys.argv,
        'orig_argv': getattr(sys, 'orig_argv', None),
        'path': sys.path,
        'environ': {k: v for k, v in os.environ.items() if not k.startswith('PYTEST_XDIST_TESTRUN')},
        'prefix': sys.pycache_prefix,
        'dont_write': sys.dont_write_bytecode,
        'main': sys.modules['__main__'].__spec__.name if sys.modules['__main__'].__spec__ else None,
        'signals': {str(s): str(signal.getsignal(s)) for s in signal.valid_signals()},
        'cwd': os.getcwd(),
    }
    with open('seen.json', 'w') as file:
        json.dump(seen, file, sort_keys=True)
