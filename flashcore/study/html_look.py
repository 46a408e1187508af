"""How HTML looks: bold, coloured, hidden elements, and whether it is a knot that no reader should be given.

Of CSS only what a terminal can tell is read.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from flashcore.study.rich_text import Style

LONGEST_CSS = 262_144

Attributes = Mapping[str, str | None]

_CSS = (("bold", Style.BOLD), ("italic", Style.ITALIC), ("underline", Style.UNDERLINE), ("line-through", Style.STRIKE))
_HEAVY = re.compile(r"font-weight\s*:\s*[6-9]00")
_NONE = re.compile(r"(?:^|[;{\s])display\s*:\s*none", re.IGNORECASE)
_COLOUR = re.compile(r"(?:^|[;\s])color\s*:\s*([^;]{1,60})", re.IGNORECASE)
_BACKGROUND = re.compile(r"(?:^|[;\s])background(?:-color)?\s*:\s*([^;]{1,60})", re.IGNORECASE)
_SELECTOR = re.compile(r"(?:[a-z]+[0-9]?)?([.#][\w-]+)\Z", re.IGNORECASE)

_RGB = re.compile(r"rgba?\(\s*([0-9]{1,3})\s*,\s*([0-9]{1,3})\s*,\s*([0-9]{1,3})\s*(?:,\s*(0?\.?[0-9]{0,5}|1))?\s*\)")
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\Z")
_NAMED = {
    "red": Style.RED, "darkred": Style.RED, "crimson": Style.RED, "firebrick": Style.RED, "maroon": Style.RED,
    "tomato": Style.RED, "orangered": Style.RED, "salmon": Style.RED, "indianred": Style.RED, "brown": Style.RED,
    "orange": Style.YELLOW, "darkorange": Style.YELLOW, "gold": Style.YELLOW, "yellow": Style.YELLOW,
    "goldenrod": Style.YELLOW, "coral": Style.YELLOW,
    "green": Style.GREEN, "darkgreen": Style.GREEN, "lime": Style.GREEN, "limegreen": Style.GREEN,
    "forestgreen": Style.GREEN, "seagreen": Style.GREEN, "olive": Style.GREEN, "lightgreen": Style.GREEN,
    "springgreen": Style.GREEN,
    "blue": Style.BLUE, "darkblue": Style.BLUE, "navy": Style.BLUE, "mediumblue": Style.BLUE, "cyan": Style.BLUE,
    "aqua": Style.BLUE, "teal": Style.BLUE, "skyblue": Style.BLUE, "lightblue": Style.BLUE, "dodgerblue": Style.BLUE,
    "royalblue": Style.BLUE, "steelblue": Style.BLUE, "deepskyblue": Style.BLUE, "turquoise": Style.BLUE,
    "purple": Style.PURPLE, "magenta": Style.PURPLE, "fuchsia": Style.PURPLE, "violet": Style.PURPLE,
    "indigo": Style.PURPLE, "pink": Style.PURPLE, "hotpink": Style.PURPLE, "deeppink": Style.PURPLE,
}
_HUES = ((15, Style.RED), (70, Style.YELLOW), (165, Style.GREEN), (262, Style.BLUE), (330, Style.PURPLE),
         (360, Style.RED))
"""Degrees of the colour circle up to which a colour is called so."""


def styles_of(attributes: Attributes) -> Iterator[Style]:
    """The styles that a class, a colour or CSS gives an element."""
    if "cloze" in (attributes.get("class") or "").split():
        yield Style.CLOZE
    if named := attributes.get("color"):
        yield from _colour_styles(named)
    if css := attributes.get("style"):
        yield from (style for word, style in _CSS if word in css)
        if _HEAVY.search(css):
            yield Style.BOLD
        if found := _COLOUR.search(css):
            yield from _colour_styles(found[1])
        if (found := _BACKGROUND.search(css)) and colour(found[1]) is not None:
            yield Style.BOLD  # a highlighter


def _colour_styles(text: str) -> Iterator[Style]:
    style = colour(text)
    if style is not None:
        yield style


@lru_cache(maxsize=256)
def colour(text: str) -> Style | None:
    """The colour that CSS names, as one of five; None for black, white, greys and what is no colour."""
    text = text.strip().lower().removesuffix("!important").strip()
    if found := _HEX.match(text):
        digits = found[1] if len(found[1]) == 6 else "".join(char * 2 for char in found[1])
        red, green, blue = (int(digits[place:place + 2], 16) for place in (0, 2, 4))
    elif found := _RGB.match(text):
        if found[4] is not None and not found[4].strip("0."):
            return None
        red, green, blue = (min(int(part), 255) for part in found.groups()[:3])
    else:
        return _NAMED.get(text)
    hue, lightness, saturation = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    if saturation < 0.25 or not 0.1 <= lightness <= 0.95:
        return None
    return next(style for limit, style in _HUES if hue * 360 <= limit)


@lru_cache(maxsize=16)
def hidden_by(css: str) -> frozenset[str]:
    """The classes (``.x``) and ids (``#x``) that a style sheet hides wherever they stand. Linear time."""
    hidden: set[str] = set()
    if "none" in css:
        for rule in css[:LONGEST_CSS].split("}"):
            selectors, brace, body = rule.rpartition("{")
            if brace and _NONE.search(body):
                for selector in selectors.rpartition("{")[2].rpartition("*/")[2].split(","):
                    if found := _SELECTOR.match(selector.strip()):
                        hidden.add(found[1])
    return frozenset(hidden)


def is_hidden(attributes: Attributes, hidden: frozenset[str]) -> bool:
    """Whether an element is not shown until a script shows it."""
    if "hidden" in attributes or ((css := attributes.get("style")) and _NONE.search(css)):
        return True
    if not hidden:
        return False
    return f"#{attributes.get('id')}" in hidden or any(
        f".{name}" in hidden for name in (attributes.get("class") or "").split())


_TAG = re.compile(r"<(/?)([a-z][a-z0-9-]*+)", re.IGNORECASE)
_CLOSED_BY_OTHERS = frozenset((
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
    "param", "rb", "rp", "rt", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr",
))
_FORMATTING = frozenset((
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
))
_FEW_TAGS = 500
_MOST_STEPS = 5_000_000
_MOST_COPIES = 500_000


def is_knotted(html: str) -> bool:
    """Whether HTML stands so deep in itself that parsing it takes much longer than its length tells.

    A parser looks up through all open elements for some tags, and opens formatting that was never closed anew in each
    block. Both are products of two numbers that are counted here. Linear time.
    """
    if html.count("<") <= _FEW_TAGS:
        return False
    tags = depth = deepest = formats = most_formats = 0
    for found in _TAG.finditer(html):
        tags += 1
        name = found[2].lower()
        if name in _CLOSED_BY_OTHERS:
            continue
        step = -1 if found[1] else 1
        depth = max(depth + step, 0)
        deepest = max(deepest, depth)
        if name in _FORMATTING:
            formats = max(formats + step, 0)
            most_formats = max(most_formats, formats)
    return tags * deepest > _MOST_STEPS or tags * most_formats > _MOST_COPIES
