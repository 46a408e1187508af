"""How long the memory states of a whole collection take to rebuild from its review log.

    python tests/bench/memory_states.py [--cards 40000] [--rows 400000] [--runs 7] [--logs FOLDER]

Random histories, or with --logs every learner_*.csv of a folder (card_id, review_time_ms, rating, duration_ms,
review_kind) beside one call of the scheduler for each row. Times are in milliseconds, medians over the runs; nothing
is asserted.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from pathlib import Path

import numpy as np

from flashcore.domain.deck import FSRS_6_PARAMETERS
from flashcore.domain.review import Rating
from flashcore.scheduling import batch, memory

Columns = tuple[batch.IntArray, batch.IntArray, batch.IntArray, batch.IntArray, batch.IntArray, batch.IntArray]


def random_log(cards: int, rows: int) -> Columns:
    """card, day, rating, kind, factor, interval: one or two learning rows, then reviews with growing gaps."""
    chance = np.random.default_rng(20260302)
    card = np.sort(np.concatenate([np.arange(cards), chance.integers(0, cards, rows - cards)]))
    place = np.arange(rows) - np.flatnonzero(np.diff(card, prepend=-1))[card]
    gap = np.where(place < 2, 0, chance.geometric(0.15, rows))
    day = 18_000 + np.cumsum(gap) % 2_000
    day = np.sort(day + card * 10_000) - card * 10_000
    kind = np.where(place < 2, batch.LEARN, batch.REVIEW)
    rating = chance.choice([1, 2, 3, 4], rows, p=[0.1, 0.05, 0.8, 0.05])
    return card, day, rating, kind, np.full(rows, 2500), np.full(rows, 5)


def one_card(rows: int) -> Columns:
    """All rows on one card: the most that a hostile file can ask for."""
    here = np.arange(rows)
    return (here * 0, 18_000 + here // 50, here % 4 + 1, np.where(here == 0, batch.LEARN, batch.REVIEW),
            here * 0 + 2500, here * 0 + 5)


def learner_log(path: Path) -> Columns:
    """The same columns of a learner's file, study days starting at 04:00 UTC; a kind that is not known is a review."""
    with path.open(encoding="utf-8") as lines:
        found = [(int(row["card_id"]), int(row["review_time_ms"]), int(row["rating"]), int(row["review_kind"] or 1))
                 for row in csv.DictReader(lines)]
    card, at_ms, rating, kind = np.array(sorted(found), dtype=np.int64).T
    day = (at_ms // 1000 - 4 * 3600) // 86_400
    ones = np.ones(len(card), dtype=np.int64)
    return card, day, rating, np.where(np.diff(card, prepend=-1) != 0, batch.LEARN, kind), ones * 2500, ones


def median_ms(columns: Columns, runs: int) -> tuple[float, batch.Rebuilt]:
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        found = batch.rebuild(*columns[:5], interval=columns[5], parameters=FSRS_6_PARAMETERS)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken), found


def row_by_row_ms(columns: Columns) -> float:
    """The same answers through the scheduler, one call each."""
    started = time.perf_counter()
    held, before, last = None, -1, 0
    for card, day, rating in zip(*(column.tolist() for column in columns[:3]), strict=True):
        held = memory.next_memory(held if card == before else None, day - last, Rating(rating), FSRS_6_PARAMETERS)
        before, last = card, day
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cards", type=int, default=40_000)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--logs", type=Path, default=None)
    given = parser.parse_args()
    if given.logs is None:
        logs = {"random": random_log(given.cards, given.rows)}
        logs["one card"] = one_card(given.rows)
    else:
        logs = {path.stem: learner_log(path) for path in sorted(given.logs.glob("learner_*.csv"))}
    for name, columns in logs.items():
        took, rebuilt = median_ms(columns, given.runs)
        known = int(np.isfinite(rebuilt.stability).sum())
        beside = f", one call a row {row_by_row_ms(columns):9.0f} ms" if given.logs else ""
        print(f"{name:12} {len(columns[0]):9,} rows {len(rebuilt.card):7,} cards {known:7,} states "
              f"{took:8.1f} ms{beside}")
