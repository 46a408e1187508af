"""Bad input: the exit code, and a sentence that says what, where, what was kept and what to do."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from desk import Desk, environment

from flashcore.study.collection import Collection


@pytest.mark.parametrize(("words", "code", "sentence"), [
    (["revew"], 2, "no command named 'revew'; did you mean 'review'?"),
    (["xyzzy"], 2, "no command named 'xyzzy'; flashcore --help lists them"),
    (["stats"], 2, "no command named 'stats'; flashcore --help lists them"),
    (["due", "--jsn"], 2,
     "No such option: --jsn (Possible options: --json)\nflashcore due --help shows how it is written."),
    (["export"], 2, "Missing argument 'PATH'.\nflashcore export --help shows how it is written."),
    (["flag", "8", "1"], 2,
     "Invalid value for 'FLAG': 8 is not 0 to 7\nflashcore flag --help shows how it is written."),
    (["suspend", "first"], 2,
     "Invalid value for 'CARD': 'first' is no whole number\nflashcore suspend --help shows how it is written."),
    (["review", "--limit", "0"], 2,
     "Invalid value for '--limit': 0 is not 1 or more\nflashcore review --help shows how it is written."),
    (["search", "dek:x"], 2,
     "cannot read the query 'dek:x' at character 1: 'dek:' is no key. Did you mean 'deck:'? In quotes it is text"),
    (["review", "--system", "cardiologi"], 3, "no system named 'cardiologi'; did you mean 'cardiology'?"),
    (["review", "--system", "micro"], 3, "no system named 'micro': microbiology is a discipline: "
                                         "--discipline microbiology"),
    (["search", "--discipline", "patholgy"], 3, "no discipline named 'patholgy'; did you mean 'pathology'?"),
    (["search", "--deck", "Step 1::Renla"], 3, "no deck named 'Step 1::Renla'; did you mean 'Step 1::Renal'?"),
    (["review", "deck:Rena or topic:x"], 3, "no deck named 'Rena'"),
    (["options", "Step 2", "new_per_day=3"], 3, "no deck named 'Step 2'; did you mean 'Step 1'?"),
    (["options", "new_per_dya=3"], 3, "no option named 'new_per_dya'; did you mean 'new_per_day'?"),
    (["options", "new_per_day=many"], 2,
     "new_per_day='many': wanted is a whole number from 0 to 9999; nothing was changed"),
    (["options", "Step 1", "exam_on=2027-02-21"], 2,
     "exam_on holds for the whole collection; set it without naming a deck"),
    (["options", "new_per_day=3", "new_per_day=4"], 2, "new_per_day is set twice; nothing was changed"),
    (["options", "Step 1", "new_per_day"], 2, "'new_per_day' is no KEY=VALUE; a deck comes first, in quotes where it "
                                              "has spaces. Nothing was changed"),
    (["suspend"], 2, "name the cards by their ids or by --where QUERY, one of the two; nothing was changed"),
    (["delete", "1", "--where", "is:new"], 2,
     "name the cards by their ids or by --where QUERY, one of the two; nothing was changed"),
    (["delete", "--where", " "], 2, "an empty --where is every card; where that is meant write --where '()'. "
                                    "Nothing was changed"),
    (["suspend", "99"], 3, "no card named '99': flashcore search --json lists the cards and their ids"),
    (["move", "::", "1"], 2, "the name of the deck is empty; nothing was changed"),
    (["tag", "system::hart", "1"], 3, "no system named 'hart'; did you mean 'heart'?"),
    (["tag", " , ", "1"], 2, "no tag was given"),
    (["edit", "1"], 2, "edit opens your editor, so it needs a terminal on stdin and stdout; nothing was changed"),
    (["add"], 2, "add needs the TEXT of a card, or - to read it from stdin; without a terminal there is no editor. "
                 "flashcore add --help shows how"),
    (["import", "--show", "x.md"], 2, "--show goes with --dry-run"),
    (["import", "--theirs"], 2, "import needs a PATH: a file, a folder, - or bundled"),
    (["import", "bundled:cardio"], 3, "no bundled deck named 'cardio'; did you mean 'cardiovascular'?"),
])
def test_words_that_do_not_fit(desk: Desk, words: list[str], code: int, sentence: str) -> None:
    desk.add_basic()
    answered = desk.run(*words)
    assert (answered.code, answered.err, answered.out) == (code, sentence + "\n", "")


def test_without_a_terminal_and_without_a_command_the_help_is_short_and_the_code_2(desk: Desk) -> None:
    answered = desk.run()
    assert (answered.code, answered.out) == (2, "")
    assert len(answered.err.splitlines()) < 10
    assert "review due decks" in answered.err


def test_a_missing_file_is_named_with_the_nearest(desk: Desk) -> None:
    desk.deck_file("Q: What?\nA: That.\n")
    answered = desk.run("import", desk.folder / "renla.md")
    assert (answered.code, answered.err) == (
        3, f"no file named '{desk.folder}/renla.md'; did you mean '{desk.folder}/renal.md'?\n")


def test_F1_wrong_encoding_names_line_and_byte(desk: Desk) -> None:
    path = desk.folder / "renal.md"
    path.write_bytes("Q: What?\nA: Ödem.\n".encode("latin-1"))
    answered = desk.run("import", path)
    assert answered.code == 4
    assert answered.err.startswith(f"{path}: line 2 byte 4 is not UTF-8")
    assert "--encoding latin-1" in answered.err
    assert "0 new" in answered.out
    again = desk.run("import", path, "--encoding", "latin-1")
    assert (again.code, again.err) == (0, "")
    assert "Ödem" in desk.run("search", "--json").out


def test_a_malformed_deck_is_refused_whole_with_all_its_problems(desk: Desk) -> None:
    good, bad = desk.deck_file("Q: What?\nA: That.\n", "good.md"), desk.deck_file(
        "Q: One?\n\nC: no deletion here\n\nQ: Three?\nA: Yes.\n\nA: alone\n", "bad.md")
    answered = desk.run("import", good, bad)
    assert answered.code == 4
    lines = [int(line.removeprefix(f"{bad}:").split(":")[0]) for line in answered.err.splitlines()
             if line.startswith(f"{bad}:") and line.removeprefix(f"{bad}:")[0].isdigit()]
    assert lines == [1, 3, 8]
    assert answered.err.splitlines()[-1] == (
        f"{bad}: refused, 3 problems; nothing of it was taken; mend the file and import it again")
    assert "1 new" in answered.out
    assert desk.run("search", "--json").out.count('"card":') == 1


@pytest.mark.parametrize("words", [["due"], ["review"], ["suspend", "1"], ["check", "--json"]])
@pytest.mark.parametrize(("content", "what"), [
    (b"", "is empty"), (b"SQLite format 3\0" + b"x" * 200, "is another program's database"),
    (b"my shopping list", "is not a flashcore"),
])
def test_a_file_that_is_no_collection_is_left_as_it_is(desk: Desk, words: list[str], content: bytes,
                                                       what: str) -> None:
    desk.path.write_bytes(content)
    answered = desk.run(*words)
    assert (answered.code, answered.out) == (5, "")
    assert what in answered.err
    assert answered.err.startswith(str(desk.path))
    assert "the file was left as it is" in answered.err
    assert desk.path.read_bytes() == content


def test_a_collection_of_another_program_and_a_newer_one_are_refused(desk: Desk) -> None:
    with sqlite3.connect(desk.path) as database:
        database.execute("create table notes (id)")
    database.close()
    assert (desk.run("due").code, "another program" in desk.run("review").err) == (5, True)
    desk.path.unlink()
    desk.add_basic()
    with sqlite3.connect(desk.path) as database:
        database.execute("pragma user_version = 999")
    database.close()
    answered = desk.run("due")
    assert answered.code == 5
    assert "newer flashcore" in answered.err


def test_a_collection_cut_short_is_told_and_left_as_it_is(desk: Desk) -> None:
    desk.add_basic()
    whole = desk.path.read_bytes()
    desk.path.write_bytes(whole[:len(whole) * 6 // 10])
    for words in (["search"], ["check"], ["suspend", "1"], ["review"]):
        answered = desk.run(*words)
        assert answered.code in (1, 5)
        assert "fault in the program" not in answered.err
    assert desk.path.read_bytes() == whole[:len(whole) * 6 // 10]


def test_a_collection_in_use_can_be_read_and_not_written(desk: Desk) -> None:
    desk.add_basic()
    holder = subprocess.Popen(
        [sys.executable, "-c", "import sys; from flashcore.study.collection import Collection; "
         "c = Collection.open(sys.argv[1]); print('open', flush=True); sys.stdin.read()", str(desk.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        refused = desk.run("suspend", "1")
        assert refused.code == 5
        assert f"process {holder.pid}" in refused.err
        assert "nothing was changed" in refused.err
        for words in (["due"], ["decks"], ["search", "ADH"], ["info"], ["check"]):
            assert desk.run(*words).code == 0
    finally:
        holder.communicate("")
    assert desk.run("suspend", "1").code == 0


def test_a_bug_keeps_its_traceback_in_the_log_and_says_one_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Collection, query: object = "") -> None:
        raise KeyError("x\x1b[2J")

    monkeypatch.setattr(Collection, "due", fail)
    answered = desk.run("due", "--json")
    assert (answered.code, answered.out) == (1, "")
    assert "Traceback" not in answered.err
    assert "KeyError" in answered.err
    (log,) = (desk.folder.parent / "state").rglob("*.log")
    assert str(log) in answered.err
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert "\x1b" not in answered.err + log.read_text(encoding="utf-8")


def test_ctrl_c_leaves_with_130(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: Collection, query: object = "") -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Collection, "due", interrupt)
    assert desk.run("due").code == 130


def test_the_reader_of_a_pipe_may_leave(desk: Desk) -> None:
    for number in range(50):
        desk.add_basic(f"Question {number}? {'x' * 3000}")
    command = f"{sys.executable} -m flashcore search --json | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False,
                          env=environment())
    assert (done.stdout, done.stderr) == ("[\n0\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_that_takes_no_more_is_a_sentence(desk: Desk) -> None:
    desk.add_basic()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-m", "flashcore", "due", "--json"], stdout=full, text=True, check=False,
                              stderr=subprocess.PIPE, env=environment())
    assert (done.returncode, done.stderr) == (1, "the output could not be written: No space left on device\n")
