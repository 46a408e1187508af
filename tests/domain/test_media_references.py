"""References to pictures and sounds under other names: whole ones, however they are written, and nothing else."""

from __future__ import annotations

import pytest

from flashcore.domain.media_references import with_media_names

NAMES = {"a.png": "a-1.png", "aa.png": "aa-2.png", "b c.png": "b c-3.png", "d&e.png": "d&e-4.png", "s.mp3": "s-5.mp3",
         "f.png": "it's.png"}


@pytest.mark.parametrize(("text", "expected"), [
    ('<img src="a.png"><img src="aa.png">', '<img src="a-1.png"><img src="aa-2.png">'),
    ("<img alt=a.png src='aa.png'>", "<img alt=a.png src='aa-2.png'>"),
    ("<img src=a.png>", "<img src=a-1.png>"),
    ('<img src="baa.png"><img src="a.png.png"><img src="x/a.png">',) * 2,
    ('<IMG SRC = "b c.png">', '<IMG SRC = "b c-3.png">'),
    ('<img src="b%20c.png">', '<img src="b%20c-3.png">'),
    ('<img src="d&amp;e.png"><img src="d&e.png">', '<img src="d&amp;e-4.png"><img src="d&e-4.png">'),
    ("<img src='f.png'><img src=f.png>", "<img src='it%27s.png'><img src=it%27s.png>"),
    ("[sound:s.mp3][sound:a.png] s.mp3", "[sound:s-5.mp3][sound:a-1.png] s.mp3"),
    ('<object data="a.png"></object><div style="background: url(aa.png)">',
     '<object data="a-1.png"></object><div style="background: url(aa-2.png)">'),
    ('![x](a.png) ![](aa.png "title") ![](<b c.png>)', '![x](a-1.png) ![](aa-2.png "title") ![](<b c-3.png>)'),
    ("what a.png is",) * 2,
    ("a.png\x1f<b>a.png</b>\x1faa.png", "a-1.png\x1f<b>a.png</b>\x1faa-2.png"),
    ("",) * 2,
])
def test_whole_references_get_the_new_names(text: str, expected: str) -> None:
    assert with_media_names(text, NAMES) == expected


def test_names_that_change_places_are_not_mixed_up() -> None:
    swapped = {"a.png": "b.png", "b.png": "a.png"}
    assert with_media_names('<img src="a.png"><img src="b.png">', swapped) == '<img src="b.png"><img src="a.png">'


@pytest.mark.parametrize("text", ["[sound:" * 30_000, "src=\"" * 40_000, "](" * 60_000, "src='x " * 30_000,
                                  "](a(a)" * 30_000])
def test_references_without_end_are_left_alone(text: str) -> None:
    assert with_media_names(text, NAMES) == text
