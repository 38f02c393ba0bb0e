"""Lets a test say which services it requires, and tells it where they are. It needs pytest and nothing else.

    from runner_require import require_services, service

    @require_services("postgres")
    def test_orders():
        db = service("postgres")  # db.url is this run's, in every mode

Marks work on functions and classes, in pytestmark and in pytest.param, and are looked at before fixtures are made. Started by runner, a
test whose service this run does not have counts as not run; with --real-services it fails. Started without runner it is skipped, with
the reason, unless a variable says where the service is: POSTGRES_URL for "postgres".
"""

import json
import os
import re
from collections import namedtuple
from urllib.parse import urlsplit

import pytest

__all__ = ["require_services", "require_docker_services", "service", "Address"]

# Where a service is, and what serves it. url has user and password where there are any; mode (docker, no-docker, staging), provider
# (docker, local, address, stub, staging) and fidelity (real, stub) are "" without runner.
Address = namedtuple("Address", "name url host port mode provider fidelity")


def require_services(*names):
    """A mark: the test requires these services."""
    return _mark(_missing(names))


def require_docker_services(*names):
    """A mark: the test requires these services in Docker; without names, that the mode of this run is docker."""
    return _mark(_missing_docker(names))


def service(name):
    """Where the service is. A test that runs without it is skipped, counts as not run, or fails, as with require_services."""
    why = _missing((name,))
    if why:
        text = _worded(why)
        if _real():
            pytest.fail(text, pytrace=False)
        pytest.skip(text)
    told = {each["name"]: each for each in _served()}.get(name, {})
    prefix = _capitals(name)
    url = os.environ.get(prefix + "_URL", "")
    parts = urlsplit(url)
    return Address(
        name, url, os.environ.get(prefix + "_HOST") or parts.hostname or "", os.environ.get(prefix + "_PORT") or str(parts.port or ""),
        told.get("mode", ""), told.get("provider", ""), told.get("fidelity", ""),
    )


class _Refused:
    """The condition of a mark that makes its test fail as soon as it is looked at."""

    def __init__(self, text):
        self.text = text

    def __bool__(self):
        pytest.fail(self.text, pytrace=False)


def _mark(why):
    # skipif is pytest's own, so --strict-markers knows it.
    if why and _real():
        return pytest.mark.skipif(_Refused(_worded(why)), reason=_worded(why))
    return pytest.mark.skipif(bool(why), reason=_worded(why) if why else "its services are there")


def _worded(why):
    if not _under_runner():
        return why
    # Runner knows these words: the test counts as not run, not as skipped.
    return "--real-services: " + why if _real() else "runner: not run: " + why


def _missing(names):
    """Why the services are not there; "" if they are."""
    served = [each["name"] for each in _served()]
    if _under_runner():
        missing = [name for name in names if name not in served]
        way = "which the tests of this category do not get: name it in runner.yaml under its needs"
        return "needs %s, %s" % (", ".join(missing), way) if missing else ""
    missing = [name for name in names if not os.environ.get(_capitals(name) + "_URL")]
    wanted = ", ".join(_capitals(name) + "_URL" for name in missing)
    return "needs %s: start the tests with runner, or set %s" % (", ".join(missing), wanted) if missing else ""


def _missing_docker(names):
    if not _under_runner():
        return "needs %s: start the tests with runner" % ", ".join(("Docker",) + names)
    mode = os.environ.get("RUNNER_MODE") or "none"
    if mode != "docker":
        return "needs Docker, and the mode of this run is " + mode
    for each in _served():
        if each["name"] in names and each["provider"] != "docker":
            return "needs %s in Docker, and it comes from: %s" % (each["name"], each["provider"])
    return _missing(names)


def _served():
    return json.loads(os.environ.get("RUNNER_SERVICES") or "[]")


def _under_runner():
    return bool(os.environ.get("RUNNER_SERVICES"))


def _real():
    return _under_runner() and bool(os.environ.get("RUNNER_REAL_SERVICES"))


def _capitals(name):
    """A service's name as its variables have it: "my-db.1" is MY_DB_1."""
    out = re.sub("[^A-Z0-9]", "_", "".join(c.upper() if "a" <= c <= "z" else c for c in name))
    return "_" + out if out[:1].isdigit() else out
