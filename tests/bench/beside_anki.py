"""flashcore and the real Anki at the same jobs, one after the other in each round, and their ratios.

    python tests/bench/beside_anki.py [--notes 1000 40000] [--rounds 7] [--answers 1000] [--folder FOLDER]

Both keep their collections on the same disk with synchronous=FULL. Times are medians over the rounds, in milliseconds;
a ratio below 1 means that flashcore took less time. Nothing is asserted: machines are noisy, so compare ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
JOBS = (
    # name, Anki's measurement and figure, flashcore's measurement and figure
    ("answer p50", ("answers", "answer_p50"), ("time_answers", "answer_p50")),
    ("answer and next card p50", ("answers", "answer_and_next_p50"), ("time_answers", "answer_p50")),
    ("answer p99", ("answers", "answer_p99"), ("time_answers", "answer_p99")),
    ("queue", ("queue_builds", "built_p50"), ("time_queue", "built_p50")),
    ("due --json : Anki's start to first card", ("first_card", "start_to_card"), ("time_due", "due_ms")),
    ("first card painted : Anki's start to first card", ("first_card", "start_to_card"),
     ("time_first_card", "painted_ms")),
)


def run(script: str, function: str, path: Path, *arguments: int) -> dict[str, Any]:
    """One measurement in a process of its own; the last line it prints is its JSON."""
    printed = subprocess.run([sys.executable, str(HERE / script), function, str(path), *map(str, arguments)],
                             stdout=subprocess.PIPE, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(printed.splitlines()[-1]) or {}
    return found


def first_card_of_anki(path: Path) -> dict[str, float]:
    """Anki's start as a whole process, timed from outside."""
    sys.path.insert(0, str(HERE))
    from anki_baseline import _first_card_from_outside

    return _first_card_from_outside(path)


def compare(notes: int, rounds: int, answers: int, folder: Path) -> None:
    """Print a line a job for collections of one size."""
    anki, ours = folder / "anki.anki2", folder / "ours.db"
    run("anki_baseline.py", "build_collection", anki, notes)
    run("flashcore_side.py", "build", ours, notes)
    taken: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        copy = anki.with_name("copy.anki2")
        copy.write_bytes(anki.read_bytes())
        measured = {
            "answers": run("anki_baseline.py", "answers", copy, answers),
            "time_answers": run("flashcore_side.py", "time_answers", ours, answers),
            "queue_builds": run("anki_baseline.py", "queue_builds", anki),
            "time_queue": run("flashcore_side.py", "time_queue", ours),
            "first_card": first_card_of_anki(anki),
            "time_due": run("flashcore_side.py", "time_due", ours),
            "time_first_card": run("flashcore_side.py", "time_first_card", ours)}
        for _, first, second in JOBS:
            for job, figure in (first, second):
                taken.setdefault((job, figure), []).append(measured[job][figure])
    print(f"{notes:,} notes, {rounds} rounds          flashcore      Anki     ratio")
    for name, first, second in JOBS:
        theirs, mine = statistics.median(taken[first]), statistics.median(taken[second])
        print(f"{name:48} {mine:9.2f} {theirs:9.2f} {mine / theirs:9.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, nargs="+", default=[1_000, 40_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--answers", type=int, default=1_000)
    parser.add_argument("--folder", type=Path, default=None, help="a folder on a disk (not in memory)")
    given = parser.parse_args()
    for size in given.notes:
        with tempfile.TemporaryDirectory(dir=given.folder) as place:
            compare(size, given.rounds, given.answers, Path(place))
