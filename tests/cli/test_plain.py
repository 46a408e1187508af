"""Plain mode: whole sessions as a script of lines, through the real parser and a real collection."""

from __future__ import annotations

import io
import sys
from datetime import timedelta
from pathlib import Path

import pexpect
import pytest
from desk import Desk, environment

from flashcore.cli.plain import PlainReview
from flashcore.domain.note_type import BASIC
from flashcore.domain.query import parse_query
from flashcore.errors import FileError

RATINGS = "1 again in 1 minute, 2 hard in 6 minutes, 3 good in 10 minutes (Enter), 4 easy in"


def lines_of(desk: Desk, *script: str) -> list[str]:
    """What a session says to these lines of input, with the days of "easy" cut off, which fuzz decides."""
    answered = desk.run("review", "--plain", stdin="".join(f"{line}\n" for line in script))
    assert answered.code == 0, answered.err
    return [line.split(" easy in ")[0] + " easy in" if " easy in " in line else line
            for line in answered.out.splitlines()]


def ratings_of(desk: Desk) -> list[tuple[str, int]]:
    """(rating, milliseconds) of the answers that stand, oldest first, over all cards."""
    with desk.collection() as collection:
        rows = [row for card_id in collection.find("") for row in collection.card_details(card_id).reviews]
    return [(row.rating.name.lower(), row.duration_ms or 0) for row in sorted(rows, key=lambda row: row.seq)
            if row.rating is not None]


def test_a_card_is_asked_revealed_rated_and_saved(desk: Desk) -> None:
    desk.add(BASIC, ("Where does ADH act?", "In the collecting duct.", "V2 receptors.", "own; checked 2026-11"))
    assert lines_of(desk, "", "4") == [
        "0 due, 0 learning, 1 new, about 1 minute. Enter: answer. 1 again, 2 hard, 3 good, 4 easy. "
        "u undo, q quit, ? all commands.",
        "Card 1 of 1. Recall.",
        "Question: Where does ADH act?",
        "Answer: In the collecting duct.",
        "Why: V2 receptors.",
        "Source: own; checked 2026-11",
        "System renal-urinary.",
        RATINGS,
        "Saved: easy, 6 days. 0 left.",
        "Finished. 1 answer saved, 0 missed. Next: nothing tomorrow.",
    ]
    assert [rating for rating, _ in ratings_of(desk)] == ["easy"]


def test_enter_is_good_and_a_missed_card_is_named_at_the_end(desk: Desk) -> None:
    desk.add_basic()
    said = lines_of(desk, "", "1", "", "", "", "")
    assert [line for line in said if line.startswith(("Saved", "Finished", "Missed"))] == [
        "Saved: again, 1 minute. 1 left.", "Saved: good, 10 minutes. 1 left.", "Saved: good, 1 day. 0 left.",
        "Finished. 3 answers saved, 1 missed. Next: 1 tomorrow from 04:00.", "Missed: Where does ADH act?"]


def test_the_hint_of_a_blank_is_a_sentence_of_its_own(desk: Desk) -> None:
    desk.add_cloze()
    said = lines_of(desk, "")
    assert said[1:5] == ["Card 1 of 1. Cloze.", "Question: ADH inserts blank.", "Blank, hint: channel.",
                         "Answer: aquaporin-2"]


def test_a_right_letter_in_either_case_is_judged_and_kept(desk: Desk) -> None:
    card_id = desk.add_vignette()
    said = lines_of(desk, "C", "")
    assert said[1:14] == [
        "Card 1 of 1. Vignette, 3 options.",
        "Question: A man has SIADH. What lowers his sodium?",
        "A: Osmotic shift", "B: Less aldosterone", "C: Aquaporin-2",
        "Letter A to C:",
        "Right. You chose C, Aquaporin-2.",
        "Why C: ADH inserts it.", "Why not A: It would thin the cells.", "Why not B: Potassium would rise.",
        "Why: Water is kept.", "Source: own",
        "System renal-urinary.",
    ]
    with desk.collection() as collection:
        (row,) = collection.card_details(card_id).reviews
    assert (row.choice, row.correct) == ("c", True)


