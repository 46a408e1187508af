"""A collection like the one ``anki_baseline`` builds, in flashcore, and the same things timed.

Run by ``beside_anki.py``, each measurement in a process of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
from sqlalchemy import insert, update

from flashcore.domain.deck import Preset
from flashcore.domain.note import Note
from flashcore.domain.note_type import BASIC
from flashcore.domain.review import Rating, Review, ReviewKind
from flashcore.domain.schedule import CardState, MemoryState, Schedule
from flashcore.domain.study_day import start_of
from flashcore.domain.taxonomy import systems
from flashcore.store import history, ingest
from flashcore.store.ingest import FilePlace
from flashcore.store.schema import SCHEDULE_COLUMNS, card, review, review_row, schedule, schedule_values
from flashcore.study.collection import Collection

DECKS = 20
REVIEWS_A_CARD = 10


def build(path: Path, notes: int) -> None:
    """``notes`` notes in 20 decks under one parent, half of them reviewed ten times, one in twenty due today."""
    due_today = notes // 20
    with Collection.open(path) as collection:
        now, today = collection.now(), collection.today()
        slugs = systems()
        with collection.database.write() as connection:
            rows = [(Note(f"bench-{number}", BASIC, (f"Question {number}: why?", f"Answer {number}", "", ""),
                          (f"system::{slugs[number % DECKS % len(slugs)]}",)),
                     FilePlace(None, 0, "", ("",) * 4, (), f"Bench::Deck {number % DECKS:02}"))
                    for number in range(notes)]
            ingest.add_notes(connection, rows, now)
            preset_id = history.preset_id(connection, Preset())
            schedules, reviews, seq = [], [], 0
            for card_id in range(1, notes // 2 + 1):
                ahead = 0 if card_id <= due_today else 1 + card_id % 60
                due_on, interval = today + timedelta(days=ahead), ahead + 5 + card_id % 30
                last_on = due_on - timedelta(days=interval)
                held = Schedule(CardState.REVIEW, start_of(due_on, 0), due_on, interval, None,
                                MemoryState(float(interval), 5.0), REVIEWS_A_CARD, 0, start_of(last_on, 0), last_on)
                row = dict(zip(SCHEDULE_COLUMNS, schedule_values(held), strict=True))
                schedules.append({"card_id": card_id, **row})
                for number in range(REVIEWS_A_CARD):
                    seq += 1
                    day = last_on - timedelta(days=3 * (REVIEWS_A_CARD - number))
                    reviews.append(review_row(Review(
                        seq, f"bench-{seq}", card_id, ReviewKind.SCHEDULED, start_of(day, 0), 0, day, Rating.GOOD, 6000,
                        preset_id, before=held)))
            connection.execute(insert(schedule), schedules)
            connection.execute(update(card).where(card.c.id <= notes // 2).values(new_order=None))
            connection.execute(insert(review), reviews)
        collection.set_options(None, {"new_per_day": "20"})


def time_answers(path: Path, count: int) -> dict[str, float]:
    """``session.answer`` over ``count`` answers, in milliseconds: from the rating to the next card being there.

    Between two answers, while a learner reads, the app loads the card after the one shown and moves the write-ahead
    log into the file; that happens here too, outside the time taken.
    """
    path = copy_of(path)
    moment = [datetime.now(UTC)]
    with Collection.open(path, clock=lambda: moment[0]) as collection:
        collection.set_options(None, {"new_per_day": "9999"})
        session = collection.review()
        taken = []
        for number in range(count):
            if session.show() is None:
                break
            moment[0] += timedelta(seconds=8)
            session.prepare()
            if number % 10 == 0:
                collection.checkpoint()
            began = time.perf_counter()
            session.answer(Rating.GOOD, 6000)
            taken.append(time.perf_counter() - began)
    taken.sort()
    return {"answer_p50": taken[len(taken) // 2] * 1e3, "answer_p99": taken[int(len(taken) * 0.99)] * 1e3}


def time_queue(path: Path, runs: int = 30) -> dict[str, float]:
    """Making the queue of a day anew, in milliseconds."""
    with Collection.open(path) as collection:
        taken = []
        for _ in range(runs):
            began = time.perf_counter()
            collection.review()
            taken.append((time.perf_counter() - began) * 1e3)
    return {"built_p50": statistics.median(taken)}


def copy_of(path: Path) -> Path:
    """A copy to write to, made anew."""
    copy = path.with_name("copy.db")
    for suffix in ("", "-wal", "-shm"):
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(path, copy)
    return copy


def time_due(path: Path) -> dict[str, float]:
    """``flashcore due --json`` as a whole process, in milliseconds."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "flashcore", "--collection", str(path), "due", "--json"], check=True,
                   stdout=subprocess.DEVNULL)
    return {"due_ms": (time.perf_counter() - began) * 1e3}


def time_first_card(path: Path) -> dict[str, float]:
    """From the start of ``flashcore review`` on a terminal of 80x24 until a card is painted, in milliseconds."""
    began = time.perf_counter()
    child = pexpect.spawn(sys.executable, ["-m", "flashcore", "--collection", str(copy_of(path)), "review"],
                          dimensions=(24, 80), timeout=30, env={**os.environ, "TERM": "xterm-256color"})
    child.expect("Question")
    painted = (time.perf_counter() - began) * 1e3
    child.close(force=True)
    return {"painted_ms": painted}


if __name__ == "__main__":
    work = {function.__name__: function for function in (build, time_answers, time_queue, time_due, time_first_card)}
    print(json.dumps(work[sys.argv[1]](Path(sys.argv[2]), *map(int, sys.argv[3:]))))
