"""A file that nobody vouches for is read in a child process: with little memory, for a limited time, in one folder.

Whatever the file does to the reader - a bomb, an endless query, a crash inside a library - the program around it goes
on and says so in a sentence. The child's work is in the files that it leaves in the folder; it answers with one line of
JSON, and nothing that it sends is ever executed. What runs in the child: child_job.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import flashcore
from flashcore.errors import DeckFileError, FileError, Problem, UsageError
from flashcore.formats.child_job import OUT_OF_MEMORY, TOO_DEEP

_MIB = 1 << 20
_SMALL_FILE_BYTES = 10 * _MIB
_MOST_ANSWER_BYTES = 32 * _MIB
_KEPT_WORDS_BYTES = 16 << 10
_MODULE = ("-P", "-m", "flashcore.formats.child_job")
_PASSED_ON = ("HOME", "LANG", "LC_", "PATH", "TZ", "PYTHON", "LD_", "DYLD_", "COVERAGE_")


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a child may take. Memory is what it may allocate, in bytes, beside the program text that processes share.

    ``cpu_seconds`` is its own computing time, at least 1; ``wall_seconds`` passes on the wall, also while the disk or
    other programs keep it waiting. ``file_bytes`` is the largest file that it may write.
    """

    memory_bytes: int = 160 * _MIB
    cpu_seconds: int = 4
    wall_seconds: float = 20.0
    file_bytes: int = 256 * _MIB

    @classmethod
    def for_file(cls, size_bytes: int) -> Self:
        """The limits for reading a file of that size.

        Up to 10 MiB: 160 MiB and 4 s, so that the program with its child stays under 300 MB and 5 s. Each MiB more
        gives 8 MiB, to 512 MiB in all, and half a second. Files to write: 256 MiB, or 200 times as much as is read.
        """
        more = max(size_bytes - _SMALL_FILE_BYTES, 0)
        seconds = 4 + more // (2 * _MIB)
        return cls(min(160 * _MIB + 8 * more, 512 * _MIB), seconds, 5.0 * seconds,
                   min(max(256 * _MIB, 200 * size_bytes), 2 << 30))


