"""Which files, folders and tests belong to this job. PYTEST_DONT_REWRITE

One test has one category: its heaviest category mark, else its file's home. A mark counts only where it leads to a
category that was given the file too (settings "marked"), or nobody would run the test. Every job of a project has the
same settings for this, so the jobs add up to what plain pytest runs.
"""
import fnmatch
import os
import re

import pytest

# Lightest first; a category of the user's own is heavier than all of them.
BUILT_IN = ["unit", "integration", "e2e", "mission-critical"]


def clean(text):
    """The text as runner reads it from JSON: a lone surrogate becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def rank(category):
    return (BUILT_IN.index(category), "") if category in BUILT_IN else (len(BUILT_IN), category)


def is_project(folder):
    """Whether the folder has a configuration of its own for pytest: then another job runs it, from there."""
    for name in ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"):
        if os.path.exists(os.path.join(folder, name)):
            return True
    for name, section in (("pyproject.toml", "tool.pytest"), ("tox.ini", "[pytest]"), ("setup.cfg", "[tool:pytest]")):
        try:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                if section in file.read():
                    return True
        except OSError:
            pass
    return False


class Pick:
    """Selects the files and tests of one job."""

    def __init__(self, settings, channel):
        self.s, self.channel = settings, channel
        self.root = settings["root"]
        self.files = set(settings["files"])
        self.left_out = set(settings["leave_out"])
        self.folders = {""}
        for path in self.files:
            while "/" in path:
                path = path.rpartition("/")[0]
                self.folders.add(path)
        self.chosen = False
        self.missing = []  # tests asked for that were not collected
        self.patterns = None

    def relative(self, path):
        """The path relative to the root with forward slashes; None outside of it."""
        path = str(path)
        if path == self.root:
            return ""
        prefix = self.root if self.root.endswith(os.sep) else self.root + os.sep
        if not path.startswith(prefix):
            return None
        return path[len(prefix):].replace(os.sep, "/")

    def wanted(self, path, config):
        """Whether pytest shall look at a file or into a folder."""
        name = self.relative(path)
        if name is None or not self.s["restrict"]:
            return True
        if self.is_left_out(name):
            return False
        if os.path.isdir(str(path)):
            return name in self.folders or (self.s["whole"] and not is_project(str(path)))
        # An __init__.py makes a package of a folder; its own tests, if any, are mine() to judge.
        return name.endswith("/__init__.py") or name == "__init__.py" or self.wanted_file(name, config)

    def is_left_out(self, name):
        return any(name == out or name.startswith(out + "/") for out in self.left_out)

    def wanted_file(self, name, config):
        if name in self.files:
            return True
        # Beside test files there is what plugins of the user collect, and discovery can't know.
        return self.s["whole"] and not self.is_test_file(name, config)

    def is_test_file(self, name, config):
        """Whether discovery would have found the file, so that it is another's, or one that git ignores."""
        if not name.endswith(".py"):
            return False
        if config.getoption("doctestmodules", False):
            return True
        if self.patterns is None:
            self.patterns = config.getini("python_files")
        full = os.path.join(self.root, name)
        return any(fnmatch.fnmatch(os.path.basename(name) if "/" not in p else full, p if "/" not in p else "*/" + p) for p in self.patterns)

    # The name of the argument is part of the hook, and differs.
    if int(pytest.__version__.split(".")[0]) >= 7:

        @pytest.hookimpl(tryfirst=True)
        def pytest_ignore_collect(self, collection_path, config):
            return self.ignored(collection_path, config)

    else:

        @pytest.hookimpl(tryfirst=True)
        def pytest_ignore_collect(self, path, config):
            return self.ignored(path, config)

    def ignored(self, path, config):
        return True if self.channel.guard(self.wanted, path, config) is False else None

    def category(self, item):
        path = getattr(item, "path", None) or getattr(item, "fspath", "")
        name = self.relative(path)
        if name is None:
            return self.s["category"]
        home = self.s["homes"].get(name, self.s["category"])
        if not self.s["marks"]:
            return home
        marked = {self.s["marks"][mark.name] for mark in item.iter_markers() if mark.name in self.s["marks"]}
        return max(marked & {home}.union(self.s["marked"].get(name, ())), key=rank, default=home)

    def mine(self, item):
        if not self.s["restrict"]:
            return True
        path = getattr(item, "path", None) or getattr(item, "fspath", "")
        name = self.relative(path)
        if name is not None and (self.is_left_out(name) or not self.wanted_file(name, item.config)):
            return False
        return self.category(item) == self.s["category"]

    def id(self, item):
        """PATH::NAME of an item, the path relative to the root."""
        path, _, rest = item.nodeid.partition("::")
        full = os.path.normpath(os.path.join(str(item.config.rootpath), path))
        name = self.relative(full)
        path = name if name is not None else path
        return clean(path + "::" + rest if rest else path)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        dropped = self.choose(items)
        if dropped:
            config.hook.pytest_deselected(items=dropped)

    def choose(self, items):
        """Leaves the job's tests in items; returns those that the filter left out."""
        pattern = None
        if self.s["filter"]:
            try:
                pattern = re.compile(self.s["filter"])
            except re.error as exc:
                raise pytest.UsageError("--filter %s: %s" % (self.s["filter"], exc))
        tests, seen, kept, dropped = self.s["tests"], set(), [], []
        for item in items:
            mine = self.mine(item)
            if not mine and not tests:
                continue
            name = self.id(item)
            if tests:
                # A test of another category is there too: that category's job has been given the same name, and runs it.
                named = [t for t in tests if name == t or name.startswith((t + "::", t + "["))]
                seen.update(named)
                if not named:
                    continue
            if not mine:
                continue
            if pattern is not None and not pattern.search(name.partition("::")[2]):
                dropped.append(item)
                continue
            kept.append(item)
        if len(kept) != len(items):
            items[:] = kept
        self.chosen = True
        self.missing = [t for t in tests if t not in seen]
        return dropped

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config):
        # xdist reads the number right after this. Two tools side by side must not start a worker a core each.
        share, number = self.s["share"], getattr(config.option, "numprocesses", None)
        if not share or not number or config.getoption("usepdb", False):
            return
        if not isinstance(number, int) or number > share:
            config.option.numprocesses = share
