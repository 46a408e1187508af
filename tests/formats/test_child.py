from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hostile
import processes
import pytest
from hostile import GIB, MIB

import flashcore
from flashcore.errors import DeckFileError, FileError, Problem, UsageError
from flashcore.formats import child
from flashcore.formats.child import ChildLimits, run_child

MISBEHAVING = Path(__file__).with_name("misbehaving.py")
SMALL = ChildLimits(memory_bytes=100 * MIB, cpu_seconds=2, wall_seconds=20.0, file_bytes=10 * MIB)
HARM = "the file may be damaged, or made to do harm"


@pytest.fixture(autouse=True)
def _misbehaving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_MODULE", ("-P", str(MISBEHAVING)))


def run(reader: str, folder: Path, limits: ChildLimits = SMALL, **job: object) -> dict[str, Any]:
    return run_child({"reader": f"flashcore.formats.misbehaving:{reader}", "path": "decks/heart.apkg", **job}, folder,
                     limits=limits)


def refusal(reader: str, folder: Path, limits: ChildLimits = SMALL) -> FileError:
    with pytest.raises(FileError) as refused:
        run(reader, folder, limits)
    assert (refused.value.path, refused.value.kept) == (Path("decks/heart.apkg"), "nothing was changed")
    return refused.value


def test_a_reader_gets_the_job_and_the_folder_and_its_answer_comes_back(tmp_path: Path) -> None:
    job = {"reader": "flashcore.formats.misbehaving:echo", "path": str(tmp_path / "\udcff ü.apkg"), "count": 3}
    assert run_child(job, tmp_path, limits=SMALL) == {"job": job, "folder": str(tmp_path), "is_ascii": True}


def test_the_path_is_absolute_for_the_child_and_as_it_was_in_sentences(tmp_path: Path) -> None:
    assert run("echo", tmp_path)["job"]["path"] == os.path.abspath("decks/heart.apkg")
    with pytest.raises(FileError) as refused:
        run("refuses", tmp_path)
    assert str(refused.value) == "decks/heart.apkg: it is odd; 2 notes were kept; mend it"


