"""Templates of Anki, with the real Anki as the judge of what both sides of a card say."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from anki.collection import Collection as Anki

from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import NoteKind, NoteType, Template
from flashcore.study.anki_template import Place, card_sides, with_readings
from flashcore.study.card_face import card_face, plain_answer, plain_question
from flashcore.study.rich_text import CardText, plain
from flashcore.study.typed import TypeIn, strip_html

FIELDS = ("F", "B", "E")


def a_note(front: str, back: str, *values: str, is_cloze: bool = False, tags: tuple[str, ...] = (),
           fields: tuple[str, ...] = FIELDS, css: str = "", markup: Markup = Markup.HTML) -> Note:
    kind = NoteKind.CLOZE if is_cloze else NoteKind.STANDARD
    note_type = NoteType("T", kind, fields, (Template("Card 1", front, back),), css)
    return Note("g", note_type, values + ("",) * (len(fields) - len(values)), tags, markup)


def said(front: str, back: str, *values: str, ordinal: int = 0, is_cloze: bool = False) -> tuple[str, str]:
    """The question and the whole answer of a card, in plain text."""
    face = card_face(a_note(front, back, *values, is_cloze=is_cloze), ordinal)
    return plain(face.question), plain(face.answer)


# ---------------------------------------------------------------------------------------------- beside Anki


@dataclass
class Judge:
    """The real Anki, drawing cards that are not saved."""

    anki: Anki
    note_types: dict[bool, dict[str, object]] = field(default_factory=dict)

    def sides(self, note: Note, ordinal: int) -> tuple[str, str]:
        """Both sides as HTML, before a person typed anything."""
        is_cloze = note.note_type.kind is NoteKind.CLOZE
        made = self.note_types.setdefault(is_cloze, self._note_type(is_cloze))
        theirs = self.anki.new_note(made)  # type: ignore[arg-type]
        theirs.fields, theirs.tags = list(note.fields), list(note.tags)
        template = {**made["tmpls"][0], "name": "Card 1",  # type: ignore[index]
                    "qfmt": note.note_type.templates[0].front, "afmt": note.note_type.templates[0].back}
        card = theirs.ephemeral_card(ordinal if is_cloze else 0, custom_note_type={**made, "tmpls": [template]},
                                     custom_template=template)
        output = card.render_output()
        front = self._typed(output.question_text, note, ordinal, is_answer=False)
        back = output.answer_text.replace(output.question_text, front) if output.question_text else output.answer_text
        return front, self._typed(back, note, ordinal, is_answer=True)

    def _note_type(self, is_cloze: bool) -> dict[str, object]:
        if is_cloze in self.note_types:
            return self.note_types[is_cloze]
        made = self.anki.models.new("T" if not is_cloze else "T cloze")
        made["type"] = int(is_cloze)
        for name in FIELDS:
            self.anki.models.add_field(made, self.anki.models.new_field(name))
        template = self.anki.models.new_template("Card 1")
        template["qfmt"] = template["afmt"] = "{{cloze:F}}" if is_cloze else "{{F}}"
        self.anki.models.add_template(made, template)
        self.anki.models.add(made)
        found = self.anki.models.by_name(made["name"])
        assert found is not None
        return found

    def _typed(self, html: str, note: Note, ordinal: int, *, is_answer: bool) -> str:
        """``[[type:..]]`` as Anki's reviewer shows it: nothing on the front, what is right on the back."""
        def shown(found: re.Match[str]) -> str:
            *filters, name = found[1].split(":")
            value = note.field(name)
            if "cloze" in filters:
                value = self.anki.extract_cloze_for_typing(value, ordinal + 1)
            return re.sub("<.*?>", "", self.anki.compare_answer(value, "", True)) if is_answer else ""

        return re.sub(r"\[\[type:(.+?)\]\]", shown, html)


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    anki = Anki(str(tmp_path_factory.mktemp("anki") / "collection.anki2"))
    yield Judge(anki)
    anki.close()


def words(html: str) -> str:
    """What is left of HTML without markup, white space and sounds, and without the label of a hint."""
    html = re.sub(r"<a class=hint.*?</a>", "", html, flags=re.DOTALL)
    html = re.sub(r"\[(?:anki:play|sound):[^\]]*\]|<i>\[speech: .*?\]</i>|[\u2068\u2069]", "", html, flags=re.DOTALL)
    return "".join(strip_html(html).split())


