"""Org's markup as Markdown: emphasis, code, links, pictures, lists, tables, blocks, entities; mathematics as it is.

Facts: the Org syntax document (orgmode.org/worg/org-syntax.html). Every function takes linear time.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

_BLOCK = re.compile(r"\s*#\+(?P<what>begin|end)_(?P<name>\S+)(?:[ \t]+(?P<language>[\w+#.-]+))?", re.IGNORECASE)
_WHOLE_BLOCK = re.compile(r"^[ \t]*#\+begin_(src|example|export|comment)\b[^\n]*(?:\n(?![ \t]*#\+end_\1)[^\n]*)*",
                          re.IGNORECASE | re.MULTILINE)
_FENCED = frozenset(("src", "example", "export"))
_ITEM = re.compile(r"(?P<indent>[ \t]*)(?P<bullet>[-+]|[ \t]\*|\d{1,9}[.)])(?P<space>[ \t]+|\Z)")
_COUNTER = re.compile(r"\[@\w+\][ \t]*")
_BOX = re.compile(r"\[(?P<mark>[ Xx-])\](?=[ \t])")
_FIXED = re.compile(r"[ \t]*:(?: |\Z)")
_RULE = re.compile(r"[ \t]*-{5,}[ \t]*\Z")
_FOOTNOTE = re.compile(r"\[fn:(?P<name>[\w-]+)\][ \t]*")
_LINK = re.compile(r"\[\[(?P<target>[^\[\]\n]++)\](?:\[(?P<shown>[^\[\]]++)\])?\]")
_DOLLARS = re.compile(r"\$\$[^$]++\$\$|\$(?![\s,.;$])[^$\n]*+(?<![\s,.])\$(?![\w$])")
_ENTITY = re.compile(r"\\(?P<name>[A-Za-z]{2,20})(?:\{\}|(?![A-Za-z]))")
_SPECIAL = re.compile(r"[\[\\$*/_+=~]")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".bmp", ".avif")
_WEB = re.compile(r"(?:https?|ftp|mailto|doi):", re.IGNORECASE)

MARKS = {"*": "**", "/": "*", "_": "*", "+": "~~"}
_BEFORE, _AFTER = frozenset(" \t\n-–—('\"{\ue000\ue001"), frozenset(" \t\n-–—.,:!?;'\")}[\\\ue000\ue001")
_ENTITIES = {"to": "→", "deg": "°", "pm": "±", "approx": "≈", "leq": "≤", "geq": "≥", "neq": "≠", "rightarrow": "→",
             "leftarrow": "←", "uparrow": "↑", "downarrow": "↓", "infty": "∞", "cdot": "·", "ohm": "Ω", "vert": "|",
             "under": "_", "slash": "/"}


def to_markdown(lines: Sequence[str]) -> str:
    """The lines of an Org text as Markdown, without blank lines around."""
    written: list[str] = []
    text: list[str] = []
    rows: list[str] = []
    fence, language, fenced, quotes = "", "", list[str](), 0

    def end_text() -> None:
        if rows:
            written.extend(["", *_table(rows), ""] if written and written[-1].strip() else [*_table(rows), ""])
            rows.clear()
        if text:
            prefix = "> " * min(quotes, 5)
            written.extend(prefix + line for line in inline("\n".join(text)).split("\n"))
            text.clear()

    for line in lines:
        block = _BLOCK.match(line) if "#+" in line else None
        if fence:
            if block and block["what"].lower() == "end" and block["name"].lower() == fence:
                written.extend(_fenced(fenced, language) if fence != "comment" else ())
                fence, fenced = "", []
            else:
                fenced.append(line)
        elif block:
            end_text()
            name = block["name"].lower()
            if name == "quote":
                quotes += 1 if block["what"].lower() == "begin" else -1
                quotes = max(quotes, 0)
            elif name in _FENCED or name == "comment":
                fence, language = name, (block["language"] or "") if name == "src" else ""
        elif line.lstrip().startswith("|"):
            if not rows:
                end_text()
            rows.append(line.strip())
        elif _FIXED.match(line):
            end_text()
            written.append("    " + line.strip()[2:])
        elif _RULE.match(line):
            end_text()
            written.append("* * *")
        else:
            if rows:
                end_text()
            text.append(_item(line))
    if fence and fence != "comment":
        written.extend(_fenced(fenced, language))
    end_text()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() if not line.endswith("  ") else line for line in written)
                  ).strip("\n").rstrip()


def _fenced(lines: Sequence[str], language: str) -> list[str]:
    """A fence around lines, longer than any in them; without the commas that protect stars in Org."""
    longest = max((len(run) for line in lines for run in re.findall("`{3,}", line)), default=2)
    mark = "`" * (longest + 1)
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return [mark + language, *(re.sub(r"\A(\s*),(?=\*|#\+)", r"\1", line[indent:]) for line in lines), mark]


def _item(line: str) -> str:
    """The line of a list as Markdown writes it; any other line as it is."""
    found = _ITEM.match(line)
    if found is None:
        return line
    rest = _COUNTER.sub("", line[found.end():], count=1)
    rest = _BOX.sub(lambda box: "[x]" if box["mark"] in "Xx" else "[ ]", rest, count=1)
    term, separator, definition = rest.partition(" :: ")
    if separator and found["bullet"] in "-+":
        rest = f"*{term.strip()}*: {definition.strip()}"
    bullet = found["bullet"].strip()
    bullet = "-" if bullet in ("+", "*") else bullet
    return f"{found['indent']}{bullet} {rest}"


def _table(rows: Sequence[str]) -> list[str]:
    """A table of Markdown: its first row is the head; other lines between rows are left out."""
    cells = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in rows if not row.startswith("|-")]
    if not cells:
        return []
    lines = ["| " + " | ".join(inline(cell) for cell in row) + " |" for row in cells]
    return [lines[0], "|" + " --- |" * len(cells[0]), *lines[1:]]


def inline(text: str) -> str:
    """Org's markup inside text as Markdown."""
    if not _SPECIAL.search(text):
        return text
    parts: list[str] = []
    position = 0
    for start, end, kind in _spans(text):
        parts.append(_entities(text[position:start]))
        parts.append(_written(text[start:end], kind))
        position = end
    parts.append(_entities(text[position:]))
    return "".join(parts)


