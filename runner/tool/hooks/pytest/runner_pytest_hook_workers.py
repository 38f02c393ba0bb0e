"""The controller of pytest-xdist: puts the hook into its workers, and tells what they picked. PYTEST_DONT_REWRITE

A worker is given the hook by hand, over its own channel: its environment and its arguments stay those of a plain run.
"""
import os

import pytest

# What an xdist worker is told to run before its own start.
WORKER = """
import importlib.util, os, sys
name, path = channel.receive()
spec = importlib.util.spec_from_file_location(name, path)
module = importlib.util.module_from_spec(spec)
module.WORKER = True
sys.modules[name] = module
spec.loader.exec_module(module)
module.arm_worker()
channel.send(os.getpid())
"""


class Workers:
    """The hooks of an xdist controller; none of them is called without xdist."""

    def __init__(self, channel, tell):
        self.channel, self.tell = channel, tell
        self.pids = {}  # by gateway
        self.picked = False

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self):
        self.channel.guard(self.forward_dump)

    def forward_dump(self):
        """No test runs in a controller: it passes the request for stacks on to the workers."""
        import faulthandler
        import signal

        if not hasattr(signal, "SIGUSR2"):
            return

        def ask(number, frame):
            for pid in list(self.pids.values()):
                try:
                    os.kill(pid, number)
                except OSError:
                    pass

        faulthandler.unregister(signal.SIGUSR2)
        signal.signal(signal.SIGUSR2, ask)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        if node.gateway.spec.popen:
            self.channel.guard(self.arm, node.gateway)

    def arm(self, gateway):
        channel = gateway.remote_exec(WORKER)
        name = __name__.rpartition("_")[0]
        channel.send((name, os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")))
        self.pids[gateway.id] = channel.receive(60)
        channel.waitclose(60)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids):
        self.channel.guard(self.tell.plan, [(nodeid, 0) for nodeid in ids])

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node, error):
        self.channel.guard(self.down, node, error)

    def down(self, node, error):
        self.pids.pop(node.gateway.id, None)
        picked = (getattr(node, "workeroutput", None) or {}).get("runner_hook")
        if picked and not self.picked:
            self.picked = True  # each worker has collected, and left out, the same
            self.tell.selected(picked["deselected"], picked["missing"])
        if error:
            self.channel.tell(k="worker", id=str(node.gateway.id), text=str(error)[-4096:])
