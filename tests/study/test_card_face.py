import subprocess
import sys

import pytest

from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED, VIGNETTE, NoteKind, NoteType, Template
from flashcore.domain.vignette import Option, options_to_field
from flashcore.study.card_face import CardFace, OptionFace, card_face, hints, plain_answer, plain_question
from flashcore.study.rich_text import Paragraph, Span, Style


def a_note(note_type: NoteType, *fields: str, markup: Markup = Markup.MARKDOWN, **more: tuple[int, ...]) -> Note:
    fields += ("",) * (len(note_type.fields) - len(fields))
    return Note("guid", note_type, fields, markup=markup, **more)


def asked(note: Note, ordinal: int = 0) -> tuple[str, str]:
    face = card_face(note, ordinal)
    return plain_question(face), plain_answer(face)


def test_a_recall_card_has_both_sides_the_reason_and_the_source() -> None:
    note = a_note(BASIC, "Why?", "Because **b**.", "the idea", "own; 2026")
    assert card_face(note, 0) == CardFace(
        (Paragraph("Why?"),), (Paragraph("Because b.", (Span(8, 9, Style.BOLD),)),), (Paragraph("the idea"),),
        (Paragraph("own; 2026"),), (), "recall")


def test_a_term_is_asked_in_both_directions() -> None:
    note = a_note(REVERSED, "Cor pulmonale", "Right heart failure")
    assert (asked(note, 0), asked(note, 1)) == (
        ("Cor pulmonale", "Right heart failure"), ("Right heart failure", "Cor pulmonale"))
    assert card_face(note, 1).kind_name == "term"


def test_a_cloze_card_hides_its_own_deletion_only_and_keeps_the_formatting_around_it() -> None:
    note = a_note(CLOZE, "An **ejection [fraction]** of [40 %::percent] is _low_.")
    face = card_face(note, 1)
    assert face.question == (Paragraph("An ejection fraction of [percent] is low.", (
        Span(3, 20, Style.BOLD), Span(24, 33, Style.CLOZE), Span(37, 40, Style.ITALIC))),)
    assert face.answer == (Paragraph("An ejection fraction of 40 % is low.", (
        Span(3, 20, Style.BOLD), Span(24, 28, Style.CLOZE), Span(32, 35, Style.ITALIC))),)
    assert (face.kind_name, plain_answer(face)) == ("cloze", "40 %")


@pytest.mark.parametrize(("text", "ordinal", "question", "answer"), [
    ("[a](70) [b]", 0, "a (70) [...]", "b"),
    ("**[a]**[_b_]", 1, "a[...]", "b"),
    ("{{c1::one {{c2::two}}}} three", 0, "[...] three", "one two"),
    ("{{c1::one {{c2::two}}}} three", 1, "one [...] three", "two"),
    ("{{c1::a}} b {{c1::c::hint}}", 0, "[...] b [hint]", "a; c"),
    (r"$\frac{ {{c1::a}} }{b}$ {{c2::x}}", 1, "a/b [...]", "x"),
    (r"$\frac{ {{c1::a}} }{b}$ {{c2::x}}", 0, "[...]/b x", "a/b"),
    ("- [a]\n- b", 0, "• [...]\n• b", "a"),
    ("| q | [a] |\n|---|---|\n| c | [b] |", 1, "q | a\n--+------\nc | [...]", "b"),
    ("{{c1::a\n\nb}} c", 0, "[...] c", "a; b"),
    ("[a **b** c]", 0, "[...]", "a b c"),
    ("`[x]` [y]", 0, "[x] [...]", "y"),
])
def test_deletions_are_blanks_on_the_question_and_marked_on_the_answer(
    text: str, ordinal: int, question: str, answer: str
) -> None:
    assert asked(a_note(CLOZE, text), ordinal) == (question, answer)


def test_a_card_keeps_its_deletion_when_another_was_removed_before_it() -> None:
    assert asked(a_note(CLOZE, "[b] [new]", cloze_ordinals=(1, 2)), 1) == ("[...] new", "b")


