"""Decks in and out through the command line: the report in words, what stays, what leaves its file."""

from __future__ import annotations

import json

from desk import Desk

DECK = """\
---
deck: Step 1::Renal
system: renal-urinary
---
# Water
Q: Where does ADH act?
A: In the collecting duct.
Why: V2 receptors.

C: ADH inserts [aquaporin-2::channel].

V: A man has SIADH. What lowers his sodium?
- [ ] Osmotic shift
      > It would thin the cells.
- [ ] Less aldosterone
- [x] Aquaporin-2
Why: Water is kept.
"""


def test_the_report_is_words_on_stdout(desk: Desk) -> None:
    path = desk.deck_file(DECK)
    first = desk.run("import", path)
    assert (first.code, first.err) == (0, "")
    assert first.out.splitlines() == [
        f"{path} (markdown): 3 notes, 3 cards",
        "3 new, 0 updated, 0 the same, 0 skipped.",
        "Systems: renal-urinary 3."]
    assert desk.run("import", path).out.splitlines()[1] == "0 new, 0 updated, 3 the same, 0 skipped."


def test_an_edited_card_is_updated_and_keeps_its_history(desk: Desk) -> None:
    path = desk.deck_file(DECK)
    desk.run("import", path)
    desk.run("review", "ADH act", stdin="\n4\n")
    path.write_text(DECK.replace("In the collecting duct.", "In the collecting ducts."), encoding="utf-8")
    assert desk.run("import", path).out.splitlines()[1] == "0 new, 1 updated, 2 the same, 0 skipped."
    (card,) = json.loads(desk.run("search", "ADH act", "--json").out)
    assert (card["answer"], card["state"], card["file"], card["line"]) == (
        "In the collecting ducts.", "review", str(path), 6)


def test_a_card_that_left_its_file_is_suspended_and_counted(desk: Desk) -> None:
    path = desk.deck_file(DECK)
    desk.run("import", path)
    path.write_text(DECK.replace("C: ADH inserts [aquaporin-2::channel].\n", ""), encoding="utf-8")
    assert "1 card suspended, because the notes left their file." in desk.run("import", path).out
    assert [card["suspended"] for card in json.loads(desk.run("search", "--json").out)] == [False, True, False]


def test_a_conflict_names_file_line_and_both_texts(desk: Desk) -> None:
    path = desk.deck_file(DECK)
    desk.run("import", path)
    with desk.collection() as collection:
        collection.edit_note_text(1, collection.note_text(1).replace("collecting duct", "principal cell"))
    path.write_text(DECK.replace("collecting duct", "distal nephron"), encoding="utf-8")
    answered = desk.run("import", path)
    assert answered.code == 0
    assert "1 conflict: changed both here and in the file; yours were kept." in answered.out
    assert f"{path}:6: " in answered.err
    assert "In the principal cell." in answered.err
    assert "In the distal nephron." in answered.err
    assert desk.run("import", path, "--theirs").code == 0
    assert json.loads(desk.run("search", "ADH act", "--json").out)[0]["answer"] == "In the distal nephron."


def test_dry_run_with_show_prints_every_card_and_writes_nothing(desk: Desk) -> None:
    path = desk.deck_file(DECK)
    answered = desk.run("import", path, "--dry-run", "--show")
    assert answered.code == 0
    assert not desk.path.exists()
    shown = answered.out.split("\n\n")
    assert shown[0].splitlines() == [
        "Line 6, recall, deck Step 1::Renal", "  Question: Where does ADH act?", "  Answer: In the collecting duct.",
        "  Why: V2 receptors.", *shown[0].splitlines()[4:]]
    assert "system::renal-urinary" in shown[0].splitlines()[-1]
    assert shown[1].splitlines()[1:3] == ["  Question: ADH inserts [channel].", "  Answer: ADH inserts aquaporin-2."]
    assert shown[2].splitlines()[1:6] == [
        "  Question: A man has SIADH. What lowers his sodium?", "  A: Osmotic shift",
        "  Why not A: It would thin the cells.", "  B: Less aldosterone", "  C, right: Aquaporin-2"]
    assert shown[3].splitlines()[:2] == [
        f"{path} (markdown): 3 notes, 3 cards",
        "3 new, 0 updated, 0 the same, 0 skipped. Nothing was written: this was a dry run."]


