"""The same collection as ``anki_baseline`` builds, in flashcore, and the same things timed.

Run by ``bench_beside_anki.py``; figures are seconds unless a name says otherwise.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, update

from flashcore import Rating
from flashcore.domain.deck import Preset
from flashcore.domain.note import Note
from flashcore.domain.note_type import BASIC
from flashcore.domain.review import Review, ReviewKind
from flashcore.domain.schedule import CardState, MemoryState, Schedule
from flashcore.domain.study_day import start_of
from flashcore.domain.taxonomy import systems
from flashcore.store import history, ingest
from flashcore.store.ingest import FilePlace
from flashcore.store.schema import SCHEDULE_COLUMNS, card, review, review_row, schedule, schedule_values
from flashcore.study.collection import Collection

DECKS = 20
REVIEWS_A_CARD = 10


def build(path: Path, notes: int, due_today: int) -> None:
    """``notes`` notes in 20 decks under one parent, half of them reviewed ten times, ``due_today`` of those due."""
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
                schedules.append({"card_id": card_id, **dict(zip(SCHEDULE_COLUMNS, schedule_values(held), strict=True))})
                for number in range(REVIEWS_A_CARD):
                    seq += 1
                    day = last_on - timedelta(days=3 * (REVIEWS_A_CARD - number))
                    reviews.append(review_row(Review(seq, f"bench-{seq}", card_id, ReviewKind.SCHEDULED,
                                                     start_of(day, 0), 0, day, Rating.GOOD, 6000, preset_id, before=held)))
            connection.execute(insert(schedule), schedules)
            connection.execute(update(card).where(card.c.id <= notes // 2).values(new_order=None))
            connection.execute(insert(review), reviews)
        collection.set_options(None, {"new_per_day": "20"})


def time_answers(path: Path, count: int) -> dict[str, float]:
    """``session.answer`` over ``count`` answers: what a learner waits for between rating and the next card."""
    moment = [datetime.now(UTC)]
    with Collection.open(path, clock=lambda: moment[0]) as collection:
        collection.set_options(None, {"new_per_day": "9999"})
        began = time.perf_counter()
        session = collection.review()
        built = time.perf_counter() - began
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
    return {"answers": len(taken), "p50_ms": taken[len(taken) // 2] * 1e3, "p99_ms": taken[int(len(taken) * 0.99)] * 1e3,
            "max_ms": taken[-1] * 1e3, "session_ms": built * 1e3}


def time_queue(path: Path, runs: int = 15) -> dict[str, float]:
    """Making the queue of a day anew."""
    with Collection.open(path) as collection:
        taken = []
        for _ in range(runs):
            began = time.perf_counter()
            collection.review()
            taken.append((time.perf_counter() - began) * 1e3)
    return {"queue_p50_ms": statistics.median(taken)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=40_000)
    parser.add_argument("--answers", type=int, default=1_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        place = Path(folder) / "bench.db"
        began = time.perf_counter()
        build(place, given.notes, max(given.notes // 20, 50))
        print("build", time.perf_counter() - began)
        print(json.dumps(time_queue(place)))
        print(json.dumps(time_answers(place, given.answers)))
