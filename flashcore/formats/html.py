"""Markdown as HTML: what a note from a plain-text deck looks like in Anki, and its one way to the screen.

CommonMark with tables and strikethrough. Different from it, because of what cards hold:

- mathematics in ``$..$``, ``$$..$$``, ``\\(..\\)`` and after a line that is ``\\[`` is kept letter by letter, between
  ``\\(`` and ``\\)`` or ``\\[`` and ``\\]``, which Anki's MathJax reads;
- of raw HTML only ``<sub> <sup> <b> <i> <u> <br>`` count, and come out balanced; all other is text;
- HTML comments are private and vanish;
- there are no link reference definitions, so ``[K+]: 4.0`` stays text;
- an image that names a sound or a film becomes Anki's ``[sound:..]``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from flashcore.domain.markdown_spans import code_spans

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from markdown_it.utils import OptionsDict

Rewrite = Callable[[str], str]

LONGEST_TEXT = 65_536
"""Characters of Markdown that are read as Markdown; a longer text is shown as it is."""
MOST_MARKS = 4_000
"""Characters with a meaning, lines, and cells of tables that one text may have: about 0.1 s in their worst order."""
DEEPEST_NESTING = 20

PRIVATE_USE = "\U000f0000-\U0010fffd"
"""Characters that stand for the bounds of cloze deletions while Markdown is rendered."""

SOUND_SUFFIXES = frozenset((
    "mp3", "ogg", "oga", "opus", "wav", "flac", "m4a", "aac", "spx", "3gp", "mp4", "m4v", "mov", "mkv", "webm", "avi",
    "mpg", "mpeg", "ogv", "ogx", "flv",
))
"""What Anki plays through ``[sound:..]``: sounds and films."""

_REST_OF_LINE = r"[^\n\r\t\0*_`\[\]<>&\\$~|]*"
_PLAIN = re.compile(
    rf"(?!\d{{1,9}}[.)](?:\s|\Z))(?:[^\W_]|[{PRIVATE_USE}]){_REST_OF_LINE}"
    rf"(?:(?<! )\n(?:[^\W\d_]|[{PRIVATE_USE}]){_REST_OF_LINE})*\Z"
)
"""Text without a character that Markdown could mean something by: most cards, and they need no parser."""


def markdown_to_html(text: str, media_name: Rewrite | None = None, math: Rewrite | None = None) -> str:
    """The HTML of a Markdown text; a text of one paragraph comes without the ``<p>`` around it.

    ``media_name`` gives the name that a reference to a picture or sound has in the HTML, ``math`` may change the TeX
    between the delimiters. A text beyond the limits above is shown as plain text, line for line. Linear time.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _is_too_much(text):
        return _as_it_is(text)
    text = without_comments(text).strip("\n").rstrip()
    if _PLAIN.match(text) is not None:
        return text
    parser = _parser()
    environment: dict[str, Any] = {"media_name": media_name, "math": math}
    tokens = parser.parse(text, environment)
    if any(token.level >= DEEPEST_NESTING - 1 for token in tokens):
        return _as_it_is(text)
    if len(tokens) == 3 and tokens[0].type == "paragraph_open":
        tokens = tokens[1:2]
    rendered: str = parser.renderer.render(tokens, parser.options, environment)
    return rendered.strip("\n")


