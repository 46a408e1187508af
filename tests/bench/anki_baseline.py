"""How fast the real Anki is at what flashcore does too, so that the two can be compared on one machine.

    python tests/bench/anki_baseline.py [--notes 1000 40000] [--runs 7] [--answers 1000] [--folder FOLDER]

Prints one JSON object. Every measurement runs in a fresh process on a warm file cache, and on a copy of the
collection where it writes. Times are in milliseconds, medians over the runs unless a name says otherwise.
The folder must lie on a disk: on a memory file system a commit costs nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

DECK_COUNT = 20
DUE_SHARE = 0.05
REVIEWED_SHARE = 0.5
REVIEWS_PER_CARD = 10
AGE_DAYS = 1000
DAY_SECONDS = 86_400
PARENT = "Bench"
RATINGS = ("AGAIN", "HARD", "GOOD", "EASY")
RATING_WEIGHTS = (10, 5, 80, 5)


def build_collection(path: Path, note_count: int) -> dict[str, Any]:
    """Makes an Anki collection of Basic notes, half of them reviewed, one in twenty due today; says what is in it."""
    from anki.collection import Collection

    started = time.perf_counter()
    made = random.Random(note_count)
    collection = Collection(str(path))
    collection.set_config("fsrs", True)
    # Due dates are days since the creation of the collection, so it must be older than its oldest review.
    collection.db.execute("update col set crt = crt - ?", AGE_DAYS * DAY_SECONDS)
    collection.close()
    collection = Collection(str(path))
    today, now = collection.sched.today, int(time.time())
    deck_ids = [collection.decks.id(f"{PARENT}::System {number:02}") for number in range(1, DECK_COUNT + 1)]
    set_limits(collection, new_per_day=20)
    notetype_id = collection.models.by_name("Basic")["id"]

    due_count, reviewed_count = round(note_count * DUE_SHARE), round(note_count * REVIEWED_SHARE)
    rows: dict[str, list[tuple[Any, ...]]] = {"notes": [], "cards": [], "revlog": []}
    for index in range(note_count):
        front = f"Which finding number {index} best explains the pressure that was measured in this patient?"
        back = f"Finding {index}: " + "a stiff ventricle needs a higher filling pressure, " * 3
        note_id = (now - 90 * DAY_SECONDS) * 1000 + index
        checksum = int(hashlib.sha1(front.encode(), usedforsecurity=False).hexdigest()[:8], 16)
        rows["notes"].append((note_id, f"bench{index:08}", notetype_id, now, -1, " system::cardiovascular ",
                              f"{front}\x1f{back}", front, checksum, 0, ""))
        deck_id, card_id = deck_ids[index % DECK_COUNT], note_id + note_count
        if index >= reviewed_count:
            rows["cards"].append((card_id, note_id, deck_id, 0, now, -1, 0, 0, index + 1, *[0] * 8, ""))
            continue
        interval = made.randint(2, 200)
        due = today - made.randint(0, 6) if index < due_count else today + made.randint(1, interval - 1)
        last_at = now - (today - due + interval) * DAY_SECONDS
        memory = json.dumps({"s": float(interval), "d": round(made.uniform(2, 9), 3), "dr": 0.9, "lrt": last_at})
        rows["cards"].append((card_id, note_id, deck_id, 0, now, -1, 2, 2, due, interval, 2500, REVIEWS_PER_CARD,
                              *[0] * 5, memory))
        newest_at_ms = last_at * 1000 - index
        rows["revlog"] += [(newest_at_ms - number * 3 * DAY_SECONDS * 1000, card_id, -1, 3, interval, 1, 2500, 6000, 1)
                           for number in range(REVIEWS_PER_CARD)]

    def fill() -> None:
        for table, table_rows in rows.items():
            places = ",".join("?" * len(table_rows[0]))
            collection.db.executemany(f"insert into {table} values ({places})", table_rows)

    collection.db.transact(fill)  # outside a transaction every row would be a commit of its own
    collection.optimize()
    collection.close()

    collection = Collection(str(path))
    queued = collection.sched.get_queued_cards(fetch_limit=1)
    pragmas = {name: collection.db.scalar(f"pragma {name}") for name in (
        "synchronous", "journal_mode", "locking_mode", "page_size", "cache_size", "wal_autocheckpoint")}
    found = {"notes": collection.note_count(), "cards": collection.card_count(), "decks": DECK_COUNT,
             "reviewed": collection.db.scalar("select count() from cards where type = 2"),
             "reviews": collection.db.scalar("select count() from revlog"),
             "due_today": queued.review_count, "new_today": queued.new_count,
             "with_memory_state": len(collection.find_cards("prop:s>0")), "fsrs": collection.get_config("fsrs"),
             "pragmas": pragmas, "sqlite": collection.db.scalar("select sqlite_version()")}
    collection.close()
    return {**found, "file_mb": round(path.stat().st_size / 1e6, 1),
            "build_seconds": round(time.perf_counter() - started, 1)}


def set_limits(collection: Any, new_per_day: int) -> None:
    """Studies the parent of all decks, with this many new cards and every due one."""
    parent = collection.decks.id(PARENT)
    options = collection.decks.config_dict_for_deck_id(parent)
    options["new"]["perDay"], options["rev"]["perDay"] = new_per_day, 9999
    collection.decks.update_config(options)
    collection.decks.set_current(parent)


def first_card(path: Path) -> dict[str, float]:
    """Import, open, and the first card of the queue; prints a line as soon as the card is there."""
    started = time.perf_counter()
    from anki.collection import Collection

    imported = time.perf_counter()
    collection = Collection(str(path))
    opened = time.perf_counter()
    queued = collection.sched.get_queued_cards(fetch_limit=1)
    shown = time.perf_counter()
    print(f"card {queued.cards[0].card.id}", flush=True)
    collection.close()
    return {"import": _ms(started, imported), "open": _ms(imported, opened), "queue": _ms(opened, shown)}


def queue_builds(path: Path, count: int = 30) -> dict[str, float]:
    """The queue when it must be built again, and when it stands already."""
    from anki.collection import Collection

    collection = Collection(str(path))
    parent = collection.decks.id(PARENT)
    built, standing = [], []
    for _ in range(count):
        # Choosing a deck throws the queue away, as every change but an answer does.
        collection.decks.set_current(collection.decks.id("Default"))
        collection.decks.set_current(parent)
        built.append(_timed(lambda: collection.sched.get_queued_cards(fetch_limit=1)))
        standing.append(_timed(lambda: collection.sched.get_queued_cards(fetch_limit=1)))
    collection.close()
    return {"built_p50": statistics.median(built), "built_max": max(built), "standing_p50": statistics.median(standing)}


def queue_after_undo(path: Path, count: int = 20) -> dict[str, float]:
    """Undoing an answer, and the queue after it."""
    from anki.collection import Collection

    collection = Collection(str(path))
    undone, queued = [], []
    for _ in range(count):
        answer_next(collection, "GOOD")
        undone.append(_timed(collection.undo))
        queued.append(_timed(lambda: collection.sched.get_queued_cards(fetch_limit=1)))
    collection.close()
    return {"undo_p50": statistics.median(undone), "queue_p50": statistics.median(queued)}


def answer_next(collection: Any, rating: str) -> tuple[float, float] | None:
    """Answers the card in front; milliseconds for the answer and for the card after it, None where no card is left."""
    from anki.scheduler.v3 import CardAnswer

    queued = collection.sched.get_queued_cards(fetch_limit=1)
    if not queued.cards:
        return None
    front = queued.cards[0]
    card = collection.get_card(front.card.id)
    card.start_timer()
    answer = collection.sched.build_answer(card=card, states=front.states, rating=getattr(CardAnswer, rating))
    answered = _timed(lambda: collection.sched.answer_card(answer))
    return answered, _timed(lambda: collection.sched.get_queued_cards(fetch_limit=1))


def answers(path: Path, count: int) -> dict[str, float]:
    """Answers cards one after another, 80 % of them Good; new cards fill up where too few are due."""
    from anki.collection import Collection

    collection = Collection(str(path))
    due_count = collection.sched.get_queued_cards(fetch_limit=1).review_count
    if due_count < count:
        set_limits(collection, new_per_day=9999)
    ratings = random.Random(1).choices(RATINGS, RATING_WEIGHTS, k=count)
    times: list[tuple[float, float]] = []
    for rating in ratings:
        measured = answer_next(collection, rating)
        if measured is None:
            break
        times.append(measured)
    stored = collection.db.scalar("select count() from revlog where id > ?", int((time.time() - 3600) * 1000))
    collection.close()
    answered, both = [first for first, _ in times], [first + second for first, second in times]
    return {"answers": len(times), "stored": stored,
            "answer_p50": statistics.median(answered), "answer_p99": _percentile(answered, 99),
            "answer_max": max(answered), "answer_and_next_p50": statistics.median(both),
            "answer_and_next_p99": _percentile(both, 99)}


def measure(note_count: int, runs: int, answer_count: int, folder: Path) -> dict[str, Any]:
    """All figures for a collection of this size."""
    path = folder / f"{note_count}.anki2"
    built = _in_process("build_collection", path, note_count)
    first = [_first_card_from_outside(path) for _ in range(runs)]
    rebuilt = [_in_process("queue_builds", path) for _ in range(runs)]
    undone = [_in_process("queue_after_undo", _copy(path)) for _ in range(runs)]
    answered = [_in_process("answers", _copy(path), answer_count) for _ in range(runs)]
    return {"collection": built, "first_card_ms": _medians(first), "queue_ms": _medians(rebuilt),
            "after_undo_ms": _medians(undone), "answer_ms": _medians(answered)}


def _first_card_from_outside(path: Path) -> dict[str, float]:
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, __file__, "first_card", str(path)], stdout=subprocess.PIPE,
                          text=True) as child:
        assert child.stdout is not None
        if not child.stdout.readline().startswith("card "):
            raise RuntimeError("the measured process showed no card")
        shown = time.perf_counter()
        inside: dict[str, float] = json.loads(child.stdout.read())
    return {"start_to_card": _ms(started, shown), **inside}


def _in_process(function: str, path: Path, *arguments: int) -> dict[str, Any]:
    words = [sys.executable, __file__, function, str(path), *map(str, arguments)]
    printed = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(printed)
    return found


def _copy(path: Path) -> Path:
    copy = path.with_name("copy.anki2")
    shutil.copyfile(path, copy)
    for suffix in ("-wal", "-shm"):
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    return copy


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(row[name] for row in rows), 3) for name in rows[0]}


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return _ms(started, time.perf_counter())


def _ms(started: float, ended: float) -> float:
    return (ended - started) * 1000


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def main() -> None:
    """Measures every size that was asked for, and prints the figures."""
    parser = argparse.ArgumentParser(description="How fast the real Anki is on this machine")
    parser.add_argument("--notes", type=int, nargs="+", default=[1_000, 40_000])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--answers", type=int, default=1_000)
    parser.add_argument("--folder", type=Path, help="where the temporary collections are made")
    options = parser.parse_args()
    from importlib.metadata import version

    figures: dict[str, Any] = {"anki": version("anki"), "python": platform.python_version(),
                               "machine": f"{platform.machine()}, {os.cpu_count()} cores", "runs": options.runs}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for note_count in options.notes:
            figures[str(note_count)] = measure(note_count, options.runs, options.answers, Path(folder))
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    inner = {work.__name__: work for work in (build_collection, first_card, queue_builds, queue_after_undo, answers)}
    if len(sys.argv) > 2 and sys.argv[1] in inner:
        print(json.dumps(inner[sys.argv[1]](Path(sys.argv[2]), *map(int, sys.argv[3:]))))
    else:
        main()