def test_after_a_wrong_letter_enter_is_again_and_good_has_to_be_said_twice(desk: Desk) -> None:
    card_id = desk.add_vignette()
    said = lines_of(desk, "b", "3", "4", "3", "3", "")
    start = said.index("Letter A to C:") + 1
    assert said[start:start + 12] == [
        "Wrong. You chose B, Less aldosterone. Right is C, Aquaporin-2.",
        "Why not B: Potassium would rise.", "Why C: ADH inserts it.", "Why not A: It would thin the cells.",
        "Why: Water is kept.", "Source: own", "System renal-urinary.",
        "1 again in 1 minute (Enter), 2 hard in 6 minutes, 3 good in 10 minutes, 4 easy in",
        "The letter was wrong. Type 3 once more for good, or 1 for again.",
        "The letter was wrong. Type 4 once more for easy, or 1 for again.",
        "The letter was wrong. Type 3 once more for good, or 1 for again.",
        "Saved: good, 10 minutes. 1 left.",
    ]
    with desk.collection() as collection:
        row = collection.card_details(card_id).reviews[0]
    assert (row.choice, row.correct, row.rating) == ("b", False, 3)


def test_an_empty_line_reveals_a_vignette_without_an_answer(desk: Desk) -> None:
    card_id = desk.add_vignette()
    said = lines_of(desk, "", "")
    assert said[said.index("Letter A to C:") + 1] == "Right is C, Aquaporin-2."
    with desk.collection() as collection:
        row = collection.card_details(card_id).reviews[0]
    assert (row.choice, row.correct, row.rating) == (None, None, 3)


def test_on_the_question_of_a_vignette_commands_stand_behind_a_colon(desk: Desk) -> None:
    card_id = desk.add_vignette()
    said = lines_of(desk, "u", ":f 3", ":u", ":q")
    start = said.index("Letter A to C:") + 1
    assert said[start:start + 3] == [
        "Not understood: u. Type A to C, a command behind a colon such as :q, or ?.",
        "Flagged 3.", "Undone: flagging 1 card."]
    assert said[-1] == "Stopped. 0 answers saved, 0 missed. Next: 1 left today."
    with desk.collection() as collection:
        assert collection.card_details(card_id).card.flag == 0


def test_undo_brings_the_card_back_with_its_question(desk: Desk) -> None:
    desk.add_basic()
    desk.add_basic("What is the urine osmolality in SIADH?", "High.")
    said = lines_of(desk, "", "4", "u", "", "2", "q")
    assert said[said.index("Undone: card 1 is back.") + 1:][:2] == ["Card 1 of 2. Recall.",
                                                                     "Question: Where does ADH act?"]
    assert [rating for rating, _ in ratings_of(desk)] == ["hard"]


def test_undo_brings_a_card_back_that_was_set_aside(desk: Desk) -> None:
    desk.add_basic()
    desk.add_basic("What is the urine osmolality in SIADH?", "High.")
    said = lines_of(desk, "s", "u", "b", "u", "q")
    assert said.count("Undone: card 1 is back.") == 2
    assert said.count("Question: Where does ADH act?") == 3


def test_undo_with_nothing_left_says_so(desk: Desk) -> None:
    desk.add_basic()
    said = lines_of(desk, "u", "u", "q")
    assert "Undone: adding 1 note." in said


def test_flag_bury_and_suspend_are_done_and_said(desk: Desk) -> None:
    first, second, third = (desk.add_basic(f"Question {number}") for number in (1, 2, 3))
    said = lines_of(desk, "f 3", "f", "f 12", "f0", "f 7", "b", "", "s", "q")
    assert [line for line in said if not line.startswith(("Card", "Question", "Answer", "System", "1 again"))][1:] == [
        "Flagged 3.", "Which flag? f 1 to f 7, or f 0 for none.",
        "Not understood: f 12. Press Enter for the answer, or type ?.", "No flag any more.", "Flagged 7.",
        "Buried until tomorrow. 2 left.", "Suspended. 1 left.",
        "Stopped. 0 answers saved, 0 missed. Next: 1 tomorrow from 04:00."]
    with desk.collection() as collection:
        details = [collection.card_details(card_id).card for card_id in (first, second, third)]
    assert [(card.flag, card.buried_until is not None, card.suspension is not None) for card in details] == [
        (7, True, False), (0, False, True), (0, False, False)]


def test_any_other_line_is_asked_again(desk: Desk) -> None:
    desk.add_basic()
    said = lines_of(desk, "7", "xyz\x1b[2J", "", "7", "good", "e 4", "u 3", "3")
    assert [line for line in said if line.startswith("Not understood")] == [
        "Not understood: 7. Press Enter for the answer, or type ?.",
        "Not understood: xyz␛[2J. Press Enter for the answer, or type ?.",
        "Not understood: 7. Type 1 to 4, or ?.", "Not understood: good. Type 1 to 4, or ?.",
        "Not understood: e 4. Type 1 to 4, or ?.", "Not understood: u 3. Type 1 to 4, or ?."]


