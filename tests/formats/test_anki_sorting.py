"""Sort fields and checksums, beside those that the real Anki makes."""

from pathlib import Path

from anki_judge import an_anki

from flashcore.formats.anki_sorting import checksum, stripped

FIELDS = (
    "plain", " kept  as it is ", "<b>bold</b> &amp; more", "a&nbsp;b", "a\N{NO-BREAK SPACE}b",
    "a\N{NO-BREAK SPACE}&lt;b",
    "&lt; & &gt;", "&amp", "&foo;", "&#65;&#x1F600;&#128;", '<img src="a b.png">', "<IMG alt='y' src='B.png'/>",
    "<img src=x.jpg alt=z>", '<video src="v.mp4"></video>', '<object data="o.svg">', "[sound:a.mp3]", "<!-- c -->d",
    "<!-- never closed <b>x</b>", "a < b and c > d", "a < b", "<style>.a{}</style>x<script>y</script>", "<<b>",
    "x<br>y\n",
    "{{c1::a::b}}", "\N{IDEOGRAPHIC SPACE}x", "العربية", "<div><img src=\"c.png\"></div>&copy;", "<script>x",
    "<a href=\"x\">l</a>")


def test_they_are_those_of_anki(tmp_path: Path) -> None:
    with an_anki(tmp_path) as anki:
        model = anki.models.by_name("Basic")
        for field in FIELDS:
            note = anki.new_note(model)
            note.fields = [field, ""]
            anki.add_note(note, 1)
        assert anki.db is not None
        found = {flds.removesuffix("\x1f"): (str(sort), number)
                 for flds, sort, number in anki.db.all("select flds, sfld, csum from notes")}
    assert found == {field: (stripped(field), checksum(field)) for field in FIELDS}


def test_a_field_full_of_what_is_never_closed_costs_no_more_than_its_length() -> None:
    for piece in ("<", "<!--", "<style>", "<script", "<img src=", "&", "&#", "<img "):
        field = piece * 200_000
        assert stripped(field).count(piece[0]) == (0 if piece == "<style>" else 200_000)