def test_stdin_is_a_deck_too(desk: Desk) -> None:
    answered = desk.run("import", "-", "--deck", "Inbox", stdin="Q: What?\nA: That.\n")
    assert (answered.code, answered.out.splitlines()[1]) == (0, "1 new, 0 updated, 0 the same, 0 skipped.")
    assert json.loads(desk.run("search", "--json").out)[0]["deck"] == "Inbox"


def test_a_folder_is_read_whole(desk: Desk) -> None:
    desk.deck_file(DECK, "decks/renal.md")
    desk.deck_file("Q: What?\nA: That.\n", "decks/more/other.md")
    desk.deck_file("Q: Not me?\nA: No.\n", "decks/README.md")
    assert "4 new" in desk.run("import", desk.folder / "decks").out


def test_write_ids_writes_them_into_the_file(desk: Desk) -> None:
    path = desk.deck_file("Q: What?\nA: That.\n")
    assert desk.run("import", path, "--write-ids").code == 0
    assert "<!-- id: " in path.read_text(encoding="utf-8")
    assert "0 new, 0 updated, 1 the same" in desk.run("import", path).out


def test_without_a_path_the_bundled_decks_are_listed(desk: Desk) -> None:
    answered = desk.run("import")
    assert answered.code == 0
    assert answered.out.splitlines()[1].startswith("bundled:cardiovascular")
    assert json.loads(desk.run("import", "--json").out)[0]["name"] == "cardiovascular"
    assert not desk.path.exists()


def test_the_bundled_decks_come_in_without_a_word_on_stderr(desk: Desk) -> None:
    first = desk.run("import", "bundled", "--json")
    report = json.loads(first.out)
    assert (first.code, first.err, report["skipped"], report["untagged"]) == (0, "", 0, 0)
    assert report["new"] >= 40
    again = json.loads(desk.run("import", "bundled", "--json").out)
    assert (again["new"], again["updated"], again["same"]) == (0, 0, report["new"])
    assert desk.run("check").code == 0


def test_export_writes_files_and_says_what(desk: Desk) -> None:
    desk.run("import", desk.deck_file(DECK))
    for name in ("out.apkg", "out.md"):
        answered = desk.run("export", desk.folder / name)
        assert (answered.code, answered.out) == (0, f"{desk.folder / name}\n")
        told, *more = answered.err.splitlines()
        assert told == "3 notes, 3 cards exported."
        assert [line[:8] for line in more] == (["In Anki,"] if name == "out.apkg" else [])
        assert (desk.folder / name).stat().st_size > 0
    assert desk.run("export", desk.folder / "one.md", "aquaporin", "--system", "renal").err.startswith(
        ("1 note", "2 notes"))


def test_an_export_comes_back_as_it_was(desk: Desk) -> None:
    desk.run("import", desk.deck_file(DECK))
    out = desk.folder / "out.md"
    desk.run("export", out)
    other = desk.folder / "other.db"
    assert desk.run("import", out, "--collection", other).code == 0
    here, there = (json.loads(desk.run("search", "--json", "--collection", path).out) for path in (desk.path, other))
    keys = ("guid", "deck", "tags", "question", "answer")
    assert [[card[key] for key in keys] for card in here] == [[card[key] for key in keys] for card in there]


def test_an_unknown_format_names_the_one_there_is(desk: Desk) -> None:
    path = desk.deck_file(DECK)
    answered = desk.run("import", path, "--format", "markdwn")
    assert (answered.code, answered.err) == (3, "no format named 'markdwn'; did you mean 'markdown'?\n")
    assert desk.run("export", desk.folder / "out.xyz").code in (2, 3, 4)