def test_end_of_input_is_quit(desk: Desk) -> None:
    desk.add_basic()
    assert lines_of(desk, "")[-1] == "Stopped. 0 answers saved, 0 missed. Next: 1 left today."
    assert lines_of(desk)[-1] == "Stopped. 0 answers saved, 0 missed. Next: 1 left today."


def test_a_learning_step_that_is_still_to_come_is_named(desk: Desk) -> None:
    desk.add_basic()
    desk.run("options", "learning_steps=1h")
    assert lines_of(desk, "", "1")[-2] == "Finished. 1 answer saved, 1 missed. Next: a card at 10:00."
    assert lines_of(desk) == ["Nothing is due. Next: a card at 10:00."]
    desk.pass_minutes(60)
    assert lines_of(desk, "", "3")[-1] == "Finished. 1 answer saved, 0 missed. Next: 1 tomorrow from 04:00."


def test_nothing_due_is_no_error(desk: Desk) -> None:
    desk.add_basic()
    lines_of(desk, "", "4")
    assert lines_of(desk) == ["Nothing is due. Next: nothing tomorrow."]


def test_no_cards_and_no_match_are_told_apart(desk: Desk) -> None:
    assert lines_of(desk) == ["There are no cards yet. flashcore import bundled brings the first."]
    desk.add_basic()
    assert desk.run("review", "tag:nothing").out == "No card matches.\n"


def test_the_system_is_not_named_before_the_answer_unless_the_learner_wants_it(desk: Desk) -> None:
    desk.add_basic()
    before = lines_of(desk, ":i", "i", "q")
    assert not any("renal" in line.lower() for line in before)
    desk.run("options", "show_system=before")
    assert lines_of(desk, "q")[2] == "System renal-urinary."


def test_card_info_says_more_after_the_answer(desk: Desk) -> None:
    card_id = desk.add_basic()
    said = lines_of(desk, "i", "", "i")
    assert said.count(f"Card id {card_id}.") == 2
    assert said[-4:-1] == ["New: never answered.", "Deck Step 1::Renal.", "Tags system::renal-urinary."]


def test_cram_keeps_the_answers_and_moves_nothing(desk: Desk) -> None:
    card_id = desk.add_basic()
    answered = desk.run("review", "--cram", stdin="\n1\n\n\n")
    said = answered.out.splitlines()
    assert said[0].startswith("1 card, about 1 minute, none of it moves the schedule. Enter: answer.")
    assert [line for line in said if line.startswith(("1 again", "Saved"))] == [
        "1 again, 2 hard, 3 good (Enter), 4 easy:", "Saved: again. 1 left.",
        "1 again, 2 hard, 3 good (Enter), 4 easy:", "Saved: good. 0 left."]
    with desk.collection() as collection:
        assert collection.card_details(card_id).schedule is None


def test_limit_and_the_short_forms_choose_the_cards(desk: Desk) -> None:
    desk.add_basic()
    desk.add_basic("What is preload?", "Filling.", "Step 1::Heart", ("system::cardiovascular",))
    for words in (["--system", "cardiology"], ["--deck", "Step 1::Heart"], ["preload"], ["system:heart"]):
        said = desk.run("review", *words).out.splitlines()
        assert said[1:3] == ["Card 1 of 1. Recall.", "Question: What is preload?"], words
    assert desk.run("review", "--limit", "1").out.splitlines()[1] == "Card 1 of 1. Recall."


def test_the_time_of_an_answer_runs_from_the_question_to_the_rating(desk: Desk) -> None:
    card_id = desk.add_basic()
    ticks = iter([100.0, 104.25])
    page = io.StringIO()
    with desk.collection() as collection:
        session = collection.review("")
        PlainReview(collection, session, lines=io.StringIO("\n4\n"), page=page, seconds=lambda: next(ticks),
                    edit=lambda card_id: "", open_file=lambda path: None).run()
        (row,) = collection.card_details(card_id).reviews
    assert row.duration_ms == 4250


def test_ctrl_c_stops_and_leaves_with_130(desk: Desk) -> None:
    class Interrupted(io.StringIO):
        def readline(self, size: int | None = -1, /) -> str:
            line = super().readline()
            if not line:
                raise KeyboardInterrupt
            return line

    desk.add_basic()
    page = io.StringIO()
    with desk.collection() as collection:
        code = PlainReview(collection, collection.review(""), lines=Interrupted("\n3\n"), page=page,
                           seconds=lambda: 0.0, edit=lambda card_id: "", open_file=lambda path: None).run()
    assert code == 130
    assert page.getvalue().splitlines()[-1] == "Stopped. 1 answer saved, 0 missed. Next: 1 left today."