def test_the_hints_of_the_blanks_can_be_read_by_themselves() -> None:
    face = card_face(a_note(CLOZE, "{{c1::loop::channel}} and {{c1::x}} {{c2::y::no}}"), 0)
    assert hints(face) == ("channel", "")


def test_a_vignette_shows_its_options_in_the_order_of_the_showing() -> None:
    options = (Option("*Less* afterload", False, "It would lower it."),
               Option("Impaired relaxation", True, "A stiff one."), Option("None", False))
    face = card_face(a_note(VIGNETTE, "A man.\n\nWhich?", options_to_field(options), "idea"), 0, (2, 1, 0))
    assert face == CardFace(
        (Paragraph("A man."), Paragraph("Which?")), (Paragraph("Impaired relaxation"),), (Paragraph("idea"),), (), (
            OptionFace(2, "A", (Paragraph("None"),), False, ()),
            OptionFace(1, "B", (Paragraph("Impaired relaxation"),), True, (Paragraph("A stiff one."),)),
            OptionFace(0, "C", (Paragraph("Less afterload", (Span(0, 4, Style.ITALIC),)),), False,
                       (Paragraph("It would lower it."),))), "vignette")


def test_without_an_order_options_stand_as_in_the_note() -> None:
    options = options_to_field((Option("x", True), Option("y", False), Option("z", False)))
    face = card_face(a_note(VIGNETTE, "Stem", options), 0)
    assert [(option.letter, option.place) for option in face.options] == [("A", 0), ("B", 1), ("C", 2)]


FOREIGN = NoteType("Anki's", NoteKind.STANDARD, ("F", "B", "Extra"), (
    Template("One", "<b>{{F}}</b>{{#Extra}} ({{Extra}}){{/Extra}}{{type:B}}",
             "{{FrontSide}}<hr id=answer>{{B}}{{^Extra}} no extra{{/Extra}}"),
    Template("Two", "{{#B}}{{#F}}{{B}}?{{/F}}{{/B}}", "{{B}}<hr id='answer'>{{text:F}}")))


def test_a_note_of_a_foreign_type_shows_the_fields_of_its_template() -> None:
    note = a_note(FOREIGN, "q<br>r", "a &amp; b", markup=Markup.HTML)
    assert (asked(note, 0), asked(note, 1)) == (("q\nr", "a & b no extra"), ("a & b?", "qr"))
    assert asked(a_note(FOREIGN, "q", "a", "*e*", markup=Markup.HTML)) == ("q (*e*)", "a")


def test_a_foreign_cloze_is_read_as_html() -> None:
    note_type = NoteType("Cloze", NoteKind.CLOZE, ("Text", "Extra"),
                         (Template("Cloze", "{{cloze:Text}}", "{{cloze:Text}}<br>{{Extra}}"),))
    note = a_note(note_type, "<b>{{c1::x}}</b> [y] {{c2::z::h}}", "more", markup=Markup.HTML)
    assert (asked(note, 0), asked(note, 1)) == (("[...] [y] z", "x"), ("x [y] [h]", "z"))


def test_a_note_type_without_templates_shows_its_first_field_then_the_others() -> None:
    note_type = NoteType("bare", NoteKind.STANDARD, ("A", "B", "C"), ())
    assert asked(a_note(note_type, "a", "b", "c", markup=Markup.HTML)) == ("a", "b\nc")


def test_plain_cards_need_none_of_the_large_libraries() -> None:
    program = (
        "import sys\n"
        "from flashcore.domain.note import Note\n"
        "from flashcore.domain.note_type import BASIC\n"
        "from flashcore.study.card_face import card_face\n"
        "card_face(Note('g', BASIC, ('Why does it rise?', 'Because venous return rises (orthopnea).', '', '')), 0)\n"
        "print({'textual', 'rich', 'selectolax', 'markdown_it', 'pylatexenc', 'genanki'} & set(sys.modules))\n")
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
