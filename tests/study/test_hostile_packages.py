"""Packages that no honest program writes, through the whole import: taken as far as they go, or refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import processes
import pytest
from builders import a_collection, answered
from formats.hostile_collections import (
    HEART,
    REFUSED,
    TAKEN,
    Package,
    a_deck,
    a_small_collection,
    contents,
    json_of,
    random_flips,
    random_text,
    sql,
    values,
    zipped,
)

from flashcore.study.collection import Collection

LEFT_BESIDE = {"collection.db", "collection.db-shm", "collection.db-wal", "collection.lock"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where packages lie, apart from the collection."""
    place = tmp_path / "files"
    place.mkdir()
    return place


@pytest.fixture
def full(tmp_path: Path, folder: Path) -> Iterator[Collection]:
    """A collection with something in it, under other guids than the packages have."""
    (tmp_path / "home").mkdir()
    with a_collection(tmp_path / "home") as collection:
        made = Package().note("mine", "What filters?", "The kidney").note("mine too", "What digests?", "The stomach")
        collection.import_file(made.package(folder / "mine.apkg"))
        answered(collection, collection.find("")[0], "good")
        yield collection


def beside(collection: Collection) -> set[str]:
    return {path.name for path in collection.path.parent.iterdir()}


@pytest.mark.parametrize("name", TAKEN)
def test_E22_to_E36_the_rest_is_taken_and_can_be_studied_and_exported(
        full: Collection, folder: Path, name: str) -> None:
    package = a_small_collection().package(folder / "deck.apkg", TAKEN[name])
    dry = full.import_file(package, is_dry_run=True)
    report = full.import_file(package)
    assert report.to_json() == dry.to_json()
    assert not report.is_refused
    assert (report.new + report.skipped, report.updated, report.same) == (3, 0, 0)
    assert full.check().ok
    assert beside(full) == LEFT_BESIDE
    for card_id in full.find(""):
        details = full.card_details(card_id)
        assert details.note.fields
        answered(full, card_id, "good")
    assert full.check().ok
    assert full.due().due >= 0
    assert full.export(folder / "out.apkg").notes == 2 + report.new
    before = contents(full.path)
    again = full.import_file(package)
    assert (again.new, again.updated, again.same, again.skipped) == (0, 0, report.new, report.skipped)
    assert contents(full.path) == before


@pytest.mark.parametrize("name", REFUSED)
def test_E18_to_E32_a_refused_package_changes_nothing_and_leaves_nothing(
        full: Collection, folder: Path, name: str) -> None:
    package = a_small_collection().package(folder / "deck.apkg", REFUSED[name][0])
    before, data = contents(full.path), package.read_bytes()
    for is_dry_run in (True, False):
        report = full.import_file(package, is_dry_run=is_dry_run)
        [file] = report.files
        assert file.refused
        assert file.problems[0].what.startswith(REFUSED[name][1])
        assert (report.new, report.updated, report.same, report.skipped, file.notes) == (0, 0, 0, 0, 0)
    assert (contents(full.path), beside(full), package.read_bytes()) == (before, LEFT_BESIDE, data)
    assert full.check().ok


@pytest.mark.parametrize("seed", range(8))
def test_E23_a_damaged_package_never_harms_the_collection(full: Collection, folder: Path, seed: int) -> None:
    whole = a_small_collection().save(folder / "whole").read_bytes()
    before = contents(full.path)
    for count in (1, 20, 300):
        report = full.import_file(zipped(folder / f"{count}.apkg", random_flips(count, seed * 3 + count)(whole)))
        assert full.check().ok
        if report.is_refused:
            assert contents(full.path) == before
        before = contents(full.path)
    assert beside(full) == LEFT_BESIDE


MANY = 20_000
HEAVY = {
    "twenty notes of 450 kB": lambda: _many(20, random_text(450_000)),
    "a field of 9 MB": lambda: (Package().note("one", "x", "y"), values("notes", "1", flds=random_text(9_000_000))),
    "20,000 notes of an unknown type": lambda: (_many(MANY, "a")[0], sql("UPDATE notes SET mid = 77")),
    "20,000 notes of one guid": lambda: (_many(MANY, "a")[0], sql("UPDATE notes SET guid = 'same'")),
    "20,000 notes of one first field": lambda: (_many(MANY, "a")[0], sql("UPDATE notes SET flds = 'a' || char(31)")),
    "20,000 cards of one ordinal": lambda: (_many(MANY, "a")[0], sql(
        "UPDATE cards SET nid = (SELECT min(id) FROM notes), ord = 0")),
    "20,000 cards without sense": lambda: (_many(MANY, "a")[0], sql(f"UPDATE cards SET due = {2**62}")),
    "20,000 learned cards with a log alone": lambda: (_many(MANY, "a")[0], sql(
        "UPDATE cards SET type = 2, queue = 2, due = 10, ivl = 5, reps = 1, data = ''",
        "INSERT INTO revlog SELECT id, id, 0, 3, 5, 0, 2500, 1000, 1 FROM cards")),
    "20,000 notes without cards": lambda: (_many(MANY, "a")[0], sql("DELETE FROM cards")),
    "20,000 decks": lambda: (_many(10, "a")[0], json_of("decks", lambda decks: decks.update(
        {str(number): a_deck(number, f"Deck {number}") for number in range(5_000, 5_000 + MANY)}))),
    "4 MB of deck names in use": lambda: (_many(20, "a")[0], json_of("decks", lambda decks: decks.update(
        {str(HEART): a_deck(HEART, "::".join(random_text(190) for _ in range(20_000)))}))),
    "clozes nested and in rows": lambda: (_many(20, "{{c1::" * 5_000 + "}}" * 5_000 + "{{c2::x}}" * 5_000)[0], None),
    "markup without end": lambda: (_many(20, "<img src='" * 20_000 + "[sound:" * 20_000)[0], None),
}


def _many(count: int, text: str) -> tuple[Package, None]:
    made = Package()
    for number in range(count):
        made.note(f"guid {number}", f"{number} {text}", text[:1000])
    return made, None


IMPORT = """
import os, resource, sys, threading, time
from pathlib import Path
from flashcore.study.collection import Collection

def resident(process):
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        below = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return 0
    return pages * resource.getpagesize() + sum(map(resident, below))

peak, is_done = 0, False
def watch():
    global peak
    while not is_done:
        peak = max(peak, resident(os.getpid()))
        time.sleep(0.01)

thread = threading.Thread(target=watch)
with Collection.open(sys.argv[1]) as collection:
    thread.start()
    report = collection.import_file(sys.argv[2])
    is_done = True
    thread.join()
    own, child = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(peak >> 20, own.ru_utime + own.ru_stime + child.ru_utime + child.ru_stime, report.is_refused, report.new,
          report.skipped, collection.check().ok)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("name", HEAVY)
def test_no_package_of_10_mb_takes_300_mb_or_much_time(tmp_path: Path, name: str) -> None:
    made, edit = HEAVY[name]()
    package = made.package(tmp_path / "deck.apkg", edit)
    assert package.stat().st_size < 10 << 20
    mebibytes, seconds, is_refused, new, skipped, is_ok = processes.run(
        IMPORT, tmp_path / "collection.db", package).split()
    assert int(mebibytes) <= 300
    assert float(seconds) < 20, "five seconds is the aim; this leaves room for slow machines"
    assert is_ok == "True"
    assert is_refused == "True" or int(new) + int(skipped) == len(made.notes)
