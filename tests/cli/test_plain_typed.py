"""Plain mode on cards from Anki: typed answers, hints, fields under their names, hidden parts of pictures."""

from __future__ import annotations

from dataclasses import replace

from desk import Desk

from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import NoteKind, NoteType, Template
from flashcore.study.curation import add_note

TYPED = NoteType("Basic (type in the answer)", NoteKind.STANDARD, ("Front", "Back", "Hint"), (
    Template("Card 1", "{{Front}}{{hint:Hint}}\n\n{{type:Back}}", "{{Front}}\n\n<hr id=answer>\n\n{{type:Back}}"),))
CLOZE = NoteType("Cloze", NoteKind.CLOZE, ("Text", "Extra", "Lecture Notes"), (
    Template("Cloze", "{{cloze:Text}}",
             "{{cloze:Text}}<div>{{Extra}}</div><div style='display:none'>{{Lecture Notes}}</div>"),))


def add(desk: Desk, note_type: NoteType, *fields: str) -> int:
    """Puts a note of Anki into the collection; returns the id of its first card."""
    with desk.collection() as collection:
        note = Note(f"anki{fields}", note_type, fields, markup=Markup.HTML)
        return add_note(collection, note, "Step 1").card_ids[0]


def said(desk: Desk, *script: str) -> list[str]:
    """What the session says after its first line, without the lines of the ratings."""
    answered = desk.run("review", "--plain", stdin="".join(f"{line}\n" for line in script))
    assert answered.code == 0, answered.err
    return [line for line in answered.out.splitlines()[1:] if not line.startswith(("Stopped", "Finished", "Missed"))]


def test_a_right_text_is_right_and_enter_is_good(desk: Desk) -> None:
    add(desk, TYPED, "Capital of <b>France</b>?", "<div>Paris</div>", "")
    lines = said(desk, " Paris ", "", ":q")
    assert lines[:4] == ["Card 1 of 1. Type-in.", "Question: Capital of France?", "Type the answer:", "Right: Paris"]
    assert lines[4].startswith("1 again in 1 minute, 2 hard in 6 minutes, 3 good in 10 minutes (Enter)")
    assert lines[5] == "Saved: good, 10 minutes. 1 left."


def test_a_text_that_differs_is_told_letter_by_letter_and_enter_is_again(desk: Desk) -> None:
    add(desk, TYPED, "What breaks down fibrin?", "plasmin A", "")
    lines = said(desk, "plazminAx", "", ":q")
    assert lines[3:8] == ["Wrong. You typed: plazminAx", "Right is: plasmin A", "Typed 'z' where 's' is right.",
                          "Missing: a space.", "Too much: 'x'."]
    assert lines[8].startswith("1 again in 1 minute (Enter), 2 hard")
    assert lines[9] == "Saved: again, 1 minute. 1 left."


def test_good_after_a_text_that_differs_is_taken_at_once(desk: Desk) -> None:
    add(desk, TYPED, "What breaks down fibrin?", "plasmin", "")
    assert "Saved: good, 10 minutes. 1 left." in said(desk, "Plasmin", "3", ":q")


def test_an_empty_line_reveals_without_an_answer(desk: Desk) -> None:
    card_id = add(desk, TYPED, "What breaks down fibrin?", "plasmin", "")
    lines = said(desk, "", "", ":q")
    assert lines[3] == "Answer: plasmin"
    assert "(Enter)" in lines[4].split("good")[1]
    with desk.collection() as collection:
        row = collection.card_details(card_id).reviews[0]
    assert (row.choice, row.correct) == (None, None)


def test_letters_are_text_and_commands_stand_behind_a_colon(desk: Desk) -> None:
    add(desk, TYPED, "Which smiley?", ":)", "begins with a colon")
    lines = said(desk, ":h", "?", ":f 3", ":)", "u", ":q")
    assert lines[2:5] == ["Hint Hint. :h shows it.", "Type the answer:", "Hint Hint: begins with a colon"]
    assert "A text on a card that is typed: compare it with the answer. Enter there: show the answer without typing." \
        in lines
    assert lines[lines.index("Flagged 3.") + 1] == "Right: :)"


def test_a_letter_that_is_a_command_elsewhere_is_an_answer_here(desk: Desk) -> None:
    add(desk, TYPED, "The vitamin for clotting?", "q", "")
    assert said(desk, "q", "", ":q")[3] == "Right: q"


def test_what_an_answer_has_besides_the_blank_is_said_too(desk: Desk) -> None:
    add(desk, CLOZE, "The {{c1::mitral}} valve", "Two leaflets", "<img src='valve.png'>")
    assert said(desk, "", "q")[:6] == [
        "Card 1 of 1. Cloze.", "Question: The blank valve", "Answer: mitral", "More: Two leaflets", "Lecture Notes:",
        "Picture valve.png. o opens it."]


def test_a_hint_of_a_field_is_shown_when_it_is_asked_for(desk: Desk) -> None:
    hinted = replace(TYPED, name="Hinted", templates=(Template("Card 1", "{{Front}}{{hint:Hint}}", "{{Back}}"),))
    add(desk, hinted, "q", "a", "a <i>clue</i>")
    assert said(desk, "h", "", ":q")[1:5] == ["Question: q", "Hint Hint. h shows it.", "Hint Hint: a clue", "Answer: a"]


def test_a_card_without_hints_says_so(desk: Desk) -> None:
    desk.add_basic()
    assert "This card has no hints." in said(desk, "h", "q")