def test_editing_draws_the_question_anew_and_a_failure_is_a_sentence(desk: Desk) -> None:
    card_id = desk.add_basic()
    page = io.StringIO()
    with desk.collection() as collection:
        def edit(wanted: int) -> str:
            if not edited:
                edited.append(wanted)
                raise FileError(Path("renal.md"), "was not taken in")
            collection.edit_note_text(wanted, collection.note_text(wanted).replace("ADH", "Vasopressin"))
            return "Edited; what you learned stays."

        edited: list[int] = []
        PlainReview(collection, collection.review(""), lines=io.StringIO("e\ne\nq\n"), page=page,
                    seconds=lambda: 0.0, edit=edit, open_file=lambda path: None).run()
    assert edited == [card_id]
    assert page.getvalue().splitlines()[1:7] == [
        "Card 1 of 1. Recall.", "Question: Where does ADH act?",
        "renal.md: was not taken in; nothing was changed",
        "Edited; what you learned stays.",
        "Card 1 of 1. Recall.", "Question: Where does Vasopressin act?"]


def test_without_a_terminal_the_editor_is_refused_and_the_session_goes_on(desk: Desk) -> None:
    desk.add_basic()
    said = lines_of(desk, "e", "")
    assert said[3:5] == ["editing needs a terminal on stdin and stdout; nothing was changed",
                         "Answer: In the collecting duct."]


def test_a_picture_is_named_and_opened_only_from_the_media_folder(desk: Desk) -> None:
    desk.add(BASIC, ("What is this? ![apical view](heart.png)\n\n![](../../etc/passwd)", "The left ventricle."))
    opened: list[Path] = []
    page = io.StringIO()
    with desk.collection() as collection:
        collection.media_path.mkdir()
        (collection.media_path / "heart.png").write_bytes(b"png")
        PlainReview(collection, collection.review(""), lines=io.StringIO("o\no 2\no 3\n"), page=page,
                    seconds=lambda: 0.0, edit=lambda card_id: "", open_file=opened.append).run()
        picture = (collection.media_path / "heart.png").resolve()
    assert opened == [picture]
    said = page.getvalue().splitlines()
    assert said[2:5] == ["Question: What is this? (heart.png)", "Picture heart.png: apical view. o opens it.",
                         "Picture passwd. o opens it."]
    assert said[5] == "Opened heart.png."
    assert said[6].startswith("passwd is not in the media folder of the collection,")
    assert said[7] == "There is no picture or sound 3 here."


def test_a_card_changed_meanwhile_is_asked_again(desk: Desk) -> None:
    card_id = desk.add_basic()
    page = io.StringIO()
    with desk.collection() as collection:
        def tick() -> float:
            if not done:  # between the question and the answer the card is answered elsewhere
                done.append(True)
                collection.review(parse_query("")).answer(2, 10)  # type: ignore[arg-type]
            return 0.0

        done: list[bool] = []
        PlainReview(collection, collection.review(""), lines=io.StringIO("\n3\n"), page=page, seconds=tick,
                    edit=lambda card_id: "", open_file=lambda path: None).run()
        assert len(collection.card_details(card_id).reviews) == 1
    said = page.getvalue().splitlines()
    place = next(number for number, line in enumerate(said) if line.startswith(f"card {card_id} was changed"))
    assert said[place + 1].startswith("Card 1 of ")


@pytest.mark.parametrize("minutes", [1, 11])
def test_a_step_whose_minutes_are_up_is_asked_in_the_next_session(desk: Desk, minutes: int) -> None:
    desk.add_basic()
    lines_of(desk, "", "3", "q")
    desk.now += timedelta(minutes=minutes)
    assert lines_of(desk)[0].startswith("0 due, 1 learning, 0 new")


def test_input_that_is_no_text_is_asked_again(desk: Desk) -> None:
    desk.add_basic()
    answered = desk.run("review", stdin=b"\xff\xfe\n\n4\n")
    assert answered.code == 0
    assert "Not understood: \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}. " in answered.out
    assert "Saved: easy" in answered.out


def test_a_real_terminal_echoes_and_ctrl_c_says_what_was_saved(desk: Desk) -> None:
    desk.add_basic()
    desk.add_basic("What is preload?")
    child = pexpect.spawn(sys.executable, ["-m", "flashcore", "review"], timeout=20, encoding="utf-8",
                          env=environment(TERM="dumb"))
    for waits_for, line in (("Question", ""), ("4 easy", "4"), ("Card 2 of 2", "")):
        child.expect(waits_for)
        child.sendline(line)
    child.expect("4 easy in")
    child.sendintr()
    child.expect("Stopped. 1 answer saved, 0 missed.")
    child.read()
    child.close()
    assert child.exitstatus == 130