def literal_spans(text: str) -> list[tuple[int, int]]:
    """Where brackets are no deletions: in links, code, mathematics and blocks, as (start, end) offsets."""
    blocks = [found.span() for found in _WHOLE_BLOCK.finditer(text)]
    return sorted([*blocks, *((start, end) for start, end, kind in _spans(text) if kind not in MARKS)])


def _spans(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of what has a meaning in a text: ``link``, ``math``, ``footnote`` or a mark of emphasis."""
    closers = _closers(text)
    missing: set[str] = set()
    position = 0
    while found := _SPECIAL.search(text, position):
        start, letter = found.start(), found[0]
        position = start + 1
        end, kind = 0, letter
        if letter == "[":
            if one := _LINK.match(text, start):
                end, kind = one.end(), "link"
            elif one := _FOOTNOTE.match(text, start):
                end, kind = one.end(), "footnote"
        elif letter == "\\":
            for opening, closing in (("\\(", "\\)"), ("\\[", "\\]")):
                if text.startswith(opening, start) and closing not in missing:
                    place = text.find(closing, start + 2)
                    end, kind = (place + 2, "math") if place > 0 else (0, kind)
                    missing |= {closing} if place < 0 else set()
            position = max(position, start + 2 if text.startswith("\\\\", start) else position)
        elif letter == "$":
            if one := _DOLLARS.match(text, start):
                end, kind = one.end(), "math"
        elif (start == 0 or text[start - 1] in _BEFORE) and text[start + 1:start + 2] not in (letter, " ", "\t", "\n"):
            places = closers.get(letter, [])
            after = bisect_right(places, start + 1)
            if after < len(places) and "\n\n" not in text[start:min(places[after], start + 5000)]:
                end = places[after] + 1 if places[after] - start < 5000 else 0
        if end:
            yield start, end, kind
            position = end


def _closers(text: str) -> dict[str, list[int]]:
    """mark -> the places where it can end emphasis."""
    places: dict[str, list[int]] = {}
    for found in re.finditer(r"(?<=(\S))([*/_+=~])(?=(.?))", text, re.DOTALL):
        if found[1] != found[2] and (not found[3] or found[3] in _AFTER):
            places.setdefault(found[0], []).append(found.start())
    return places


def _written(text: str, kind: str) -> str:
    if kind == "link":
        found = _LINK.match(text)
        assert found is not None
        return _link(found["target"].strip(), found["shown"] or "")
    if kind == "footnote":
        found = _FOOTNOTE.match(text)
        assert found is not None
        return f"[^{found['name']}] " if text.endswith((" ", "\t")) else f"[^{found['name']}]"
    if kind in "=~":
        inside = text[1:-1]
        mark = "``" if "`" in inside else "`"
        return f"{mark} {inside} {mark}" if "`" in inside else f"{mark}{inside}{mark}"
    if kind in MARKS:
        return f"{MARKS[kind]}{inline(text[1:-1])}{MARKS[kind]}"
    return text


def _link(target: str, shown: str) -> str:
    shown = " ".join(inline(shown).split())
    name = re.sub(r"\A(?:file|attachment):", "", target).split("::")[0]
    spelled = f"<{name}>" if re.search(r"[\s()]", name) else name
    is_web = _WEB.match(target) is not None
    if name.lower().endswith(_PICTURES) and not (is_web and shown):
        return f"![{shown}]({spelled})"
    if is_web:
        return f"[{shown}]({spelled})" if shown else f"<{target}>"
    return shown or re.sub(r"\A(?:id|\*|#):?", "", target)


def _entities(text: str) -> str:
    if "\\" not in text:
        return text
    text = re.sub(r"\\\\[ \t]*(?=\n|\Z)", "  ", text)
    return _ENTITY.sub(lambda found: _ENTITIES.get(found["name"]) or _named(found), text)


def _named(found: re.Match[str]) -> str:
    letter = html.unescape(f"&{found['name']};")
    return letter if len(letter) == 1 else found[0]
