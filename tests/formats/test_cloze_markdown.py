from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.cloze import Deletion, parse_cloze, plain_text
from flashcore.formats.cloze_markdown import Hidden, Pieces, escaped_brackets, to_cloze_markdown


@pytest.mark.parametrize("pieces, written", [
    (["The ", Hidden("mitral", (0,)), " valve"], "The [mitral] valve"), ([Hidden("a", (0,), "hint")], "[a::hint]"),
    (["see [note] ", Hidden("a[0]", (0,))], "see \\[note\\] [a\\[0\\]]"),
    ([Hidden("x", (0,)), " marks"], "{{c1::x}} marks"),
    ([Hidden("b", (1,)), Hidden("a", (0,))], "{{c2::b}}{{c1::a}}"), ([Hidden("a", (0, 2), "h")], "{{c1,3::a::h}}"),
    (["[l](u) ![](p) ", Hidden("a", (0,))], "[l](u) ![](p) [a]"), ([Hidden("a::b", (0,))], "{{c1::a:&#58;b}}"),
    ([Hidden("`a::b`", (0,))], "[`a::b`]"), ([Hidden("{a}}", (1,))], "{{c2::{a} } }}"), (["plain"], "plain"),
    (["`", Hidden("a", (0,)), "`"], ""), ([Hidden(" ", (0,))], "")])
def test_a_cloze_text_is_written_as_people_would_where_that_is_read_back(pieces: Pieces, written: str) -> None:
    assert to_cloze_markdown(pieces) == written


@given(st.lists(st.one_of(st.text(st.sampled_from("ab[]{}:\\`$ (")), st.builds(
    Hidden, st.text(st.sampled_from("ab[]{}:\\`$ ("), min_size=1), st.integers(0, 3).map(lambda number: (number,)),
    st.text(st.sampled_from("ab:[]"), max_size=3))), max_size=5))
def test_a_cloze_text_hides_exactly_what_it_should_or_is_empty(pieces: list[str | Hidden]) -> None:
    def bare(text: str) -> str:
        return "".join(text.replace("\\[", "[").replace("\\]", "]").replace("&#58;", ":").split())

    made = to_cloze_markdown(pieces)
    hidden = [(piece.ordinals, bare(piece.text)) for piece in pieces if isinstance(piece, Hidden)]
    if made:
        assert [(piece.ordinals, bare(plain_text(piece.pieces))) for piece in parse_cloze(made)
                if isinstance(piece, Deletion)] == hidden


@given(st.text(st.sampled_from("ab[]!( ")))
def test_escaped_brackets_make_no_deletion(text: str) -> None:
    made = escaped_brackets(text)
    assert made.replace("\\", "") == text
    if "(" not in text and "!" not in text:
        assert not any(isinstance(piece, Deletion) for piece in parse_cloze(made))
    assert escaped_brackets(made) == made