def a_template(draw: random.Random, *, is_cloze: bool, is_answer: bool, depth: int = 0) -> str:
    parts = []
    for _ in range(draw.randint(1, 4)):
        chance = draw.random()
        name = draw.choice([*FIELDS, "Tags", "Deck", "Card", "CardFlag", "Subdeck", "FrontSide"][:8 + is_answer])
        if chance < 0.4:
            filters = draw.choices(["text", "hint", "cloze", "furigana", "kana", "kanji", "edit", "cloze-only"],
                                   k=draw.choice([0, 0, 1, 1, 2]))
            if is_cloze and draw.random() < 0.6:
                filters, name = ["cloze"], draw.choice(["F", "B"])
            elif draw.random() < 0.2:
                typed = [["type"], ["type", "cloze"]] if is_answer else [["type", "nc"]]
                filters, name = draw.choice([*typed, ["tts en_US"]]), "B"
            if "hint" in filters:
                filters = ["hint"]
            parts.append("{{" + ":".join([*filters, name]) + "}}")
        elif chance < 0.65 and depth < 3:
            name = draw.choice([*FIELDS, "Tags", "c1", "c2", "Card"])
            inner = a_template(draw, is_cloze=is_cloze, is_answer=is_answer, depth=depth + 1)
            parts.append(f"{{{{{draw.choice('#^')}{name}}}}}{inner}{{{{/{name}}}}}")
        else:
            parts.append(draw.choice([" w ", "<b>x</b>", "<hr id=answer>", "\n", "<div>y</div>", "{", "}", "}}",
                                      "<!-- {{Nope}} -->"]))
    if not depth and draw.random() < 0.05:
        parts.append(draw.choice(["{{Nope}}", "{{#F}}", "{{/F}}", "<!--", "{{"]))
    return "".join(parts)


def a_field(draw: random.Random, *, is_cloze: bool, depth: int = 0) -> str:
    parts = []
    for _ in range(draw.randint(0, 4)):
        if is_cloze and draw.random() < 0.6:
            inner = draw.choice(["a", "b<br>", "<b>z</b>", "漢[か]", r"\(x\)", ""])
            inner += a_field(draw, is_cloze=True, depth=depth + 1) if depth < 3 and draw.random() < 0.3 else ""
            hint = draw.choice(["", "", "::h", "::<i>k</i>", "::h::j"]) if "::" not in inner else ""
            parts.append(f"{{{{c{draw.choice(['1', '2', '1,2', '3', '01'])}::{inner}{hint}}}}}")
        else:
            parts.append(draw.choice(["foo", " ", "<br>", "&amp;", "&lt;u&gt;", "<div>q</div>", "漢[かん]字[じ] ",
                                      "[sound:a.mp3]", "<i>t</i>", "שלום", " 日本[に]", "&nbsp;"]))
    return "".join(parts)


@pytest.mark.parametrize("start", range(0, 1200, 100))
def test_both_sides_say_what_anki_says(judge: Judge, start: int) -> None:
    for seed in range(start, start + 100):
        draw = random.Random(seed)
        is_cloze = draw.random() < 0.5
        ordinal = draw.choice([0, 0, 1]) if is_cloze else 0
        front = a_template(draw, is_cloze=is_cloze, is_answer=False)
        back = a_template(draw, is_cloze=is_cloze, is_answer=True)
        note = a_note(front, back, *(a_field(draw, is_cloze=is_cloze) for _ in FIELDS), is_cloze=is_cloze,
                      tags=draw.choice([(), ("t", "u")]))
        asked, answered = judge.sides(note, ordinal)
        ours = card_sides(note, ordinal, Place("(Deck)"))
        told = " ".join(ours.problems)
        if "has a problem:" in asked:
            assert "has a problem:" in told, seed
        elif "No cloze" in asked:
            assert "This card asks nothing" in told, seed
        elif "front of this card is blank" in asked and not is_cloze:
            assert "is blank" in told, seed
        elif "front of this card is blank" not in asked:
            assert told == "", seed
            assert (words(ours.front), words(ours.back)) == (words(asked), words(answered)), seed


