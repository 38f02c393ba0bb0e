"""Where and why a file could not be loaded: walks the live exception. PYTEST_DONT_REWRITE"""
import os
import traceback


def chain(exc):
    """The exception and those that it came from, the nearest first."""
    seen = []
    while exc is not None and exc not in seen:
        seen.append(exc)
        exc = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)
    return seen


def same(a, b):
    return os.path.normcase(os.path.abspath(str(a))) == os.path.normcase(os.path.abspath(str(b)))


def of(exc, path):
    """Line, column (both from 1, 0 unknown), reason and message of an exception that stopped the loading of path."""
    causes = chain(exc)
    names = [type(cause).__name__ for cause in causes]
    cause = next((c for c in causes if isinstance(c, (SyntaxError, ImportError))), None)
    if cause is None:
        # pytest wraps some errors in its own, whose text is a whole traceback.
        cause = next((c for c in causes if type(c).__name__ not in ("CollectError", "ConftestImportFailure")), exc)
    if "ImportPathMismatchError" in names:
        return {"line": 0, "col": 0, "reason": "import", "msg": mismatch(causes)}
    found = {"line": frame_line(causes, path), "col": 0, "reason": "error", "msg": first(cause)}
    if isinstance(cause, SyntaxError):
        found["reason"] = "syntax"
        if cause.filename and same(cause.filename, path):
            found["line"], found["col"] = cause.lineno or 0, cause.offset or 0
    elif isinstance(cause, ImportError):
        found["reason"] = "import"
    if "null byte" in str(cause):
        found["reason"] = "syntax"
        found["line"], found["col"] = byte_place(path, null)
    elif found["reason"] == "syntax" and "codec can't decode" in str(cause):
        found["line"], found["col"] = byte_place(path, undecodable)
    return found


def first(exc):
    """The exception as one line, without the place that a SyntaxError adds."""
    text = exc.msg if isinstance(exc, SyntaxError) and exc.msg else str(exc)
    text = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return "%s: %s" % (type(exc).__name__, text) if text else type(exc).__name__


def mismatch(causes):
    cause = next(c for c in causes if type(c).__name__ == "ImportPathMismatchError")
    if len(cause.args) < 3:
        return first(cause)
    return "import file mismatch: module %r was imported from %s; use a unique basename" % (cause.args[0], cause.args[1])


def frame_line(causes, path):
    """The last line of path that was running, in the exception nearest to it."""
    line = 0
    for cause in causes:
        for frame, number in traceback.walk_tb(cause.__traceback__):
            if same(frame.f_code.co_filename, path):
                line = number
        if line:
            return line
    return line


def null(data):
    return data.find(b"\0")


def undecodable(data):
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as exc:
        return exc.start
    return -1


def byte_place(path, find):
    """Line and column of the byte that find finds: the compiler names none for these."""
    try:
        with open(str(path), "rb") as file:
            data = file.read()
    except OSError:
        return 0, 0
    at = find(data)
    if at < 0:
        return 0, 0
    start = data.rfind(b"\n", 0, at) + 1
    return data.count(b"\n", 0, at) + 1, at - start + 1


def text(exc):
    """The exception as pytest prints it."""
    try:
        from _pytest._code import ExceptionInfo

        info = ExceptionInfo.from_exc_info((type(exc), exc, exc.__traceback__))
        own = info.traceback.filter(lambda entry: os.sep + "_pytest" + os.sep not in str(entry.path) and "importlib" not in str(entry.path))
        if own:
            info.traceback = own
        return str(info.getrepr(style="short", chain=False))
    except Exception:
        return "".join(traceback.format_exception(type(exc), exc, exc.__traceback__))
