"""A broken conftest.py costs its own folder: the rest is collected without it. PYTEST_DONT_REWRITE

pytest before 8 loses the whole session to it, and every pytest refuses to start where it is one of the first that are
loaded (the folders named, and test* below the current one). Here its folder is left out, and a failing report in the
shape that pytest 8 has for it goes to every plugin, so the exit status and the user's own reports know of it too.
Above or in the current folder nothing is left to be run, and pytest ends as it would.
"""
import os
from pathlib import Path

import pytest
from _pytest.reports import CollectReport

MAJOR = int(pytest.__version__.split(".")[0])


class Conftests:
    """Leaves out folders whose conftest can't be loaded."""

    def __init__(self, settings, channel, place, pick):
        self.s, self.channel, self.place, self.pick = settings, channel, place, pick
        self.broken = {}  # folder -> the report that is still to be told, or None

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_load_initial_conftests(self, early_config):
        self.channel.guard(self.prepare, early_config)
        outcome = yield
        exc = outcome.excinfo[1] if outcome.excinfo else None
        if exc is not None:
            self.mend(early_config, outcome, exc)

    def prepare(self, config):
        """The cache goes to runner's folder, unless the user gave it a place; broken folders of an attempt before stay shut."""
        if self.s["cache"] and "cache_dir" not in config.inicfg and hasattr(config, "_inicache"):
            if not any(str(o).startswith("cache_dir=") for o in getattr(config, "_override_ini", ())):
                config._inicache["cache_dir"] = self.s["cache"]
        for name in self.s["leave_out"]:
            folder = Path(self.pick.root, name)
            if folder.is_dir():
                self.shut(config, folder)

    def shut(self, config, folder):
        """Makes pytest believe that the folder's conftests are loaded. False where this pytest can't be told."""
        known = getattr(config.pluginmanager, "_dirpath2confmods", None)
        if not isinstance(known, dict):
            return False
        known[folder] = []
        return True

    def mend(self, config, outcome, exc):
        """Goes on without the folder of a broken conftest, if anything is left without it."""
        for _ in range(100):
            path = broken_path(exc)
            if path is None:
                return
            folder, here = path.parent, Path.cwd()
            if folder == here or folder in here.parents or folder in self.broken or not self.shut(config, folder):
                self.channel.tell(k="conftest", path=str(path), **self.describe(exc, path))
                return
            self.broken[folder] = (exc, path)
            try:
                config.pytest_load_initial_conftests(config)
            except BaseException as again:
                exc = again
                continue
            outcome.force_result([])
            return

    def describe(self, exc, path):
        cause = exc.__cause__ or exc
        found = self.place.of(cause, path)
        found["reason"], found["text"] = "conftest", self.place.text(cause)
        return found

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session):
        if session.config.pluginmanager.hasplugin("dsession"):
            return  # the workers collect, and tell
        self.channel.guard(self.check_arguments, session.config)
        for folder, told in list(self.broken.items()):
            if told is not None:
                self.report(session.config, folder)

    def check_arguments(self, config):
        """Folders and files named on the command line or in testpaths are collected without asking: drop the broken ones."""
        kept = []
        for arg in config.args:
            path = Path(os.path.abspath(os.path.join(str(config.invocation_params.dir), str(arg).split("::")[0])))
            if self.loads(config, path) and not self.below_broken(path):
                kept.append(arg)
        if len(kept) != len(config.args):
            config.args[:] = kept

    def below_broken(self, path):
        name = self.pick.relative(path)
        if name is not None and self.pick.is_left_out(name):
            return True
        return any(path == folder or folder in path.parents for folder in self.broken)

    def loads(self, config, path):
        """Whether the conftests for a path can be loaded. Loads them, as pytest would right after."""
        manager = config.pluginmanager
        load = getattr(manager, "_loadconftestmodules", None) or getattr(manager, "_getconftestmodules", None)
        if load is None or MAJOR >= 8:
            return True  # pytest 8 keeps such a failure to its folder by itself
        try:
            load(path, config.getoption("importmode"), rootpath=config.rootpath)
        except TypeError:
            return True
        except Exception as exc:
            conftest = broken_path(exc)
            if conftest is None:
                return True
            self.broken.setdefault(conftest.parent, (exc, conftest))
            return False
        return True

    def report(self, config, folder):
        """Tells of a broken conftest as a collection report, once."""
        exc, path = self.broken[folder]
        self.broken[folder] = None
        found = self.describe(exc, path)
        try:
            nodeid = folder.relative_to(str(config.rootpath)).as_posix()
        except ValueError:
            nodeid = folder.as_posix()
        report = CollectReport(nodeid, "failed", "ImportError while loading conftest '%s'.\n%s" % (path, found["text"]), None)
        report.runner_place = dict(found, path=str(path))
        config.hook.pytest_collectreport(report=report)

    def ignored(self, path, config):
        path = Path(str(path))
        if not path.is_dir() or path in self.broken:
            return True if path in self.broken else None
        if not (path / "conftest.py").is_file() or not_recursed(path, config):
            return None
        if self.loads(config, path):
            return None
        for folder, told in list(self.broken.items()):
            if told is not None:
                self.report(config, folder)
        return True

    if MAJOR >= 7:

        @pytest.hookimpl(trylast=True)
        def pytest_ignore_collect(self, collection_path, config):
            return self.channel.guard(self.ignored, collection_path, config)

    else:

        @pytest.hookimpl(trylast=True)
        def pytest_ignore_collect(self, path, config):
            return self.channel.guard(self.ignored, path, config)


def broken_path(exc):
    """The conftest that an exception of pytest is about."""
    while exc is not None and type(exc).__name__ != "ConftestImportFailure":
        exc = exc.__cause__
    return Path(str(exc.path)) if exc is not None else None


def not_recursed(path, config):
    """Whether pytest will stay out of the folder anyway (norecursedirs): it looks after this hook."""
    try:
        from _pytest.pathlib import fnmatch_ex
    except ImportError:
        return True
    return path.name == "__pycache__" or any(fnmatch_ex(pattern, path) for pattern in config.getini("norecursedirs"))
