"""What fields refer to, and where the files stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC
from flashcore.formats.media_beside import media_of, references_of, renamed
from flashcore.formats.media_names import MediaNames


@pytest.mark.parametrize(("text", "markup", "found"), [
    ('<img class=x src="a b.png" alt="y">', Markup.HTML, ["a b.png"]),
    ("<IMG SRC='a&amp;b.png'/>", Markup.HTML, ["a&b.png"]),
    ("<img src=a.png width=3>", Markup.HTML, ["a.png"]),
    ("[sound:a.mp3][sound:b.mp3]", Markup.HTML, ["a.mp3", "b.mp3"]),
    ('<img src="https://x.y/z.png"><img src="data:image/png;base64,x"><img src="//x/y">', Markup.HTML, []),
    ("img src=a.png <b src=c.png> ![](d.png)", Markup.HTML, []), ('<object data="x.svg">', Markup.HTML, ["x.svg"]),
    ("![a](x.png) ![](<b c.png>) `![](no.png)` <img src=no>", Markup.MARKDOWN, ["x.png", "b c.png"]),
    ("![](https://x.y/z.png)", Markup.MARKDOWN, []),
])
def test_the_files_that_a_field_refers_to(text: str, markup: Markup, found: list[str]) -> None:
    assert list(references_of(text, markup)) == found


def test_references_are_renamed_and_all_else_stays() -> None:
    names = MediaNames({"a.png": "a&1.png", "b.png": "b 1.png", "c.mp3": "c.mp3"}, {}, ())
    html = '<img src="a.png" alt="a.png"> <img src=b.png> [sound:c.mp3] a.png <img src="https://a.png">'
    assert renamed(html, Markup.HTML, names) == (
        '<img src="a&amp;1.png" alt="a.png"> <img src=b%201.png> [sound:c.mp3] a.png <img src="https://a.png">')
    assert renamed("![a.png](a.png) a.png ![](b.png)", Markup.MARKDOWN, names) == (
        "![a.png](a&1.png) a.png ![](<b 1.png>)")


def test_a_link_out_of_the_folder_is_no_file_of_it(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"x")
    folder = tmp_path / "in" / "deck.media"
    folder.mkdir(parents=True)
    (folder / "a.png").symlink_to(tmp_path / "secret.png")
    note = Note("", BASIC, ('<img src="a.png"><img src="../../secret.png">', "", "", ""), (), Markup.HTML)
    found, problems = media_of([note], tmp_path / "in" / "deck.csv")
    assert found == {}
    assert [problem.what for problem in problems] == ["2 pictures or sounds are missing: a.png, ../../secret.png"]
    assert media_of([note], None)[1][0].hint == "the text has no folder"
