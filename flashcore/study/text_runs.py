"""Runs of styled text joined into one text with spans: blanks collapsed, formulas read, sounds named, made visible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flashcore.domain.visible import visible
from flashcore.study.rich_text import BLANKS, Span, Style


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text whose characters share their styles. ``target`` belongs to a link, image or sound."""

    text: str
    styles: frozenset[Style] = frozenset()
    target: str = ""


BREAK = Run("\n")
"""A line break. It is told by identity: a ``\\n`` in any other run is a blank like others."""

Line = tuple[str, tuple[Span, ...]]


def preformatted(runs: Iterable[Run]) -> Line:
    """The runs as they stand, without the line breaks at their end."""
    joined = [Run(run.text.replace("\t", "    "), run.styles, run.target) for run in runs]
    text, spans = _joined(joined)
    end = len(text.rstrip("\n"))
    return text[:end], tuple(Span(span.start, min(span.end, end), span.style, span.target)
                             for span in spans if span.start < end)


def lines(runs: Sequence[Run]) -> Iterator[Line]:
    """The runs as text, a display formula apart from what stands before and after it."""
    collapsed = _collapsed(runs)
    part: list[Run] = []
    for run in _with_formulas_read(collapsed) if any(_OPENING.search(run.text) for run in collapsed) else collapsed:
        if run is _APART:
            yield from _line(part)
            part = []
        else:
            part.append(run)
    yield from _line(part)


def _line(runs: Sequence[Run]) -> Iterator[Line]:
    text, spans = _joined(_collapsed(runs))
    if text:
        yield text, spans


def one_line(runs: Sequence[Run]) -> Line:
    """The runs as one line: breaks and display formulas do not part it."""
    found = list(lines([Run(" ") if run is BREAK else run for run in runs]))
    if len(found) == 1 and "\n" not in found[0][0]:
        return found[0]
    text = ""
    spans: list[Span] = []
    for part, part_spans in found:
        text += " " if text else ""
        spans += [Span(span.start + len(text), span.end + len(text), span.style, span.target) for span in part_spans]
        text += part.replace("\n", " ")
    return text, tuple(spans)


def _collapsed(runs: Iterable[Run]) -> list[Run]:
    """Every run of blanks one space, none at the start or end of a line; no breaks at the start or end."""
    kept: list[Run] = []
    last = "\n"
    for run in runs:
        if run is BREAK:
            if kept:
                _strip_end(kept)
                kept.append(BREAK)
                last = "\n"
            continue
        text = BLANKS.sub(" ", run.text)
        if text.startswith(" ") and last in " \n":
            text = text[1:]
        if text:
            kept.append(run if text == run.text else Run(text, run.styles, run.target))
            last = text[-1]
    _strip_end(kept)
    while kept and kept[-1] is BREAK:
        kept.pop()
        _strip_end(kept)
    return kept


def _strip_end(kept: list[Run]) -> None:
    if kept and kept[-1].text.endswith(" "):
        run = kept.pop()
        if run.text != " ":
            kept.append(Run(run.text[:-1], run.styles, run.target))


_OPENING = re.compile(r"\\[(\[]|\[(?:sound:|latex\]|\$\$?\])")
_CLOSING = {"\\(": "\\)", "\\[": "\\]", "[latex]": "[/latex]", "[$]": "[/$]", "[$$]": "[/$$]", "[sound:": "]"}
_APART = Run("\n", frozenset({Style.BOLD}))
"""Stands before and after a display formula; told by identity."""


def _with_formulas_read(runs: Sequence[Run]) -> Iterator[Run]:
    from flashcore.study.terminal_math import latex_to_text, tex_to_text

    text = "".join(run.text for run in runs)
    rest = list(reversed(runs))
    at = 0

    def take(end: int) -> Iterator[Run]:
        nonlocal at
        while at < end:
            run = rest.pop()
            over = at + len(run.text) - end
            if over > 0:
                rest.append(Run(run.text[-over:], run.styles, run.target))
                run = Run(run.text[:-over], run.styles, run.target)
            at += len(run.text)
            yield run

    never_closed: set[str] = set()
    position = 0
    while found := _OPENING.search(text, position):
        opening = found[0]
        position = found.end()
        end = -1 if opening in never_closed else text.find(_CLOSING[opening], position)
        if end < 0:
            never_closed.add(opening)
            continue
        yield from take(found.start())
        if Style.CODE in rest[-1].styles:
            continue
        inner = text[position:end]
        position = end + len(_CLOSING[opening])
        styles = frozenset[Style]().union(*(run.styles for run in take(position)))
        if opening == "[sound:":
            yield Run(f"[sound: {inner}]", styles | {Style.SOUND}, inner)
            continue
        formula = latex_to_text(inner) if opening == "[latex]" else tex_to_text(inner.strip().strip("$"))
        if opening in ("\\[", "[$$]"):
            yield _APART
            yield from (part for line in formula.split("\n") for part in (Run(line, styles), BREAK))
            yield _APART
        elif formula:
            yield Run(formula.replace("\n", "; "), styles)
    yield from take(len(text))


def _joined(runs: Sequence[Run]) -> Line:
    shown = [visible(run.text).replace("\xa0", " ") for run in runs]
    text = "".join(shown)
    whole = visible(text)
    if whole != text:  # marks that only together are too many, spread over runs: rare enough to lose the styles
        return whole, ()
    spans: list[Span] = []
    opened: dict[tuple[Style, str], int] = {}
    position = 0
    for run, part in zip(runs, shown, strict=True):
        styles = {(style, run.target if style in _WITH_TARGET else "") for style in run.styles}
        for key in [key for key in opened if key not in styles]:
            spans.append(Span(opened.pop(key), position, *key))
        for key in styles:
            opened.setdefault(key, position)
        position += len(part)
    spans += [Span(start, position, *key) for key, start in opened.items()]
    return text, tuple(sorted(spans, key=lambda span: (span.start, span.end, span.style)))


_WITH_TARGET = (Style.LINK, Style.IMAGE, Style.SOUND)
