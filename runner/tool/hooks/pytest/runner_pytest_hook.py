"""Tells a pytest run as lines of JSON, and keeps it to the tests of one job. PYTEST_DONT_REWRITE

Loaded through PYTHONPATH and PYTEST_PLUGINS, and leaves no trace of either: its two tokens are taken out of
os.environ and sys.path before any conftest is loaded, so tests see the arguments and the environment of a plain run.
Settings lie beside this file (SETTINGS), the event channel too (EVENTS); both are found by __file__.

In an xdist worker it selects and is silent: the controller repeats the workers' reports, and only it writes.
No error of this file may reach pytest: hooks that could fail are guarded, and say so in a line of kind "trouble".
Works with Python 3.6 and pytest 6 and later; private names of pytest are used only where a fallback exists.
"""
import importlib.util
import json
import os
import sys
import traceback

import pytest

NAME = "runner_pytest_hook"
HERE = os.path.dirname(os.path.abspath(__file__))
SETTINGS = os.path.join(HERE, NAME + ".json")
EVENTS = os.path.join(HERE, "events")
CAP = 64 << 10  # characters of a traceback of ours
ENCODE = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps would make an encoder for each line


def read_settings():
    with open(SETTINGS, encoding="utf-8") as file:
        return json.load(file)


class Channel:
    """The event channel: one append a line, ASCII. Silent in workers and in forked children."""

    def __init__(self, path):
        self.path, self.fd, self.file, self.pid = path, None, None, os.getpid()

    def open(self):
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self.fd = os.open(self.path, flags, 0o600)
        self.file = os.fstat(self.fd)

    def tell(self, **line):
        if self.path is None or os.getpid() != self.pid:
            return
        try:
            # A test may close every descriptor, and the next open file then has our number: look before each write.
            try:
                now = os.fstat(self.fd) if self.fd is not None else None
            except OSError:
                now = None
            if now is None or (now.st_dev, now.st_ino) != (self.file.st_dev, self.file.st_ino):
                self.open()
            os.write(self.fd, ENCODE(line).encode("ascii") + b"\n")
        except Exception:
            # Nobody can be told. The missing end line is the witness.
            self.path = None

    def guard(self, function, *args):
        """Calls the function, and keeps errors of ours away from pytest."""
        try:
            return function(*args)
        except Exception:
            self.tell(k="trouble", text=traceback.format_exc()[-CAP:])
            return None


def take_token(name, token, separator):
    """Takes our token from the front of a variable, which then is what it was before. Returns what is left, or None."""
    value = os.environ.get(name)
    if value == token:
        del os.environ[name]
    elif value is not None and value.startswith(token + separator):
        os.environ[name] = value[len(token) + len(separator):]
        return os.environ[name]
    return None


def disarm():
    left = take_token("PYTHONPATH", S["token_path"], os.pathsep)
    take_token("PYTEST_PLUGINS", NAME, ",")
    # xdist copies sys.path when it is imported, and gives the copy to its workers.
    for path in (sys.path, getattr(sys.modules.get("xdist.plugin"), "_sys_path", None)):
        for i, entry in reversed(list(enumerate(path or ()))):
            if entry and os.path.abspath(entry) == HERE:
                # Behind us an empty variable became an entry, for the current folder: alone it is none.
                del path[i : i + (2 if left == "" else 1)]
    sys.path_importer_cache.pop(S["token_path"], None)


def keep_tree_clean():
    """Sends the bytecode of files below the root to the cache folder, as PYTHONPYCACHEPREFIX would.

    Not sys.pycache_prefix: that is for every module, so a first run would compile the whole of site-packages again,
    and tests can see it.
    """
    prefix, root = S["bytecode"], S["root"] + os.sep
    if not prefix or sys.dont_write_bytecode or getattr(sys, "pycache_prefix", None):
        return

    def ours(path):
        path = os.path.abspath(path)
        return path.startswith(root) and os.sep + "site-packages" + os.sep not in path

    def moved(path):
        return os.path.join(prefix, os.path.splitdrive(os.path.abspath(path))[1].lstrip("\\/"))

    external = sys.modules["_frozen_importlib_external"]
    plain_cache = external.cache_from_source

    def cache_from_source(path, *args, **kwargs):
        cached = plain_cache(path, *args, **kwargs)
        try:
            path = os.fspath(path)
            return moved(os.path.join(os.path.dirname(path), os.path.basename(cached))) if ours(path) else cached
        except Exception:
            return cached

    external.cache_from_source = cache_from_source
    # The rewriter of assertions has a rule of its own.
    rewrite = sys.modules.get("_pytest.assertion.rewrite")
    plain_dir = getattr(rewrite, "get_cache_dir", None)
    if plain_dir is not None:

        def get_cache_dir(file_path):
            if ours(str(file_path)):
                return type(file_path)(moved(str(file_path.parent)))
            return plain_dir(file_path)

        rewrite.get_cache_dir = get_cache_dir


def listen_for_dump():
    """Prints the stacks of all threads into a file when runner asks. Python code sees no handler."""
    import faulthandler
    import signal

    number = getattr(signal, "SIGUSR2", None)
    if number is not None and hasattr(faulthandler, "register"):
        stacks = open(os.path.join(HERE, "stacks-%d.txt" % os.getpid()), "a")
        faulthandler.register(number, file=stacks, all_threads=True)
        return stacks
    return None


S = read_settings()
# The folder may be reached through a link, and pytest names the true one.
S["root"] = os.path.realpath(S["root"])
CHANNEL = Channel(EVENTS)
if globals().get("WORKER"):  # set by whoever loads this file in an xdist worker
    CHANNEL.path = None
CHANNEL.tell(k="hook", token=S["token"], pytest=pytest.__version__, python=sys.version.split()[0], pid=os.getpid())
CHANNEL.guard(disarm)
CHANNEL.guard(keep_tree_clean)
STACKS = CHANNEL.guard(listen_for_dump)


def beside(part):
    """Loads another file of the hook by its path: sys.path knows this folder no longer."""
    name = NAME + "_" + part
    spec = importlib.util.spec_from_file_location(name, os.path.join(HERE, name + ".py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def arm_worker():
    """In a fresh xdist worker, where this module lies in sys.modules already: makes pytest load it."""
    old = os.environ.get("PYTEST_PLUGINS")
    os.environ["PYTEST_PLUGINS"] = NAME if old is None else NAME + "," + old


def pytest_addoption(parser, pluginmanager):
    # Called once, when pytest registers this module: before any conftest. In a worker the token is back: see arm_worker.
    CHANNEL.guard(disarm)
    place = beside("place")
    pick = beside("pick").Pick(S, CHANNEL)
    conftests = beside("conftests").Conftests(S, CHANNEL, place, pick)
    tell = beside("tell").Tell(S, CHANNEL, place, pick)
    workers = beside("workers").Workers(CHANNEL, tell)
    for part, plugin in (("pick", pick), ("conftests", conftests), ("tell", tell), ("workers", workers)):
        pluginmanager.register(plugin, NAME + "_" + part)
