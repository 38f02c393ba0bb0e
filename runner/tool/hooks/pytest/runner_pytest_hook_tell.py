"""Tells what happens in a run, as lines of the event channel. PYTEST_DONT_REWRITE

A passed test is two lines, start and finish; a phase (setup, call, teardown) has a line of its own only when there is
something to say of it. runner/tool/pytest_decode.go reads them.
"""
import os

import pytest

CHUNK = 128 << 10  # characters of test names in one line of the plan
CAP = 64 << 10

def cap(text):
    """The text with at most CAP characters: head and tail, with a line between that counts what was cut."""
    text = text if isinstance(text, str) else str(text)
    if len(text) <= CAP:
        return text
    half = CAP // 2
    return "%s\n... %d characters left out ...\n%s" % (text[:half], len(text) - 2 * half, text[-half:])


def micros(seconds):
    return max(0, int(seconds * 1000000))


def line_of(nodeid, location):
    """The line of a test, from 1; 0 where its code lies in another file."""
    path = str(location[0]).replace(os.sep, "/")
    return location[1] + 1 if location[1] is not None and path == nodeid.partition("::")[0] else 0


def message_of(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None and crash.message:
        return crash.message
    for line in report.longreprtext.splitlines():
        if line.startswith("E  "):
            return line[1:].strip()
    return report.longreprtext.strip()


def output_of(report):
    return cap("".join("--- %s ---\n%s\n" % (name, cap(text).rstrip("\n")) for name, text in report.sections))


class Tell:
    """The hooks that only look."""

    def __init__(self, settings, channel, place, pick):
        self.s, self.channel, self.place, self.pick = settings, channel, place, pick
        self.worker = False
        self.open = {}  # test -> [seconds, call passed, teardown seen]
        self.places = {}  # collector -> where its loading failed
        self.planned = False
        self.deselected = 0

    def tell(self, function, *args):
        if not self.worker:
            self.channel.guard(function, *args)

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        self.worker = hasattr(config, "workerinput")
        config.option.continue_on_collection_errors = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session):
        self.tell(self.start, session.config)

    def start(self, config):
        self.channel.tell(k="start", root=self.s["root"], rootdir=os.path.realpath(str(config.rootpath)))

    # Collection.

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectstart(self, collector):
        if isinstance(collector, pytest.File):
            self.tell(self.collecting, collector)

    def collecting(self, collector):
        # If the process dies right now, this file did it.
        self.channel.tell(k="collecting", path=str(getattr(collector, "path", None) or collector.fspath))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector):
        outcome = yield
        if isinstance(collector, pytest.File):
            self.tell(self.loaded)
        if outcome.excinfo is None:
            self.channel.guard(self.locate, collector, outcome.get_result())

    def loaded(self):
        self.channel.tell(k="collecting", path="")

    def locate(self, collector, report):
        call = getattr(report, "call", None)
        if call is None or call.excinfo is None or report.outcome != "failed":
            return
        path = str(getattr(collector, "path", None) or collector.fspath)
        exc, found = call.excinfo.value, None
        for cause in self.place.chain(exc):
            if type(cause).__name__ == "ConftestImportFailure":
                path = str(cause.path)
                found = dict(self.place.of(cause.__cause__ or exc, path), reason="conftest")
        found = found or self.place.of(exc, path)
        found["path"] = path
        if self.worker:
            report.runner_place = found  # travels to the controller with the report
        else:
            self.places[collector.nodeid] = found

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report):
        if report.outcome != "passed":
            self.tell(self.collected, report)

    def collected(self, report):
        found = self.places.pop(report.nodeid, None) or report.__dict__.pop("runner_place", None) or {}
        line = {"k": "collect", "id": report.nodeid, "o": report.outcome}
        if report.outcome == "skipped":
            _, number, reason = report.longrepr if isinstance(report.longrepr, tuple) else ("", 0, str(report.longrepr))
            line.update(line=number or 0, reason=cap(reason))
        else:
            line.update(found, text=cap(report.longreprtext))
            line["msg"] = cap(line.get("msg") or message_of(report))
        self.channel.tell(**line)

    def pytest_deselected(self, items):
        # Of the tests of other categories, each job would count the same ones again.
        self.channel.guard(self.count_deselected, items)

    def count_deselected(self, items):
        self.deselected += sum(1 for item in items if self.pick.mine(item))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session):
        config = session.config
        if self.worker:
            config.workeroutput["runner_hook"] = {"deselected": self.deselected, "missing": self.pick.missing}
        elif not config.pluginmanager.hasplugin("dsession"):
            if not config.option.collectonly:
                # Where another plugin failed in between, nobody has chosen yet.
                items = session.items if self.pick.chosen else [item for item in session.items if self.pick.mine(item)]
                self.tell(self.plan, [(item.nodeid, line_of(item.nodeid, item.location)) for item in items])
            self.tell(self.selected, self.deselected, self.pick.missing)

    def plan(self, tests):
        if self.planned:
            return
        self.planned = True
        chunk, size = [], 0
        for nodeid, line in tests:
            nodeid = cap(nodeid)
            chunk.append([nodeid, line])
            size += len(nodeid)
            if size > CHUNK:
                self.channel.tell(k="plan", tests=chunk)
                chunk, size = [], 0
        if chunk or not tests:  # an empty plan says that collection is over
            self.channel.tell(k="plan", tests=chunk)

    def selected(self, deselected, missing):
        if deselected:
            self.channel.tell(k="deselected", n=deselected)
        if missing:
            self.channel.tell(k="missing", ids=missing)

    # Tests.

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid, location):
        self.tell(self.started, nodeid, location)

    def started(self, nodeid, location):
        self.channel.tell(k="s", id=cap(nodeid), l=line_of(nodeid, location))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        self.tell(self.reported, report)

    def reported(self, report):
        test = self.open.setdefault(report.nodeid, [0.0, False, False])
        test[0] += report.duration if hasattr(report, "duration") else 0
        xfail = getattr(report, "wasxfail", None)
        if report.when == "call" and report.outcome == "passed":
            test[1] = True
        if report.when == "teardown":
            test[2] = True
        if report.outcome != "passed" or xfail is not None:
            self.channel.tell(**self.phase(report, xfail))
        if report.when not in ("setup", "call", "teardown"):
            self.finished(report.nodeid)  # xdist's word for a worker that crashed in this test: no finish will come

    def phase(self, report, xfail):
        line = {"k": "r", "id": cap(report.nodeid), "w": report.when, "o": report.outcome}
        if xfail is not None:
            line["xfail"] = cap(xfail)
        if report.outcome == "skipped" and xfail is None and isinstance(report.longrepr, tuple):
            line["reason"] = cap(report.longrepr[2])
        elif report.outcome != "passed":
            line.update(msg=cap(message_of(report)), text=cap(report.longreprtext), out=output_of(report))
        return line

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid):
        self.tell(self.finished, nodeid)

    def finished(self, nodeid):
        test = self.open.pop(nodeid, None)
        if test is not None:
            self.channel.tell(k="f", id=cap(nodeid), us=micros(test[0]), c=1 if test[1] else 0)

    # The end.

    def pytest_keyboard_interrupt(self, excinfo):
        self.tell(self.interrupted, excinfo)

    def interrupted(self, excinfo):
        self.channel.tell(k="interrupt", type=excinfo.type.__name__, msg=cap(excinfo.value), text=cap(excinfo.getrepr(style="short")))

    def pytest_internalerror(self, excrepr, excinfo):
        self.tell(self.internal, excrepr, excinfo)

    def internal(self, excrepr, excinfo):
        self.channel.tell(k="internal", msg=cap(excinfo.exconly()), text=cap(excrepr))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session):
        # Outermost: behind every plugin that changes the exit status.
        outcome = yield
        if outcome.excinfo is None:
            self.tell(self.end, session)

    def end(self, session):
        for nodeid in [n for n, test in self.open.items() if test[2]]:
            self.finished(nodeid)
        stop = session.shouldfail or session.shouldstop or ("--collect-only" if session.config.option.collectonly else "")
        self.channel.tell(k="end", status=int(session.exitstatus), stop=cap(stop))
