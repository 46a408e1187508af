"""Writing an Anki package, beside Anki's own export of the equal collection: times, peak memory and sizes.

    python tests/bench/export_package.py [--notes 40000] [--rounds 5] [--folder FOLDER]

Every note has been reviewed ten times. Each export runs in a process of its own, the two by turns; times are medians in
milliseconds of the export alone, a ratio below 1 means that flashcore took less. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def build(folder: Path, note_count: int) -> dict[str, Any]:
    """Anki's collection, and a staging file of what is in it."""
    sys.path.insert(0, str(HERE))
    import anki_baseline

    from flashcore.domain.note_type import NoteKind, NoteType, Template
    from flashcore.formats.staging import create_staging, insert_rows, note_type_row

    anki_baseline.REVIEWED_SHARE = 1.0
    anki_baseline.build_collection(folder / "anki.anki2", note_count)
    basic = NoteType("Basic", NoteKind.STANDARD, ("Front", "Back"), (Template("Card 1", "{{Front}}", "{{Back}}"),))
    with closing(create_staging(folder / "staging.db")) as connection:
        connection.create_collation("unicase", lambda one, other: (one > other) - (one < other))
        connection.execute("ATTACH ? AS anki", (str(folder / "anki.anki2"),))
        insert_rows(connection, "note_type", [note_type_row(1, basic)])
        decks = connection.execute("SELECT id, name FROM anki.decks ORDER BY id").fetchall()
        insert_rows(connection, "deck", [(number, name.replace("\x1f", "::"), json.dumps({"new_per_day": "20"}), "")
                                         for number, (_, name) in enumerate(decks, 1)])
        [created_on] = connection.execute("SELECT crt / 86400 FROM anki.col").fetchone()
        for name in ("deck_of", "note_of", "card_of"):
            connection.execute(f"CREATE TEMP TABLE {name} (anki INTEGER PRIMARY KEY, id INTEGER)")
        connection.executemany("INSERT INTO deck_of VALUES (?, ?)",
                               [(row[0], place) for place, row in enumerate(decks, 1)])
        connection.execute("INSERT INTO note_of SELECT id, row_number() OVER (ORDER BY id) FROM anki.notes")
        connection.execute("INSERT INTO card_of SELECT id, row_number() OVER (ORDER BY id) FROM anki.cards")
        connection.execute("INSERT INTO note SELECT o.id, guid, 1, 1, 'html', flds, trim(tags), '', n.id, mod * 1000, "
                           "0, '' FROM anki.notes n JOIN note_of o ON o.anki = n.id ORDER BY o.id")
        connection.execute(
            "INSERT INTO card SELECT o.id, n.id, ord, d.id, c.id, 0, 0, 0, NULL, type, due + ?, NULL, ivl, 0, "
            "data ->> '$.s', data ->> '$.d', reps, lapses, (data ->> '$.lrt') * 1000, factor, "
            "'{\"ease\":2500,\"dr\":0.9}' FROM anki.cards c JOIN card_of o ON o.anki = c.id "
            "JOIN note_of n ON n.anki = c.nid JOIN deck_of d ON d.anki = c.did ORDER BY o.id", (created_on,))
        connection.execute(
            "INSERT INTO review SELECT row_number() OVER (), * FROM (SELECT o.id, r.id, ease, 'review', time, ivl, "
            "lastIvl, factor FROM anki.revlog r JOIN card_of o ON o.anki = r.cid ORDER BY o.id, r.id)")
        return {table: connection.execute(f"SELECT count(*) FROM main.{table}").fetchone()[0]
                for table in ("note", "card", "review")}


def ours(folder: Path, with_scheduling: str) -> dict[str, float]:
    """flashcore's export."""
    from flashcore.formats.anki_writer import write_package

    started = time.perf_counter()
    write_package(folder / "staging.db", folder / "ours.apkg", {}, now=datetime.now(UTC),
                  with_scheduling=with_scheduling == "1")
    return _measured(started, folder / "ours.apkg")


def theirs(folder: Path, with_scheduling: str) -> dict[str, float]:
    """Anki's export."""
    from anki.collection import Collection, ExportAnkiPackageOptions

    shutil.copyfile(folder / "anki.anki2", folder / "copy.anki2")
    collection = Collection(str(folder / "copy.anki2"))
    options = ExportAnkiPackageOptions(with_scheduling=with_scheduling == "1", with_deck_configs=True, with_media=True)
    started = time.perf_counter()
    collection.export_anki_package(out_path=str(folder / "theirs.apkg"), options=options, limit=None)
    measured = _measured(started, folder / "theirs.apkg")
    collection.close()
    return measured


def _measured(started: float, path: Path) -> dict[str, float]:
    return {"ms": (time.perf_counter() - started) * 1000, "mb": path.stat().st_size / 1e6,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def compare(folder: Path, note_count: int, rounds: int) -> None:
    """Print a line for an export with history, and one without."""
    print(_in_process("build", folder, str(note_count)))
    for with_scheduling in ("1", "0"):
        taken: dict[str, list[dict[str, float]]] = {"ours": [], "theirs": []}
        for _ in range(rounds):
            for side, rows in taken.items():
                rows.append(_in_process(side, folder, with_scheduling))
        print("with history" if with_scheduling == "1" else "without history")
        for figure in ("ms", "peak_mb", "mb"):
            mine, other = (statistics.median(row[figure] for row in taken[side]) for side in ("ours", "theirs"))
            print(f"  {figure:8} flashcore {mine:9.1f}   Anki {other:9.1f}   ratio {mine / other:5.2f}")


def _in_process(function: str, folder: Path, argument: str) -> dict[str, Any]:
    printed = subprocess.run([sys.executable, __file__, function, str(folder), argument], stdout=subprocess.PIPE,
                             text=True, check=True).stdout
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found


def main() -> None:
    """Measures one size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=None, help="a folder on a disk (not in memory)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        compare(Path(name), given.notes, given.rounds)


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] in ("build", "ours", "theirs"):
        place, word = Path(sys.argv[2]), sys.argv[3]
        side = {"ours": ours, "theirs": theirs}
        print(json.dumps(build(place, int(word)) if sys.argv[1] == "build" else side[sys.argv[1]](place, word)))
    else:
        main()
