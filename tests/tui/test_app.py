from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from stage import MakeApp, RunApp, screen_text, settle
from textual.worker import WorkerFailed

from flashcore.errors import CollectionInUse, NotFoundError, QueryError, StoreError
from flashcore.study.collection import Collection
from flashcore.study.session import Session
from flashcore.tui import crash
from flashcore.tui.app import run_app as run_in_terminal
from flashcore.tui.worker import CollectionThread

Cards = dict[str, tuple[int, ...]]


@pytest.mark.parametrize(("key", "code"), [("ctrl+q", 0), ("ctrl+c", 130)])
async def test_the_app_can_be_left_from_everywhere(run_app: RunApp, cards: Cards, key: str, code: int) -> None:
    async with run_app() as (app, press):
        await press("space", "space", key)
    assert app.return_code == code


async def test_leaving_waits_for_the_answer_that_was_given(
        run_app: RunApp, cards: Cards, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from stage import log_of

    gate, real = threading.Event(), Session.answer

    def slow(self: Session, *args: Any, **kwargs: Any) -> Any:
        gate.wait(5)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Session, "answer", slow)
    async with run_app("") as (_, press):
        await press("space")
        await press.pilot.press("3", "ctrl+q")
        asyncio.get_running_loop().call_later(0.1, gate.set)
        await settle(press.pilot)
    assert len(log_of(path)) == 1


async def test_the_loop_goes_on_while_the_collection_works(
        run_app: RunApp, cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    gate = threading.Event()
    monkeypatch.setattr(Collection, "home", lambda _: gate.wait(5))
    async with run_app("Why") as (app, press):
        waiting = asyncio.create_task(app.thread.do(lambda collection: collection.home()))
        await asyncio.sleep(0.05)
        await press.pilot.press("space")
        await press.pilot.pause()
        assert "Venous return" in screen_text(app)
        gate.set()
        await waiting


async def test_a_fault_ends_the_app_with_code_1_and_is_remembered(
        make_app: MakeApp, cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(Session, "answer", broken)
    app = make_app("Why")
    with pytest.raises(WorkerFailed):
        async with app.run_test() as pilot:
            await settle(pilot)
            await pilot.press("space", "3")
            await settle(pilot)
    assert app.return_code == 1
    assert isinstance(app.fault, ZeroDivisionError)


def test_a_fault_is_one_sentence_on_stderr_and_a_traceback_in_the_log(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "state" / "app.log"
    monkeypatch.setattr(crash, "log_path", lambda: log)
    secret = "text of a card"
    try:
        raise ValueError("bad \x1b[2J value")
    except ValueError as error:
        crash.tell_crash(error, datetime(2026, 11, 23, tzinfo=UTC))
    written = capsys.readouterr().err
    assert written == ("flashcore stopped because of a fault in the program (ValueError: bad ␛[2J value). Every answer "
                       f"given is saved.\nThe log is in {log}.\n")
    text = log.read_text()
    assert text.startswith("2026-11-23T00:00:00+00:00\nTraceback")
    assert "\x1b" not in text
    assert secret not in text.replace('secret = "text of a card"', "")


def test_a_log_that_cannot_be_written_is_said(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(crash, "log_path", lambda: tmp_path / "file" / "app.log")
    crash.tell_crash(ValueError("x"), datetime(2026, 11, 23, tzinfo=UTC))
    assert "Its log could not be written" in capsys.readouterr().err


@pytest.mark.parametrize(("query", "error"), [("colour:red", QueryError), ("system:nowhere", NotFoundError)])
def test_a_query_that_cannot_be_read_is_refused_before_anything_is_drawn(
        path: Path, query: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        run_in_terminal(path, query=query)
    assert not path.exists()


def test_a_collection_that_is_open_elsewhere_is_refused_before_anything_is_drawn(path: Path) -> None:
    with Collection.open(path), pytest.raises(CollectionInUse):
        run_in_terminal(path)


async def test_work_given_to_the_thread_is_done_even_if_nobody_waits(path: Path) -> None:
    done: list[int] = []
    thread = CollectionThread(lambda: Collection.open(path))
    waiting = asyncio.create_task(thread.do(lambda _: done.append(1)))
    await asyncio.sleep(0)
    waiting.cancel()
    thread.close()
    assert done == [1]


async def test_an_error_of_the_collection_reaches_who_asked(path: Path) -> None:
    def fail(_: Collection) -> None:
        raise StoreError("no")

    thread = CollectionThread(lambda: Collection.open(path))
    with pytest.raises(StoreError):
        await thread.do(fail)
    thread.close()


def test_what_a_screen_does_not_need_is_imported_late() -> None:
    code = ("import sys; import flashcore.tui.app, flashcore.tui.review; "
            "print([name for name in ('flashcore.tui.home', 'flashcore.tui.help', 'flashcore.tui.summary', "
            "'flashcore.tui.import_screen', 'flashcore.tui.first_run', 'rich.traceback', "
            "'textual.widgets._markdown', 'flashcore.formats.markdown_deck') if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
