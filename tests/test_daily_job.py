"""The whole job through the command line, with the real Anki as the judge of what comes out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def flashcore(collection: Path, *words: str, stdin: str = "", status: int = 0) -> str:
    ran = subprocess.run([sys.executable, "-m", "flashcore", "--collection", str(collection), *words], input=stdin,
                         capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert ran.returncode == status, ran.stderr
    return ran.stdout


def in_anki(collection: Path, package: Path) -> dict[str, Any]:
    """Import a package into an Anki collection and tell what is there then, and what Anki had to mend."""
    from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

    anki = Collection(str(collection))
    try:
        log = anki.import_anki_package(ImportAnkiPackageRequest(
            package_path=str(package), options=ImportAnkiPackageOptions(merge_notetypes=True))).log
        mended, is_sound = anki.fix_integrity()
        notes = {note.guid: note for note in map(anki.get_note, anki.find_notes(""))}
        return {"new": len(log.new), "updated": len(log.updated), "sound": is_sound, "mended": mended,
                "cards": {(note.guid, card.ord): anki.decks.name(card.did) for note in notes.values()
                          for card in note.cards()},
                "tags": {guid: set(note.tags) for guid, note in notes.items()},
                "fields": {guid: note.fields for guid, note in notes.items()}}
    finally:
        anki.close()


def test_importing_the_decks_twice_changes_nothing(tmp_path: Path) -> None:
    collection = tmp_path / "c.db"
    first = json.loads(flashcore(collection, "import", "decks", "--json"))
    second = json.loads(flashcore(collection, "import", "decks", "--json"))
    assert first["new"] > 40
    assert {key: second[key] for key in ("new", "updated", "same", "skipped")} == {
        "new": 0, "updated": 0, "same": first["new"], "skipped": 0}


def test_a_session_can_be_killed_at_any_moment_and_every_answer_said_to_be_saved_is_there(tmp_path: Path) -> None:
    collection = tmp_path / "c.db"
    flashcore(collection, "import", "bundled")
    saved = 0
    for answers in (1, 4, 7):
        with subprocess.Popen([sys.executable, "-m", "flashcore", "--collection", str(collection), "review", "--plain"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
            assert child.stdin is not None and child.stdout is not None
            said = 0
            while said < answers:
                child.stdin.write("\n3\n")  # reveal, Good; on a vignette: no letter, Good
                child.stdin.flush()
                while not (line := child.stdout.readline()).startswith("Saved"):
                    assert line, "the session ended"
                said += 1
            os.kill(child.pid, signal.SIGKILL)
        saved += said
        assert json.loads(flashcore(collection, "info", "--json"))["reviews"] >= saved
        saved = json.loads(flashcore(collection, "info", "--json"))["reviews"]
        assert json.loads(flashcore(collection, "check", "--json"))["ok"]


def test_an_exported_package_opens_in_anki_and_a_later_export_updates_it(tmp_path: Path) -> None:
    collection, anki, package = tmp_path / "c.db", tmp_path / "anki.anki2", tmp_path / "out.apkg"
    deck = tmp_path / "heart.md"
    deck.write_text((ROOT / "decks" / "cardiovascular.md").read_text(encoding="utf-8"), encoding="utf-8")
    flashcore(collection, "import", str(deck))
    cards = json.loads(flashcore(collection, "search", "", "--json"))
    flashcore(collection, "export", str(package))
    first = in_anki(anki, package)
    assert first["sound"], first["mended"]
    assert first["new"] == len({card["guid"] for card in cards})
    assert sorted(first["cards"].values()) == sorted(card["deck"] for card in cards)
    assert first["tags"] == {card["guid"]: set(card["tags"]) for card in cards}

    text = deck.read_text(encoding="utf-8")
    edited = text.replace("A: ", "A: In short: ", 1)
    assert edited != text
    deck.write_text(edited, encoding="utf-8")
    report = json.loads(flashcore(collection, "import", str(deck), "--json"))
    assert (report["updated"], report["new"]) == (1, 0)
    flashcore(collection, "export", str(package))
    second = in_anki(anki, package)
    assert (second["new"], second["updated"]) == (0, 1)
    assert set(second["fields"]) == set(first["fields"])
    changed = [guid for guid, fields in second["fields"].items() if fields != first["fields"][guid]]
    assert len(changed) == 1
    assert "In short: " in second["fields"][changed[0]][1]
