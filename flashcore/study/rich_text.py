"""Card text: HTML as paragraphs of plain text with styled spans, which any front end can draw.

The one rendering path is Markdown -> HTML -> here. Nothing of it can command a terminal: every text has been through
``visible``. Scripts and styles vanish, pictures and sounds are named, links show where they lead, formulas are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from flashcore.domain.visible import visible


class Style(StrEnum):
    """How a span differs from the text around it."""

    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strike"
    CODE = "code"
    CLOZE = "cloze"
    """The blank that is asked, or what it held."""
    IMAGE = "image"
    SOUND = "sound"
    LINK = "link"
    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    PURPLE = "purple"
    """The author's colour, as one of five; black, white and greys are none."""


@dataclass(frozen=True, slots=True)
class Span:
    """The characters from ``start`` up to ``end`` have a style. Spans may overlap; they are sorted.

    ``target`` is the file of an image or sound, or the address of a link, as the card gives it.
    """

    start: int
    end: int
    style: Style
    target: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A block of text. ``\\n`` in it is a line break.

    ``marker`` (``• ``, ``2. ``, ``> ``) stands at column ``indent``, the text hangs after it. A preformatted one keeps
    its lines and columns: code, a table.
    """

    text: str
    spans: tuple[Span, ...] = ()
    marker: str = ""
    indent: int = 0
    preformatted: bool = False


CardText = tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class NamedText:
    """A text under a name: a field that a template keeps behind a button, a hint."""

    name: str
    text: CardText


@dataclass(frozen=True, slots=True)
class Page:
    """What HTML shows, and what it keeps folded away."""

    text: CardText
    folded: tuple[NamedText, ...] = ()

LONGEST_SIDE = 65_536
"""Characters of text that are shown of one side of a card."""
CUT = Paragraph("[cut: this side is longer than 64 KiB]")

BLANKS = re.compile(r"[ \t\n\r\f]+")
"""What HTML takes for one space."""


_MEANS_SOMETHING = re.compile(r"[<&\\\[]")


def html_to_text(html: str) -> CardText:
    """What a side of a card says. Linear time; a side beyond 64 KiB of text is cut and says so."""
    if not _MEANS_SOMETHING.search(html):
        text = visible(BLANKS.sub(" ", html[:LONGEST_SIDE]).strip().replace("\xa0", " "))
        return ((Paragraph(text),) if text else ()) + ((CUT,) if len(html) > LONGEST_SIDE else ())
    from flashcore.study.html_reader import read_html

    return read_html(html)


def html_to_page(html: str, *, css: str = "", is_answer: bool = True, only_fields: bool = False) -> Page:
    """What a side of a card says by its template.

    ``css`` tells what is hidden. Hints and ``<details>`` are folded, each under its name; of an answer, fields in
    hidden parts too. With ``only_fields`` what stands in no field is left out, and the answer's own fields are folded.
    """
    if not _MEANS_SOMETHING.search(html):
        return Page(html_to_text(html))
    from flashcore.study.html_reader import read_page

    return read_page(html, css=css, is_answer=is_answer, only_fields=only_fields)


def plain(text: CardText) -> str:
    """Card text without styles: paragraphs as lines, each behind its marker."""
    lines: list[str] = []
    for paragraph in text:
        hang = " " * (paragraph.indent + len(paragraph.marker))
        lines.append((" " * paragraph.indent + paragraph.marker + paragraph.text.replace("\n", f"\n{hang}")).rstrip())
    return "\n".join(lines)


def file_name(source: str) -> str:
    """The name of a picture or sound that a card refers to, without its folder."""
    if source.startswith("data:"):
        return "embedded"
    return visible(unquote(source.rpartition("/")[2]), keep="")