def run_child(
    job: Mapping[str, Any], folder: Path, *, limits: ChildLimits, progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """What the reader of a job answers. The folder stays as the child left it, also after an error.

    ``job`` is JSON: ``reader`` names a function of this package as ``module:function``, which is called with the job
    and the folder, and answers with JSON; ``path`` is the file that it reads, also for the sentences of errors (made
    absolute for the child, which stands in the folder). ``progress`` is told what is done of how much.

    Raises:
        FileError: the reader refused the file, took more than the limits, or crashed. A DeckFileError stays one.
        UsageError: the reader was told something that does not fit.
    """
    with Child(job, folder, limits=limits, progress=progress) as child:
        return child.result()


class Child:
    """A child that is at work; at the end of the ``with`` nothing of it is left. See ``run_child``."""

    def __init__(self, job: Mapping[str, Any], folder: Path, *, limits: ChildLimits,
                 progress: Callable[[int, int], None] | None = None) -> None:
        self._path = Path(str(job.get("path") or "standard input"))
        self._limits = limits
        place = {"path": os.path.abspath(self._path)} if job.get("path") else {}
        words = json.dumps({**job, **place, "limits": _as_json(limits)})
        try:
            self._process = subprocess.Popen(
                [sys.executable, *_MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                cwd=folder, env=_environment(folder), start_new_session=True)
        except OSError as error:
            raise FileError(self._path, "the process that reads it cannot be started "
                                        f"({error.strerror or error})") from error
        self._answer = _Answer(self._path, progress)
        self._until = time.monotonic() + limits.wall_seconds
        try:
            assert self._process.stdin is not None
            with contextlib.suppress(BrokenPipeError), self._process.stdin:
                self._process.stdin.write(words.encode())
        except BaseException:
            _end(self._process)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        _end(self._process)

    def wait_for(self, part: str) -> bool:
        """Wait until a part of the result lies in the folder; False where the reader ended without saying so.

        Raises:
            FileError: as ``run_child``.
        """
        if part not in self._answer.ready:
            self._listen(part)
        if part in self._answer.ready:
            return True
        self.result()
        return False

    def result(self) -> dict[str, Any]:
        """What the reader answers when it is done; raises as ``run_child``."""
        if self._process.returncode is None:
            self._listen()
        answer = self._answer
        if answer.is_too_long:
            _refuse(self._path, f"what was read from it takes more than {_MOST_ANSWER_BYTES:,} bytes to say, which is "
                                "the limit")
        if answer.error is not None:
            _raise(self._path, answer.error)
        if self._process.returncode or answer.result is None:
            _died(self._path, self._process.returncode, self._limits, answer.words)
        return answer.result

    def _listen(self, part: str | None = None) -> None:
        try:
            in_time = _listen(self._process, self._answer, self._until, part)
        except BaseException:
            _end(self._process)
            raise
        if in_time and part in self._answer.ready:
            return
        _end(self._process)
        if not in_time:
            _refuse(self._path, f"reading it took more than {self._limits.wall_seconds:.0f} seconds, which is the "
                                "limit for its size")


class _Answer:
    """What a child says: lines of JSON on its standard output, words on its standard error."""

    def __init__(self, path: Path, progress: Callable[[int, int], None] | None) -> None:
        self._path, self._progress = path, progress
        self._line, self._count = bytearray(), 0
        self._words = b""
        self.result: dict[str, Any] | None = None
        self.error: dict[str, Any] | None = None
        self.ready: set[str | None] = set()

    @property
    def words(self) -> str:
        return self._words.decode(errors="replace").strip()

    @property
    def is_too_long(self) -> bool:
        return self._count > _MOST_ANSWER_BYTES

    def hear_words(self, data: bytes) -> None:
        self._words = (self._words + data)[-_KEPT_WORDS_BYTES:]

    def hear(self, data: bytes) -> None:
        self._count += len(data)
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._take(bytes(self._line) + line)
            self._line.clear()
        self._line += rest

    def _take(self, line: bytes) -> None:
        try:
            said = json.loads(line)
            if "progress" in said:
                done, total = said["progress"]
            elif "ready" in said:
                self.ready.add(str(said["ready"]))
                return
            elif isinstance(said.get("error"), dict):
                self.error = said["error"]
                return
            else:
                self.result = dict(said["result"])
                return
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise FileError(self._path, "the process that reads it answered in no known way") from error
        if self._progress is not None:
            self._progress(int(done), int(total))


def _listen(process: subprocess.Popen[bytes], answer: _Answer, until: float, part: str | None = None) -> bool:
    """Hears the child out, or until a part is ready; whether that was in time.

    Both pipes are read at once, so neither can block it.
    """
    assert process.stdout is not None
    assert process.stderr is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, answer.hear)
        selector.register(process.stderr, selectors.EVENT_READ, answer.hear_words)
        while selector.get_map():
            left = until - time.monotonic()
            if left <= 0:
                return False
            for key, _ in selector.select(left):
                if data := os.read(key.fd, 1 << 16):
                    key.data(data)
                else:
                    selector.unregister(key.fileobj)
            if answer.is_too_long or (part is not None and part in answer.ready):
                return True
    try:
        process.wait(max(until - time.monotonic(), 0.1))
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Nothing of the child stays: it is killed with its whole group unless it has ended."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _environment(folder: Path) -> dict[str, str]:
    """What the child knows of its surroundings: where Python and flashcore are, the language, and where to write.

    It looks for modules where this process does. It stands in a folder that an archive is unpacked into, so no such
    place may be relative: a member named ``json.py`` would be run. More threads would only reserve memory, and memory
    that is given back after each piece of a file is paid for again with the next: a third of the time of media.
    """
    kept = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
    root = Path(flashcore.__file__).parents[1]
    places = dict.fromkeys(os.path.abspath(part) for part in (*sys.path, str(root)))
    temporary = os.path.abspath(folder)
    return {**kept, "PYTHONPATH": os.pathsep.join(part for part in places if os.pathsep not in part),
            "TMPDIR": temporary, "SQLITE_TMPDIR": temporary, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "33554432", "MALLOC_MMAP_THRESHOLD_": "33554432"}


def _as_json(limits: ChildLimits) -> dict[str, int]:
    return {"memory_bytes": limits.memory_bytes, "cpu_seconds": limits.cpu_seconds, "file_bytes": limits.file_bytes,
            "parent": os.getpid()}


def _raise(path: Path, error: Mapping[str, Any]) -> NoReturn:
    """The error of the child, as if it had happened here."""
    what, hint = str(error.get("what", "")), str(error.get("hint", ""))
    if error.get("kind") == "UsageError":
        raise UsageError(what)
    where = Path(str(error.get("path") or path))
    where = path if where == Path(os.path.abspath(path)) else where
    if error.get("kind") == "DeckFileError":
        raise DeckFileError(where, [Problem(int(line), str(text), str(cure)) for line, text, cure in error["problems"]])
    refused = FileError(where, what, hint, str(error.get("kept", "nothing was changed")))
    if "trace" in error:
        refused.add_note(str(error["trace"]))
    raise refused


def _refuse(path: Path, what: str, hint: str = "the file may be damaged, or made to do harm") -> NoReturn:
    raise FileError(path, what, hint)


def _died(path: Path, status: int, limits: ChildLimits, words: str) -> NoReturn:
    """The sentence for a child that ended without an answer; its last words are a note of the error, for the log."""
    if status == OUT_OF_MEMORY:
        _refuse(path, f"reading it takes more than {limits.memory_bytes // _MIB} MiB of memory, which is the limit for "
                      "its size")
    if status == TOO_DEEP:
        _refuse(path, "something in it is nested too deep to be read")
    if status == -signal.SIGXCPU:
        _refuse(path, f"reading it took more than {limits.cpu_seconds} seconds, which is the limit for its size")
    if status == -signal.SIGXFSZ:
        _refuse(path, f"reading it writes a file of more than {limits.file_bytes:,} bytes, which is the limit")
    how = f"signal {-status}" if status < 0 else f"status {status}"
    with contextlib.suppress(ValueError):
        how = signal.Signals(-status).name if status < 0 else how
    error = FileError(path, f"the process that read it ended without an answer ({how})",
                      "the file may be damaged, or made to do harm")
    if words:
        error.add_note(words)
    raise error