def escape(text: str) -> str:
    """Text as it stands between tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def is_sound(name: str) -> bool:
    """Whether a media file is one that is played, by its suffix."""
    return name.rpartition(".")[2].lower() in SOUND_SUFFIXES


def _as_it_is(text: str) -> str:
    return escape(without_comments(text, also_in_code=True).strip()).replace("\n", "<br>\n")


def _is_too_much(text: str) -> bool:
    bars = text.count("|")
    if bars and bars * text.count("\n") > MOST_MARKS:
        lines = [line.count("|") for line in text.split("\n")]
        if max(lines) * sum(map(bool, lines)) > MOST_MARKS:
            return True
    return len(text) > MOST_MARKS and (
        len(text) > LONGEST_TEXT or sum(map(text.count, "\n*_`[]<>&\\$~|!#-")) > MOST_MARKS)


_REST_IS_EMPTY = re.compile(r"[ \t]*(?:\n|\Z)")
_COMMENT = re.compile(r"(?<!\\)(?:\\\\)*<!--")


def without_comments(text: str, also_in_code: bool = False) -> str:
    """Markdown without its HTML comments; one that fills whole lines takes them with it.

    In code they are text, unless ``also_in_code``; so is one that is escaped or never closed.
    """
    if "<!--" not in text:
        return text
    kept: list[str] = []
    code = [] if also_in_code else code_spans(text)
    taken = position = offset = 0
    again = 16
    while found := _COMMENT.search(text, position):
        start = found.end() - len("<!--")
        while code and code[0][1] + offset <= start:
            code.pop(0)
        if code and code[0][0] + offset <= start:
            position = code[0][1] + offset
            continue
        end = text.find("-->", start + 2) + 3
        if end < 3:
            break
        if code and code[0][0] + offset < end:
            # What opened in the comment opens nothing outside; a text that does so often is no honest one.
            code, offset, again = code_spans(text[end:]) if again > 0 else [], end, again - 1
        line = max(text.rfind("\n", taken, start) + 1, taken)
        rest = _REST_IS_EMPTY.match(text, end)
        fills_lines = rest is not None and not text[line:start].strip()
        kept.append(text[taken:line if fills_lines else start])
        taken = position = rest.end() if rest is not None and fills_lines else end
    return "".join(kept) + text[taken:]


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST_NESTING, "xhtmlOut": False})
    parser.enable(["table", "strikethrough"]).disable(["html_block", "reference"])
    parser.block.ruler.before(
        "fence", "math", _display_math, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.inline.ruler.before("escape", "math", _inline_math)
    parser.core.ruler.after("inline", "raw_tags", _allow_tags)
    parser.add_render_rule("text", _render_text)
    parser.add_render_rule("math", _render_math)
    parser.add_render_rule("image", _render_image)
    # Addresses and file names stay as they are written; markdown-it would percent-encode them.
    vars(parser).update(normalizeLink=str, normalizeLinkText=str, validateLink=_is_harmless)
    return parser


_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


def _is_harmless(address: str) -> bool:
    scheme = _SCHEME.match("".join(char for char in address if char > " "))
    return scheme is None or scheme[1].lower() in ("http", "https", "mailto")


def _display_math(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """``$$`` at the start of a line to ``$$`` at the end of one; a line ``\\[`` to a line that ends with ``\\]``."""
    if state.is_code_block(start_line):
        return False
    first = state.src[state.bMarks[start_line] + state.tShift[start_line]:state.eMarks[start_line]].rstrip()
    closing = "$$" if first.startswith("$$") else "\\]" if first == "\\[" else ""
    unclosed = state.env.setdefault("unclosed", set())
    if not closing or (closing, end_line) in unclosed:
        return False
    lines = [first[2:]]
    line = start_line
    while not lines[-1].endswith(closing):
        line += 1
        if line >= end_line or state.sCount[line] < state.blkIndent:
            if line >= end_line:
                unclosed.add((closing, end_line))
            return False
        lines.append(state.src[state.bMarks[line] + state.tShift[line]:state.eMarks[line]].rstrip())
    tex = "\n".join(lines)[:-2].strip()
    if not tex or closing in tex:
        return False
    if not silent:
        state.line = line + 1
        token = state.push("math", "", 0)
        token.block, token.content, token.markup, token.map = True, tex, "\\[", [start_line, state.line]
    return True


def _inline_math(state: StateInline, silent: bool) -> bool:
    source, start, limit = state.src, state.pos, state.posMax
    found = [pair for pair in (("\\(", "\\)"), ("$$", "$$"), ("$", "$")) if source.startswith(pair[0], start)]
    if not found:
        return False
    opening, closing = found[0]
    inner = start + len(opening)
    end = _dollar(source, inner, limit) if opening == "$" else -1
    if opening != "$" and inner <= _last(state.env, source, closing):
        end = source.find(closing, inner, limit)
    tex = source[inner:end].strip() if end > 0 else ""
    if not tex:
        return False
    if not silent:
        token = state.push("math", "", 0)
        token.content, token.markup = tex, "\\[" if opening == "$$" else "\\("
    state.pos = end + len(closing)
    return True


def _dollar(source: str, start: int, limit: int) -> int:
    """Where the ``$`` stands that closes; -1 where these are amounts of money."""
    if start >= limit or source[start].isspace():
        return -1
    end = source.find("$", start, limit)
    while end > 0 and source[end - 1] == "\\":
        end = source.find("$", end + 1, limit)
    closes = end > start and not source[end - 1].isspace() and not source[end + 1:end + 2].isdigit()
    return end if closes else -1


def _last(environment: MutableMapping[str, Any], source: str, closing: str) -> int:
    """Where ``closing`` stands for the last time in ``source``, looked up once, so that many openings cost no more."""
    known: tuple[str, int] | None = environment.get(closing)
    if known is None or known[0] is not source:
        environment[closing] = known = (source, source.rfind(closing))
    return known[1]


_TAG = re.compile(r"<(/?)(sub|sup|b|i|u|br)\s*(/?)>", re.IGNORECASE)


def _allow_tags(state: StateCore) -> None:
    for token in state.tokens:
        children = token.children or ()
        if any(child.type == "html_inline" for child in children):
            token.children = _balanced(children)


def _balanced(children: Sequence[Token]) -> list[Token]:
    """The allowed tags, each closed inside what it was opened in; all other raw HTML as text."""
    from markdown_it.token import Token

    out: list[Token] = []
    opened: list[str] = []

    def close_tags() -> None:
        while opened and opened[-1]:
            out.append(Token("html_inline", "", 0, content=f"</{opened.pop()}>"))

    for child in children:
        if child.type != "html_inline":
            if child.nesting < 0:
                close_tags()
                if opened:
                    opened.pop()
            out.append(child)
            if child.nesting > 0:
                opened.append("")
            continue
        tag = _TAG.fullmatch(child.content)
        name = tag[2].lower() if tag else ""
        closes = bool(tag and tag[1])
        if name == "br" and not closes:
            out.append(Token("hardbreak", "br", 0))
        elif not name or name == "br" or (tag and tag[3]) or (closes and opened[-1:] != [name]):
            if not child.content.startswith("<!--"):
                out.append(Token("text", "", 0, content=child.content))
        else:
            if closes:
                opened.pop()
            else:
                opened.append(name)
            out.append(Token("html_inline", "", 0, content=f"</{name}>" if closes else f"<{name}>"))
    close_tags()
    return out


def _render_text(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    return escape(tokens[index].content)


def _render_math(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    token = tokens[index]
    tex = escape(env["math"](token.content) if env["math"] else token.content)
    if token.markup == "\\(":
        return f"\\({tex}\\)"
    return f"<p>\\[{tex}\\]</p>\n" if token.block else f"\\[{tex}\\]"


def _render_image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    token = tokens[index]
    name = str(token.attrs["src"])
    if env["media_name"]:
        name = env["media_name"](name)
    if is_sound(name):
        return f"[sound:{escape(name)}]"
    alt = escape(renderer.renderInlineAsText(token.children, options, env)).replace('"', "&quot;")
    return '<img src="{}"{}>'.format(escape(name).replace('"', "&quot;"), f' alt="{alt}"' if alt else "")
