"""Reads the tree of an HTML text into card text. Iterative, so that depth costs nothing but a list."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from flashcore.domain.visible import visible
from flashcore.study.anki_template import FIELD_TAG, HINT_TAG, SWITCHED_ON, TEXT_TAG
from flashcore.study.html_look import Attributes, hidden_by, is_hidden, is_knotted, styles_of
from flashcore.study.rich_text import CUT, LONGEST_SIDE, CardText, NamedText, Page, Paragraph, Span, Style, file_name
from flashcore.study.terminal_math import lowered, raised
from flashcore.study.text_runs import BREAK, Run, lines, one_line, preformatted
from flashcore.study.text_table import Cell, table_to_text
from flashcore.study.typed import strip_html

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MOST_NODES = 100_000
DEEPEST_INDENT = 24
"""Columns; what is nested deeper stands there too."""
_LONGEST_ADDRESS = 200

_STYLES = {
    "b": Style.BOLD, "strong": Style.BOLD, "mark": Style.BOLD, "th": Style.BOLD, "dt": Style.BOLD,
    "summary": Style.BOLD, "h1": Style.BOLD, "h2": Style.BOLD, "h3": Style.BOLD, "h4": Style.BOLD, "h5": Style.BOLD,
    "h6": Style.BOLD, "i": Style.ITALIC, "em": Style.ITALIC, "cite": Style.ITALIC, "dfn": Style.ITALIC,
    "var": Style.ITALIC, "u": Style.UNDERLINE, "ins": Style.UNDERLINE, "s": Style.STRIKE, "strike": Style.STRIKE,
    "del": Style.STRIKE, "code": Style.CODE, "kbd": Style.CODE, "samp": Style.CODE, "tt": Style.CODE,
    "pre": Style.CODE,
}
_COLOURS = frozenset((Style.RED, Style.YELLOW, Style.GREEN, Style.BLUE, Style.PURPLE))
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "li", "main", "nav", "ol",
    "p", "pre", "section", "summary", "table", "tr", "ul",
))
_UNSEEN = frozenset((
    "script", "style", "template", "head", "title", "noscript", "iframe", "object", "embed", "svg", "rp", "select",
    "textarea", "button", "noembed", "noframes", "applet", "map", "colgroup", "datalist",
))
_EDITOR_LINES = re.compile(r"</?(?:div|p|br) ?/?>", re.IGNORECASE)
_SURROGATES = re.compile("[\ud800-\udfff]")
_TASK = re.compile(r"\[[ xX]\](?: |$)")


def read_html(html: str) -> CardText:
    """The paragraphs of an HTML text. Nothing is folded away."""
    return _read(html, _Folding(frozenset(), is_inside=True)).text


def read_page(html: str, *, css: str = "", is_answer: bool = True, only_fields: bool = False) -> Page:
    """The paragraphs of a side and what it folds away; the parameters are those of ``html_to_page``."""
    return _read(html, _Folding(hidden_by(css), is_answer, only_fields))


def _read(html: str, folding: _Folding) -> Page:
    from selectolax.lexbor import LexborHTMLParser

    if "[latex]" in html:
        html = _without_lines_in_latex(html)
    if is_knotted(html):
        html = escape(strip_html(html), quote=False)
    body = LexborHTMLParser(_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", html)).body
    if body is None:
        return Page(())
    reader = _Reader(folding)
    reader.read(body)
    return Page(tuple(reader.paragraphs), tuple(dict.fromkeys(reader.folded)))


def _without_lines_in_latex(html: str) -> str:
    """The line breaks of an editor inside ``[latex]`` as TeX has them, since they would tear it apart."""
    out: list[str] = []
    position = 0
    while (start := html.find("[latex]", position)) >= 0 and (end := html.find("[/latex]", start)) >= 0:
        out += [html[position:start], _EDITOR_LINES.sub("\n", html[start:end])]
        position = end
    return "".join(out) + html[position:]


@dataclass(frozen=True, slots=True)
class _Folding:
    """What a reader leaves out of the text because it is hidden, and what it folds away."""

    hidden: frozenset[str]
    is_answer: bool = True
    only_fields: bool = False
    is_inside: bool = False


class _Reader:
    """What has been read so far, and where in the tree the reading stands."""

    def __init__(self, folding: _Folding) -> None:
        self.folding = folding
        self.folded: list[NamedText] = []
        self.is_in_field = False
        self.count = 0
        self.paragraphs: list[Paragraph] = []
        self.runs: list[Run] = []
        self.styles: frozenset[Style] = frozenset()
        self.target = ""
        self.indent = 0
        self.marker: tuple[int, str] | None = None
        self.quotes = 0
        self.quote_indent = 0
        self.in_pre = self.in_script = False
        self.lists: list[tuple[str, int]] = []
        self.rows: list[list[Cell]] | None = None
        self.outside: list[Run] | None = None
        self.room = LONGEST_SIDE

    def read(self, body: LexborNode) -> None:
        """Walks the tree, entering and leaving every element; stops where the side is long enough."""
        opened: list[tuple[LexborNode, _Before]] = []
        node = body.child
        while (node is not None or opened) and self.count < MOST_NODES and self.room > 0:
            if node is None:
                node, before = opened.pop()
                self.leave(node, before)
                node = node.next
                continue
            self.count += 1
            tag = node.tag or ""
            if tag == "-text":
                self.say(node.text_content or "")
            elif tag[:1] not in "-!" and tag not in _UNSEEN:
                attributes = node.attributes
                if not self.leaves_out(node, tag, attributes):
                    child = node.child
                    before = _Before(self)
                    self.enter(tag, attributes)
                    opened.append((node, before))
                    node = child
                    continue
            node = node.next
        is_cut = self.room <= 0 or self.count >= MOST_NODES
        while opened:
            self.leave(*opened.pop())
        self.flush()
        if is_cut:
            self.paragraphs.append(CUT)

    def leaves_out(self, node: LexborNode, tag: str, attributes: Attributes) -> bool:
        """Whether an element is no part of the text, because it is hidden or was folded away just now."""
        folding = self.folding
        if is_hidden(attributes, folding.hidden):
            if folding.is_answer and not folding.is_inside:
                for kept in node.css(f"{FIELD_TAG}, {HINT_TAG}"):
                    self.fold(kept, kept.attributes.get("name") or "")
            return True
        if tag == "a" and "onclick" in attributes:
            return True  # a button
        if folding.is_inside:
            return False
        if tag == HINT_TAG or (tag == FIELD_TAG and folding.only_fields):
            self.fold(node, attributes.get("name") or "")
            return True
        if tag == "details":
            summary = node.css_first("summary")
            name = ""
            if summary is not None:
                name = " ".join(summary.text().split())
                summary.decompose()
            self.fold(node, name)
            return True
        return False

    def fold(self, node: LexborNode, name: str) -> None:
        """Keeps what an element holds apart, under a name, unless it holds nothing or tells a script what to do."""
        reader = _Reader(replace(self.folding, is_inside=True, only_fields=False))
        reader.room, reader.count = self.room, self.count
        reader.read(node)
        self.room, self.count = reader.room, reader.count
        if "".join(paragraph.text for paragraph in reader.paragraphs).lower() not in ("", *SWITCHED_ON):
            self.folded.append(NamedText(visible(name, keep=""), tuple(reader.paragraphs)))

    def say(self, text: str, *styles: Style, target: str = "") -> None:
        """Adds text in the styles that hold here, and its own; blanks alone where only fields are read."""
        if self.folding.only_fields and not self.is_in_field and not text.isspace():
            return
        text = text[:max(0, self.room)]
        self.room -= max(1, len(text))
        if text:
            self.runs.append(Run(text, self.styles.union(styles), target or self.target))

    def enter(self, tag: str, attributes: Attributes) -> None:
        """The start of an element."""
        if tag in _BLOCKS:
            self.flush()
        style = _STYLES.get(tag)
        if style is not None and style not in self.styles:
            self.styles |= {style}
        if attributes and (found := frozenset(styles_of(attributes))):
            self.styles = (self.styles - _COLOURS if found & _COLOURS else self.styles) | found
        match tag:
            case _ if tag == TEXT_TAG:
                self.is_in_field = True
            case "br":
                self.runs.append(BREAK)
            case "hr":
                self.flush()
                self.say("---")
                self.flush()
            case "a":
                self.target = (attributes.get("href") or "").strip()
                self.styles |= {Style.LINK} if self.target else set()
            case "img":
                self.picture(attributes)
            case "audio" | "video" | "source":
                if source := attributes.get("src"):
                    self.say(f"[sound: {file_name(source)}]", Style.SOUND, target=source)
            case "input":
                if attributes.get("type") == "checkbox":
                    self.say("[x] " if "checked" in attributes else "[ ] ")
            case "rt":
                self.say("(")
            case "sub" | "sup":
                self.in_script = True
            case "ul" | "ol":
                start = _number(attributes.get("start"), 1)
                kind = (attributes.get("type") or "1") if tag == "ol" else "ul"
                self.lists.append((kind, start))
            case "li":
                self.item(attributes)
            case "dd":
                self.indent = min(self.indent + 2, DEEPEST_INDENT)
            case "blockquote":
                self.quote_indent = self.quote_indent if self.quotes else self.indent
                self.quotes += 1
            case "pre":
                self.in_pre = True
            case "table" if self.rows is None:
                self.rows = []
            case "tr" if self.rows is not None and self.outside is None:
                self.rows.append([])
            case "td" | "th" if self.rows is not None and self.outside is None:
                self.outside, self.runs = self.runs, []

    def leave(self, node: LexborNode, before: _Before) -> None:
        """The end of an element: what held before it holds again."""
        tag = node.tag or ""
        if tag in _BLOCKS:
            self.flush()
        match tag:
            case "sub" | "sup" if not before.in_script:
                self.shift(before.run_count, tag)
            case "a" if self.target:
                self.show_target(before.run_count)
            case "rt":
                self.say(")")
            case "ul" | "ol":
                self.lists.pop()
            case "li":
                if self.marker is not None:
                    self.emit("", ())
            case "td" | "th" if before.outside is None and self.outside is not None:
                self.end_cell(node)
            case "table" if before.rows is None and self.rows is not None:
                rows, self.rows = self.rows, None
                for paragraph in table_to_text(rows):
                    self.emit(paragraph.text, paragraph.spans, paragraph.preformatted)
        before.restore(self)

    def picture(self, attributes: Attributes) -> None:
        """Names a picture by its alternative text, else by its file."""
        source = attributes.get("src") or ""
        name = (attributes.get("alt") or "").strip() or file_name(source)
        self.say(f"[picture: {name}]" if name else "[picture]", Style.IMAGE, target=source)

    def item(self, attributes: Attributes) -> None:
        """The marker of a list item. The first thing in an item may be a list: then both markers stand in one line."""
        kind, number = self.lists[-1] if self.lists else ("ul", 1)
        number = _number(attributes.get("value"), number)
        letter = kind in ("A", "a") and 1 <= number <= 26
        marker = "• " if kind == "ul" else f"{chr(ord(kind) + number - 1) if letter else number}. "
        if self.lists:
            self.lists[-1] = (kind, number + 1)
        base, outer = self.marker or (self.indent, "")
        self.marker = (base, outer + marker) if len(outer) < DEEPEST_INDENT else self.marker
        self.indent = min(self.indent + len(marker), DEEPEST_INDENT)

    def shift(self, start: int, tag: str) -> None:
        """Raises or lowers what was said since run ``start``."""
        runs = self.runs[start:]
        shift = raised if tag == "sup" else lowered
        texts = [shift(run.text.strip()) for run in runs]
        if not "".join(run.text for run in runs).strip():
            return
        if None not in texts:
            self.runs[start:] = [replace(run, text=text or "") for run, text in zip(runs, texts, strict=True)]
        else:
            first, last = runs[0], runs[-1]
            self.runs[start:] = [replace(first, text="^{" if tag == "sup" else "_{"), *runs, replace(last, text="}")]

    def show_target(self, start: int) -> None:
        """Says where a link leads, unless its text does."""
        text = "".join(run.text for run in self.runs[start:]).strip()
        target = self.target
        if target.startswith("#") or text in (target, target.removeprefix("mailto:"), target.partition("://")[2]):
            return
        shown = target if len(target) <= _LONGEST_ADDRESS else f"{target[:_LONGEST_ADDRESS]}…"
        self.say(f" ({shown})")

    def end_cell(self, node: LexborNode) -> None:
        """The cell that was read since ``td`` or ``th`` joins its row."""
        text, spans = one_line(self.runs)
        attributes = node.attributes
        wanted = f"{attributes.get('align') or ''} {attributes.get('style') or ''}"
        align = next((side for side in ("right", "center") if side in wanted), "left")
        if self.rows:
            self.rows[-1].append(Cell(text, spans, align, node.tag == "th"))
        self.runs, self.outside = self.outside or [], None

    def flush(self) -> None:
        """The end of a block: what was said becomes paragraphs; in a cell, a space."""
        if self.outside is not None:
            self.runs.append(Run(" "))
        elif self.runs:
            runs, self.runs = self.runs, []
            if self.in_pre:
                text, spans = preformatted(runs)
                if text:
                    self.emit(text, spans, is_preformatted=True)
                return
            for text, spans in lines(runs):
                self.emit(text, spans)

    def emit(self, text: str, spans: tuple[Span, ...], is_preformatted: bool = False) -> None:
        """Adds a paragraph behind the marker that waits for one."""
        indent, marker = self.marker or (self.indent, "")
        self.marker = None
        task = _TASK.match(text)
        if task is not None and marker.endswith("• "):
            marker = marker.removesuffix("• ") + task[0].ljust(4)
            cut = task.end()
            text = text[cut:]
            spans = tuple(replace(span, start=max(0, span.start - cut), end=span.end - cut)
                          for span in spans if span.end > cut)
        if self.quotes:
            marker = "> " * min(self.quotes, 4) + " " * (indent - self.quote_indent) + marker
            indent = min(indent, self.quote_indent)
        self.paragraphs.append(Paragraph(text, spans, marker, indent, is_preformatted))


class _Before:
    """What held before an element, to hold again after it."""

    __slots__ = ("in_field", "in_pre", "in_script", "indent", "outside", "quotes", "rows", "run_count", "styles",
                 "target")

    def __init__(self, reader: _Reader) -> None:
        self.styles, self.target, self.indent = reader.styles, reader.target, reader.indent
        self.quotes, self.in_pre, self.in_script = reader.quotes, reader.in_pre, reader.in_script
        self.outside, self.rows = reader.outside, reader.rows
        self.run_count, self.in_field = len(reader.runs), reader.is_in_field

    def restore(self, reader: _Reader) -> None:
        """Gives the reader back what an element may have changed for what is inside it."""
        reader.styles, reader.target, reader.indent = self.styles, self.target, self.indent
        reader.quotes, reader.in_pre, reader.in_script = self.quotes, self.in_pre, self.in_script
        reader.is_in_field = self.in_field


def _number(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,6}", text) else default
