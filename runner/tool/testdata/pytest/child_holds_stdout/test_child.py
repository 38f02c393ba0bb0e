import subprocess
import sys


def test_child():
    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'])