@pytest.mark.parametrize("text", [
    "x [a]", "x[a] y [b]z", "<b>漢[b]</b>", "<br>漢[b]", "x\n漢[b]", "漢[b\nc]", "[sound:a][b]", "漢[sound:x]",
    "a b[]c[d]", "a&nbsp;漢[b]", "a  漢[b]", "漢[ b ]", "a]b[c]", "漢[b][c]", "漢[b]字[c]", "[[x]]", "a[[b]]",
    "a[b[c]d]"])
def test_readings_are_found_where_anki_finds_them(judge: Judge, text: str) -> None:
    for kind in ("furigana", "kana", "kanji"):
        theirs = judge.sides(a_note("{{F}}", f"{{{{{kind}:F}}}}", text), 0)[1]
        assert re.sub(r"\[sound:[^\]]*\]", "", with_readings(text, kind)) == re.sub(r"\[anki:play:\w:\d\]", "", theirs)


# ---------------------------------------------------------------------------------------------- what is our own


def test_a_hint_is_folded_until_it_is_asked_for_and_shown_under_its_name_with_the_answer() -> None:
    face = card_face(a_note("{{F}}{{hint:E}}", "{{FrontSide}}<hr id=answer>{{B}}", "q", "a", "a <b>clue</b>"), 0)
    assert (plain_question(face), plain_answer(face)) == ("q", "a")
    assert [(clue.name, plain(clue.text)) for clue in face.clues] == [("E", "a clue")]
    assert [(extra.name, plain(extra.text)) for extra in face.extras] == [("E", "a clue")]
    assert card_face(a_note("{{F}}{{hint:E}}", "{{B}}", "q", "a"), 0).clues == ()


def test_details_are_folded_under_their_summary() -> None:
    face = card_face(a_note("{{F}}", "{{B}}", "q<details><summary>A <b>tip</b></summary>t</details>",
                            "a<details open>shown</details>"), 0)
    assert (plain(face.question), [(one.name, plain(one.text)) for one in face.clues]) == ("q", [("A tip", "t")])
    assert (plain(face.answer), [(one.name, plain(one.text)) for one in face.extras]) == ("a", [("", "shown")])


def test_a_field_is_asked_for_in_type_and_shown_on_the_back() -> None:
    note = a_note("{{F}} {{type:nc:B}}", "{{F}}<hr id=answer>{{type:B}}", "q", "<div>Café&nbsp;au lait</div>")
    face = card_face(note, 0)
    assert (plain(face.question), plain(face.answer), face.kind_name) == ("q", "Café au lait", "type-in")
    assert face.type_in == TypeIn("Café au lait", ignores_marks=True, field="B")


def test_an_empty_field_is_not_typed() -> None:
    assert card_face(a_note("{{F}}{{type:B}}", "{{type:B}}", "q"), 0).type_in is None


def test_the_deletions_of_a_card_are_typed_together() -> None:
    side = "{{cloze:F}}{{type:cloze:F}}"
    note = a_note(side, side, "{{c1::a <i>b</i>}} {{c2::x}} {{c1::c}}", is_cloze=True)
    assert card_face(note, 0).type_in == TypeIn("a b, c", field="F")
    assert card_face(note, 1).type_in == TypeIn("x", field="F")


def test_words_for_a_computer_voice_are_shown_where_nothing_else_shows_them() -> None:
    back = "{{FrontSide}}<hr id=answer>{{B}} {{tts en_US:B}} {{tts ja_JP:E}}"
    assert said("{{tts en_US:F}}", back, "q", "a", "e") == ("[speech: q]", "a [speech: e]")
    assert said("[anki:tts lang=en_US]say {{F}}[/anki:tts]", "{{B}}", "q", "a")[0] == "[speech: say q]"


@pytest.mark.parametrize(("front", "back", "question", "answer"), [
    ("{{F}}", "{{FrontSide}}<hr id=answer>{{B}}", "q", "a"),
    ("{{F}}", "{{FrontSide}}<hr>{{B}}", "q", "a"),
    ("{{F}}", "{{F}}<br>{{E}}<hr id='answer'>{{B}}", "q", "q\ne\na"),
    ("{{F}}<hr>", "{{B}}", "q", "a"),
    ("Is it q or a? {{F}}", "{{FrontSide}}\n\n<hr>\n{{B}}", "Is it q or a? q", "a"),
    ("{{F}}", "{{F}}", "q", "q"),
])
def test_an_answer_leaves_out_the_question_that_it_repeats(front: str, back: str, question: str, answer: str) -> None:
    assert said(front, back, "q", "a", "e") == (question, answer)


