"""What the limited child process runs: ``python -P -m flashcore.formats.child_job``, with a job on standard input.

First the limits, then the reader. This imports only what it needs, because each import is waited for.
"""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import json
import os
import re
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from flashcore.errors import DeckFileError, FileError, FlashcoreError, UsageError

OUT_OF_MEMORY, TOO_DEEP = 71, 72
"""What the process leaves with when it may have no memory to say more."""
READERS = re.compile(r"flashcore\.formats\.[a-z_]+:[a-z][a-z_]*")
_SHARED_BYTES = 512 << 20
"""Address space for program text, the locale archive and files that SQLite maps, beside what is allocated."""
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_MOST_TRACE = 8_000  # characters

_answers: int | None = None
_last_shown = -1


def progress(done: int, total: int) -> None:
    """Tells the parent how far a reader is, at most a hundred times in all; outside of a child it does nothing."""
    global _last_shown  # noqa: PLW0603
    share = done * 100 // max(total, 1)
    if _answers is not None and share != _last_shown:
        _last_shown = share
        _say({"progress": [done, total]})


def ready(part: str) -> None:
    """Tells the parent that a part of the result lies in the folder, whole and closed; outside of a child nothing."""
    if _answers is not None:
        _say({"ready": part})


def main() -> None:
    """Runs the job, says its result as one line of JSON, and ends the process at once."""
    global _answers  # noqa: PLW0603
    _answers = os.dup(1)
    os.dup2(2, 1)  # what a library prints must not look like an answer
    faulthandler.enable()
    job = json.loads(sys.stdin.buffer.read())
    _limit(job.pop("limits"))
    status = 0
    try:
        _say({"result": _reader(job["reader"])(job, Path.cwd(), progress)})
    except BaseException as error:
        status = _failed(error, str(job.get("path") or "standard input"))
    sys.stderr.flush()
    os._exit(status)  # taking everything apart would cost as much as some files take to read


def _reader(name: str) -> Any:
    if not READERS.fullmatch(name):
        raise ValueError(f"{name!r} is no reader")
    from importlib import import_module

    module, _, function = name.partition(":")
    return getattr(import_module(module), function)


def _say(line: dict[str, Any]) -> None:
    assert _answers is not None
    data = memoryview(json.dumps(line, separators=(",", ":"), allow_nan=False).encode() + b"\n")
    while data:
        data = data[os.write(_answers, data):]


def _limit(limits: dict[str, int]) -> None:
    """Takes away what the reader may not have. A limit that this system does not know is left out."""
    allocated = limits["memory_bytes"]
    for which, wanted, spare in (
        (resource.RLIMIT_CORE, 0, 0), (resource.RLIMIT_FSIZE, limits["file_bytes"], 0),
        (resource.RLIMIT_CPU, limits["cpu_seconds"], 1),  # the first second over is a signal that has a name
        (resource.RLIMIT_DATA, allocated, 0), (resource.RLIMIT_AS, allocated + _SHARED_BYTES, 0),
    ):
        hard = resource.getrlimit(which)[1]
        top = wanted + spare if hard == resource.RLIM_INFINITY else min(wanted + spare, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (min(wanted, top), top))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != limits["parent"]:  # it died before it could be asked for
            os._exit(1)


def _failed(error: BaseException, path: str) -> int:
    """Says an error as the parent will raise it; the status to leave with."""
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    if isinstance(error, RecursionError):
        return TOO_DEEP
    try:
        _say({"error": _as_json(error, path)})
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


def _as_json(error: BaseException, path: str) -> dict[str, Any]:
    if isinstance(error, DeckFileError):
        problems = [[one.line, one.what, one.hint] for one in error.problems]
        return {"kind": "DeckFileError", "path": str(error.path), "problems": problems}
    if isinstance(error, FileError):
        return {"kind": "FileError", "path": str(error.path), "what": error.what, "hint": error.hint,
                "kept": error.kept}
    if isinstance(error, UsageError):
        return {"kind": "UsageError", "what": str(error)}
    if isinstance(error, FlashcoreError):
        return {"kind": "FileError", "path": path, "what": str(error)}
    if isinstance(error, OSError):
        what = f"it cannot be read ({error.strerror or error})"
        hint = {errno.ENOSPC: "make room, or set TMPDIR to another folder",
                errno.EFBIG: "it unpacks to more than a file of its size may"}.get(error.errno or 0, "")
        return {"kind": "FileError", "path": path, "what": what, "hint": hint}
    import traceback

    return {"kind": "FileError", "path": path, "what": f"the reader failed on it ({_named(error)})",
            "hint": "this is a mistake in flashcore; please report it",
            "trace": "".join(traceback.format_exception(error))[-_MOST_TRACE:]}


def _named(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


if __name__ == "__main__":
    from importlib import import_module

    import_module("flashcore.formats.child_job").main()  # under its own name, which readers know it by