def test_a_reader_may_print_and_tell_its_progress(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    job = {"reader": "flashcore.formats.misbehaving:chatter"}
    answer = run_child(job, tmp_path, limits=SMALL, progress=lambda done, total: heard.append((done, total)))
    assert answer == {"text": "y" * 1_000_000}
    assert heard == [(done, 1_000) for done in range(0, 1_000, 10)]


def test_a_refusal_of_the_reader_is_the_same_here(tmp_path: Path) -> None:
    with pytest.raises(DeckFileError) as refused:
        run("refuses_lines", tmp_path)
    assert refused.value.problems == (Problem(3, "it is odd", "mend it"), Problem(9, "\udcff"))
    assert refused.value.path == Path("decks/heart.apkg")
    with pytest.raises(UsageError, match="there is no such encoding"):
        run("refuses_words", tmp_path)
    assert refusal("finds_nothing", tmp_path).what == "no deck named 'X'"


def test_a_mistake_in_a_reader_is_one_sentence_and_its_trace_a_note(tmp_path: Path) -> None:
    error = refusal("has_a_mistake", tmp_path)
    assert (error.what, error.hint) == ("the reader failed on it (KeyError: 'no such key')",
                                        "this is a mistake in flashcore; please report it")
    assert "in has_a_mistake" in error.__notes__[0]
    assert refusal("no_json", tmp_path).what.startswith("the reader failed on it (ValueError: Out of range float")


@pytest.mark.parametrize("reader", ["eats_memory", "eats_memory_in_sqlite"])
def test_a14_a_reader_that_wants_too_much_memory_is_refused(tmp_path: Path, reader: str) -> None:
    error = refusal(reader, tmp_path)
    assert (error.what, error.hint) == (
        "reading it takes more than 100 MiB of memory, which is the limit for its size", HARM)


def test_e19_a_reader_that_never_returns_is_ended(tmp_path: Path) -> None:
    error = refusal("never_returns", tmp_path, ChildLimits(cpu_seconds=1))
    assert error.what == "reading it took more than 1 seconds, which is the limit for its size"


def test_e19_a_reader_that_waits_is_ended_by_the_wall_clock(tmp_path: Path) -> None:
    error = refusal("sleeps", tmp_path, ChildLimits(wall_seconds=1.0))
    assert error.what == "reading it took more than 1 seconds, which is the limit for its size"
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_e31_a_reader_that_nests_too_deep_is_refused(tmp_path: Path) -> None:
    assert refusal("nests", tmp_path).what == "something in it is nested too deep to be read"


def test_e31_a_crash_inside_a_library_is_a_sentence(tmp_path: Path) -> None:
    error = refusal("crashes", tmp_path)
    assert error.what == "the process that read it ended without an answer (SIGSEGV)"
    assert "Segmentation fault" in error.__notes__[0]
    assert refusal("leaves", tmp_path).what == "the process that read it ended without an answer (status 0)"


def test_a_reader_writes_no_larger_file_than_it_may(tmp_path: Path) -> None:
    error = refusal("writes_much", tmp_path)
    assert (error.what, error.hint) == (
        "it cannot be read (File too large)", "it unpacks to more than a file of its size may")
    assert (tmp_path / "large").stat().st_size == 10 * MIB


def test_an_answer_has_an_end(tmp_path: Path) -> None:
    assert refusal("talks_for_ever", tmp_path, ChildLimits()).what == (
        "what was read from it takes more than 33,554,432 bytes to say, which is the limit")


@pytest.mark.parametrize("reader", ["os:getcwd", "flashcore.store.database:open", "flashcore.formats.child_job:_say"])
def test_only_readers_of_this_package_are_called(tmp_path: Path, reader: str) -> None:
    with pytest.raises(FileError, match="is no reader"):
        run_child({"reader": reader}, tmp_path, limits=SMALL)


def test_an_interrupt_here_ends_the_child(tmp_path: Path) -> None:
    def interrupted(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_child({"reader": "flashcore.formats.misbehaving:sleeps"}, tmp_path, limits=SMALL, progress=interrupted)
    assert is_gone(int((tmp_path / "pid").read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    code = DRIVER + "run_child(job, folder, limits=ChildLimits(), progress=lambda *_: print('up', flush=True))"
    with processes.start(code, MISBEHAVING, tmp_path, "sleeps", "x") as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        parent.send_signal(signal.SIGKILL)
    assert is_gone(int((tmp_path / "pid").read_text()))


def is_gone(process: int) -> bool:
    """Whether a process has ended, within five seconds."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{process}/stat")
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True  # nobody has asked for its status yet
        time.sleep(0.01)
    return False


DRIVER = """
import sys, resource
from pathlib import Path
from flashcore.errors import FileError
from flashcore.formats import child
from flashcore.formats.child import ChildLimits, run_child
child._MODULE = ("-P", sys.argv[1])
folder, path = Path(sys.argv[2]), Path(sys.argv[4])
job = {"reader": f"flashcore.formats.misbehaving:{sys.argv[3]}", "path": str(path)}
"""
MEASURED = DRIVER + """
try:
    said = run_child(job, folder, limits=ChildLimits.for_file(path.stat().st_size))["problems"]
except FileError as error:
    said = error.what
peak = resource.getrusage(resource.RUSAGE_CHILDREN)
print(peak.ru_maxrss // (1 if sys.platform == "darwin" else 1024), peak.ru_utime + peak.ru_stime, said, sep="|")
"""


def packages() -> dict[str, Callable[[Path], Path]]:
    """Hostile packages of at most 10 MB, by what is wrong with them."""
    zstd_bomb = hostile.zstd_zeros(4 * GIB)
    raw = hostile.a_raw_zip
    honest = [hostile.Entry(name, data) for name, data in hostile.members(1).items() if name != "media"]
    return {
        "E7 collection": lambda path: raw(path, [hostile.a_bomb("collection.anki2", 3 * GIB)]),
        "E7 just in the limits": lambda path: raw(path, [hostile.in_the_limits("collection.anki2", 1_000 * MIB)]),
        "E9 just in the limits": lambda path: raw(path, [*honest, hostile.Entry("media", hostile.json_list(6)), *(
            hostile.in_the_limits(str(number), 255 * MIB) for number in range(6))]),
        "E8 media list": lambda path: raw(path, [*honest, hostile.a_bomb("media", 3 * GIB)]),
        "E9 media": lambda path: raw(path, [
            *honest, hostile.Entry("media", hostile.json_list(1)), hostile.a_bomb("0", 3 * GIB)]),
        "E10 collection": lambda path: hostile.a_zip(path, {**hostile.members(3), "collection.anki21b": zstd_bomb}, 0),
        "E10 padded": lambda path: hostile.a_zip(path, {
            **hostile.members(3), "collection.anki21b": zstd_bomb + b"\x50\x2a\x4d\x18"
            + (5 * MIB).to_bytes(4, "little") + os.urandom(5 * MIB)}),
        "E10 media list": lambda path: hostile.a_zip(path, {**hostile.members(3), "media": zstd_bomb}, 0),
        "E10 media": lambda path: hostile.a_zip(path, {**hostile.members(3, {"a": b""}), "0": zstd_bomb}, 0),
        "E11 members": lambda path: raw(path, [*honest, *(hostile.Entry(str(number)) for number in range(99_000))]),
        "E11 media": lambda path: raw(path, [*honest, hostile.Entry("media", hostile.json_list(5_000)), *(
            hostile.Entry(str(number), number.to_bytes(3, "big")) for number in range(5_000))]),
        "E17 nested": lambda path: hostile.a_zip(path, {**hostile.members(1), "media": b"[" * 200_000}),
    }


@pytest.mark.parametrize("name", packages())
def test_e7_to_e17_no_package_takes_300_mb_or_five_seconds(tmp_path: Path, name: str) -> None:
    path = packages()[name](tmp_path / "a.apkg")
    assert path.stat().st_size <= 10 * MIB
    folder = tmp_path / "out"
    folder.mkdir()
    peak, seconds, said = processes.run(MEASURED, MISBEHAVING, folder, "unpack", path).strip().split("|")
    assert int(peak) < 200
    assert float(seconds) < 5
    assert said


# where flashcore is run from


@pytest.mark.parametrize("how", ["checkout", "PYTHONPATH", "relative PYTHONPATH"])
def test_the_child_finds_flashcore_where_its_parent_did(tmp_path: Path, how: str) -> None:
    root = Path(flashcore.__file__).resolve().parents[1]
    (tmp_path / "json.py").write_text("raise SystemExit('a member of an archive was run')")
    (tmp_path / "flashcore").mkdir()
    code = ("from pathlib import Path; from flashcore.errors import FileError\n"
            "from flashcore.formats.child import ChildLimits, run_child\n"
            f"try: run_child({{'reader': 'os:x', 'path': 'a'}}, Path({str(tmp_path)!r}), limits=ChildLimits())\n"
            "except FileError as error: print(error.what)")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    where: dict[str, Any] = {
        "checkout": {"cwd": root, "env": environment},
        "PYTHONPATH": {"cwd": "/", "env": {**environment, "PYTHONPATH": str(root)}},
        "relative PYTHONPATH": {"cwd": root, "env": {**environment, "PYTHONPATH": ".:"}}}[how]
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, **where)
    assert (found.stdout, found.stderr) == ("the reader failed on it (ValueError: 'os:x' is no reader)\n", "")


def test_the_limits_grow_with_the_file() -> None:
    assert ChildLimits.for_file(0) == ChildLimits.for_file(MIB) == ChildLimits()
    assert ChildLimits.for_file(50 * MIB) == ChildLimits(480 * MIB, 24, 120.0, 2 << 30)
    assert ChildLimits.for_file(2 * GIB) == ChildLimits(512 * MIB, 1_023, 5_115.0, 2 << 30)