@pytest.mark.parametrize("back", ["{{cloze:F}}<hr id=answer>{{E}}", "{{FrontSide}}<hr id=answer>{{cloze:F}}<br>{{E}}"])
def test_a_cloze_is_always_filled_in_by_its_answer(back: str) -> None:
    assert "x a y" in said("{{cloze:F}}", back, "x {{c1::a}} y", "", "more", is_cloze=True)[1]


def test_deletions_in_formulas_can_be_read() -> None:
    note = a_note("{{cloze:F}}", "{{cloze:F}}", r"\(E={{c1::mc^2}}\), {{c2::\(\frac{a}{b^{2} }\)}}", is_cloze=True)
    assert [plain(card_face(note, 0).question), plain(card_face(note, 1).answer)] == ["E=[...], a/b²", "E=mc², a/b²"]


def test_e31_to_e33_what_cannot_be_shown_is_a_sentence_on_the_card() -> None:
    assert said("{{#F}}" * 20_000 + "{{F}}", "{{B}}", "q", "a") == (
        "The front template 'Card 1' of this card has a problem: its conditions stand more than 64 deep in one "
        "another.", "")
    assert said("{{F}}" * 1_000_000, "{{B}}", "q", "a")[0] == (
        "The front template 'Card 1' of this card has a problem: it is longer than 256 KiB.")
    assert said("{{F}}", "{{B}}{{#E}}", "q", "a") == (
        "q\nThe back template 'Card 1' of this card has a problem: {{/E}} is missing.", "")
    assert said("{{E}}", "{{B}}", "q", "a") == (
        "The front of this card is blank: none of the fields that its template shows is filled.", "a")
    assert said("{{cloze:F}}", "{{cloze:F}}", "{{c1::a}}", is_cloze=True, ordinal=3)[0] == (
        "This card asks nothing: its note has no deletion c4. Edit the note, or delete the card.")
    assert said("{{cloze:F}}", "{{cloze:F}}", "{{c999999::x}} {{c1::y}}", is_cloze=True) == (
        "{{c999999::x}} [...]", "{{c999999::x}} y")
    deep = "{{c1::" * 5_000 + "x" + "}}" * 5_000
    assert plain(card_face(a_note("{{cloze:F}}", "{{cloze:F}}", deep, is_cloze=True), 0).question) == "[...]"


@pytest.mark.parametrize(("front", "value"), [
    ("{{F}}" * 9_999, "x" * 100_000), ("{{cloze:F}}" * 9_999, "{{c2::abc}}" * 9_000), ("{{furigana:F}}", "[" * 200_000),
    ("{{furigana:F}}", "a[" * 60_000 + "\n" + "]" * 60_000), ("{{text:F}}", "<" * 200_000),
    ("{{text:F}}", "<!--" * 50_000), ("{{F}}", "<div>" * 50_000), ("{{F}}", "<details><summary>" * 10_000),
    ("{{F}}", "<div>" + "".join(f"<font color={n}>" for n in range(1_000)) + "</div>" + "<div>y</div>" * 9_000),
    ("{{F}}", "{{c1::image-occlusion:rect:" * 9_000),
])
def test_a_hostile_card_is_drawn_all_the_same(front: str, value: str) -> None:
    face = card_face(a_note(front, "{{FrontSide}}" * 9_000, value), 0)
    assert len(plain(face.question)) <= 66_000


def test_an_embedded_picture_does_not_cut_the_field_short() -> None:
    picture = f'<img src="data:image/png;base64,{"A" * 900_000}">'
    assert said("{{F}}", "{{B}}", f"{picture} after", "a")[0] == "[picture: embedded] after"


def test_right_to_left_letters_stay_as_they_were_written() -> None:
    text = "<div dir=rtl>שָׁלוֹם abc {{c1::عَرَبِيّ}}</div>"
    assert said("{{cloze:F}}", "{{cloze:F}}", text, is_cloze=True) == ("שָׁלוֹם abc [...]", "שָׁלוֹם abc عَرَبِيّ")


