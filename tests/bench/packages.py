"""flashcore and the real Anki at importing and exporting the same packages, one after the other in each round.

    python tests/bench/packages.py [--notes 40000] [--rounds 5] [--folder FOLDER]

Each measurement is a process of its own, started and ended: wall time, and the peak memory of its process tree (the
resident sets of all its processes added up, looked at every 10 ms). Medians over the rounds; a ratio below 1 means that
flashcore took less. The collection has ten reviews a note. Nothing is asserted: machines are noisy, so compare ratios.
The folder must lie on a disk.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

ANKI_IMPORT = """
import sys
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
collection = Collection(sys.argv[1])
collection.import_anki_package(ImportAnkiPackageRequest(package_path=sys.argv[2], options=ImportAnkiPackageOptions(
    with_scheduling=sys.argv[3] == "history", with_deck_configs=True)))
collection.close()
"""
ANKI_EXPORT = """
import sys
from anki.collection import Collection, ExportAnkiPackageOptions
collection = Collection(sys.argv[1])
collection.export_anki_package(out_path=sys.argv[2], limit=None, options=ExportAnkiPackageOptions(
    with_scheduling=sys.argv[3] == "history", with_deck_configs=True, with_media=True, legacy=False))
collection.close()
"""
FLASHCORE_IMPORT = """
import sys
from flashcore import Collection
with Collection.open(sys.argv[1]) as collection:
    report = collection.import_file(sys.argv[2], with_scheduling=sys.argv[3] == "history",
                                    theirs=sys.argv[4:] == ["all"])
assert not report.is_refused, report.files[0].problems
"""
FLASHCORE_EXPORT = """
import sys
from flashcore import Collection
with Collection.open(sys.argv[1]) as collection:
    collection.export(sys.argv[2], with_scheduling=sys.argv[3] == "history")
"""


def build(folder: Path, notes: int) -> None:
    """A collection of Anki with history, and its packages with and without it."""
    import anki_baseline

    anki_baseline.REVIEWED_SHARE = 1.0
    anki_baseline.build_collection(folder / "source.anki2", notes)
    for kind in ("history", "notes"):
        measured(ANKI_EXPORT, folder / "source.anki2", folder / f"{kind}.apkg", kind)


def measured(program: str, *arguments: object) -> tuple[float, float]:
    """(seconds, MiB) of a program as a whole."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", program, *map(str, arguments)], stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident(process.pid))
        time.sleep(0.01)
    if process.returncode:
        raise SystemExit(f"a measured program failed with {process.returncode}")
    return time.perf_counter() - started, peak / 2**20


def resident(pid: int) -> int:
    """Bytes of memory that a process and its children have; 0 for one that ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident(int(child)) for child in children)


def fresh(path: Path) -> Path:
    for file in path.parent.glob(f"{path.stem}.*"):
        if file.is_file():
            file.unlink()
    return path


def compare(folder: Path, rounds: int) -> None:
    """Print a line a job."""
    found: dict[str, list[tuple[tuple[float, float], tuple[float, float]]]] = {}
    theirs, ours = folder / "theirs.anki2", folder / "ours.db"
    for _ in range(rounds):
        for kind in ("notes", "history"):
            package = folder / f"{kind}.apkg"
            fresh(theirs), fresh(ours)
            pairs = {f"import, {kind}": (measured(ANKI_IMPORT, theirs, package, kind),
                                         measured(FLASHCORE_IMPORT, ours, package, kind))}
            again = measured(ANKI_IMPORT, theirs, package, kind)
            pairs[f"again, {kind}, compared"] = again, measured(FLASHCORE_IMPORT, ours, package, kind, "all")
            pairs[f"again, {kind}, the same bytes"] = again, measured(FLASHCORE_IMPORT, ours, package, kind)
            pairs[f"export, {kind}"] = (
                measured(ANKI_EXPORT, folder / "source.anki2", folder / "theirs.apkg", kind),
                measured(FLASHCORE_EXPORT, ours, folder / "ours.apkg", kind))
            for name, pair in pairs.items():
                found.setdefault(name, []).append(pair)
    print(f"{'':34}   seconds: flashcore   Anki  ratio   MiB: flashcore   Anki  ratio")
    for name, pairs_of in found.items():
        anki_s, ours_s = (statistics.median(pair[side][0] for pair in pairs_of) for side in (0, 1))
        anki_mib, ours_mib = (statistics.median(pair[side][1] for pair in pairs_of) for side in (0, 1))
        print(f"{name:34} {ours_s:18.2f} {anki_s:8.2f} {ours_s / anki_s:6.2f} {ours_mib:16.0f} {anki_mib:6.0f} "
              f"{ours_mib / anki_mib:6.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=None, help="a folder on a disk (not in memory)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as place:
        build(Path(place), given.notes)
        compare(Path(place), given.rounds)