# ---------------------------------------------------------------------------------------------- pages of scripts

BUTTONS = ("Extra", "Lecture Notes", "First Aid", "One by one")
A_SCRIPT = "<script>if (1 < 2) { document.querySelector('#x').innerHTML = '<b>no</b>'; }</script>"


def a_button(name: str) -> str:
    return (f'{{{{#{name}}}}}<span data-name="{name}"><a href="#" onclick="toggle()">[{name}]</a>'
            f'<button onclick="toggle()">{name}</button><div class="folded">{{{{edit:{name}}}}}</div></span>'
            f"{{{{/{name}}}}}")


def a_page_of_scripts(**values: str) -> Note:
    """A note type whose pages are made by scripts, with fields behind buttons and a field that is a switch."""
    front = f"<div id=x></div>{A_SCRIPT}<div>{{{{cloze:Text}}}}</div><kbd>{{{{clickable:Tags}}}}</kbd>" \
            "{{#One by one}}<script>var one = 1</script>{{One by one}}{{/One by one}}"
    back = f"{A_SCRIPT}<div>{{{{cloze:Text}}}}</div>{{{{clickable:Tags}}}}<a href='http://x.org'>Report an error</a>" \
           + "".join(map(a_button, BUTTONS))
    fields = ("Text", *BUTTONS)
    given = tuple(values.get(name.replace(" ", "_"), "") for name in fields)
    return a_note(front, back, *given, fields=fields, is_cloze=True, tags=("#AK::#FirstAid",),
                  css=".card { color: red } .folded, #y { display: none; }")


def named(texts: tuple[object, ...]) -> list[tuple[str, str]]:
    return [(one.name, plain(one.text)) for one in texts]  # type: ignore[attr-defined]


def test_of_a_page_that_a_script_builds_only_the_fields_are_read_under_their_names() -> None:
    note = a_page_of_scripts(Text="The {{c1::mitral <b>valve</b>::structure}} has {{c2::two}} leaflets",
                             Extra="<i>More</i>", Lecture_Notes="<ul><li>a</li></ul>", First_Aid='<img src="fa.png">',
                             One_by_one="y")
    face = card_face(note, 0)
    assert (plain(face.question), face.clues) == ("The [structure] has two leaflets", ())
    assert (plain(face.answer), plain_answer(face)) == ("The mitral valve has two leaflets", "mitral valve")
    assert named(face.extras) == [("Extra", "More"), ("Lecture Notes", "• a"), ("First Aid", "[picture: fa.png]")]


@pytest.mark.parametrize(("back", "answer", "extras"), [
    ("{{B}}<div style='color: red; display : none'>{{E}}</div>", "a", [("E", "e")]),
    ("{{B}}<p hidden>words {{E}}</p>", "a", [("E", "e")]),
    ("{{B}}<div id='y'>{{E}}</div>", "a", [("E", "e")]),
    ("{{B}}<div style='display:none'>words</div>", "a", []),
    ("{{B}} {{E}}<script>x()</script>", "a e", []),
])
def test_a_hidden_field_of_an_answer_stands_under_its_name(
    back: str, answer: str, extras: list[tuple[str, str]]
) -> None:
    face = card_face(a_note("{{F}}", back, "q", "a", "e", css="a, div#y{display:none}"), 0)
    assert (plain(face.answer), named(face.extras)) == (answer, extras)


def test_what_a_question_hides_stays_hidden() -> None:
    face = card_face(a_note("{{F}}<div style='display:none'>{{B}}</div>", "{{B}}", "q", "a"), 0)
    assert (plain(face.question), face.clues) == ("q", ())


def test_colours_are_kept_as_styles() -> None:
    def styles(text: CardText) -> list[tuple[str, str]]:
        return [(one.text[span.start:span.end], str(span.style)) for one in text for span in one.spans]

    html = ("<font color='#ff0000'>r</font>"
            "<span style='color: rgb(0, 0, 255)'>b<span style='color:green'>g</span></span>"
            "<span style='color:black; background-color: yellow'>m</span><span style='color:#333'>n</span>")
    assert styles(card_face(a_note("{{F}}", "", html), 0).question) == [
        ("r", "red"), ("b", "blue"), ("g", "green"), ("m", "bold")]
