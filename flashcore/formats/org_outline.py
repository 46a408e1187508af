"""The outline of an Org file: headings with their tags, properties, drawers and text. Lines -> headings.

Facts: the Org syntax document (orgmode.org/worg/org-syntax.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from flashcore.errors import Problem
from flashcore.formats.markdown_deck import LARGEST_NOTE_BYTES
from flashcore.formats.markdown_lines import conflict_problem, is_conflict_mark

MOST_LINES, MOST_HEADINGS = 500_000, 50_000

_TAGS = re.compile(r"[ \t]+:(?P<tags>[\w@#%:]+):\Z")
_PRIORITY = re.compile(r"\[#[A-Za-z0-9]{1,2}\][ \t]*")
_DRAWER = re.compile(r":(?P<name>[\w-]+):\Z")
_PROPERTY = re.compile(r":(?P<name>[^\s:][^\s:]*)\+?:(?:[ \t]+(?P<value>.*))?\Z")
_PLANNING = re.compile(r"(?P<name>SCHEDULED|DEADLINE|CLOSED):\s*(?P<stamp><[^<>]*>|\[[^\[\]]*\])")
_KEYWORD = re.compile(r"#\+(?P<name>\w+):[ \t]*(?P<value>.*)\Z")
_BLOCK = re.compile(r"#\+(?P<what>begin|end)_(?P<name>\S+)", re.IGNORECASE)


@dataclass(slots=True)
class Heading:
    """A heading: its stars (0: the text before the first), title, own tags, and what stands under it.

    ``body`` is without planning, properties and drawers; ``drawers`` are by name in upper case, with the number of
    their first line. ``end`` is the place in the outline after its last descendant, ``parent`` that of the heading
    above it (-1: none).
    """

    level: int
    title: str
    number: int
    tags: tuple[str, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)
    planning: dict[str, str] = field(default_factory=dict)
    drawers: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    body: list[str] = field(default_factory=list)
    end: int = 0
    parent: int = -1
    is_comment: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """The headings of a file in order, the first one being what stands before any; ``keywords`` like TITLE."""

    headings: list[Heading]
    keywords: dict[str, str]

    def children(self, place: int) -> Iterator[int]:
        """The places of the headings right under one."""
        child = place + 1
        while child < self.headings[place].end:
            yield child
            child = self.headings[child].end

    def inherited_tags(self, place: int) -> tuple[str, ...]:
        """The tags of a heading and those above it, and of the file, outermost first."""
        found: list[tuple[str, ...]] = []
        while place > 0 and len(found) < 100:
            found.append(self.headings[place].tags)
            place = self.headings[place].parent
        filetags = tuple(tag for tag in re.split(r"[:\s]+", self.keywords.get("FILETAGS", "")) if tag)
        return tuple(dict.fromkeys(tag for tags in (filetags, *reversed(found)) for tag in tags))


def read_outline(lines: Sequence[str], problems: list[Problem]) -> Outline:
    """The outline of the lines of a file; what is wrong with it is added to the problems."""
    outline = Outline([Heading(0, "", 0)], {})
    if len(lines) > MOST_LINES:
        problems.append(Problem(0, f"it has more than {MOST_LINES} lines", "split it"))
        return outline
    todo = {"TODO", "DONE"}
    opened: tuple[str, int, list[str]] | None = None  # the drawer or block that is open
    for number, line in enumerate(lines, 1):
        heading = outline.headings[-1]
        if is_conflict_mark(line):
            problems.append(conflict_problem(number))
        elif line.startswith("*") and (stars := len(line) - len(line.lstrip("*"))) and line[stars:stars + 1] in " \t" \
                and line[stars:].strip():
            _unclosed(opened, problems)
            opened = None
            if len(outline.headings) > MOST_HEADINGS:
                problems.append(Problem(number, f"it has more than {MOST_HEADINGS} headings", "split it"))
                break
            outline.headings.append(_heading(line, stars, number, todo))
        elif opened is not None:
            opened = _inside(heading, opened, line)
        elif drawer := _DRAWER.match(line.strip()) if ":" in line else None:
            name = drawer["name"].upper()
            if name != "END":
                opened = name, number, []
        elif line.lstrip().startswith("#"):
            opened = _hash_line(outline, heading, line, number, todo)
        elif heading.level and not heading.body and "<" in line + "[" and (found := list(_PLANNING.finditer(line))):
            heading.planning |= {one["name"]: one["stamp"] for one in found}
        else:
            heading.body.append(line)
    _unclosed(opened, problems)
    _nest(outline.headings)
    if len(outline.headings) > MOST_HEADINGS:
        del outline.headings[1:]
    for heading in outline.headings:
        if sum(map(len, heading.body)) + len(heading.title) > LARGEST_NOTE_BYTES:
            problems.append(Problem(heading.number, "the text under this heading is longer than 1 MiB", "split it"))
            heading.body.clear()
    return outline


def _heading(line: str, stars: int, number: int, todo: set[str]) -> Heading:
    title = line[stars:].strip()
    tags: tuple[str, ...] = ()
    if found := _TAGS.search(" " + title[-1000:]):
        tags = tuple(tag for tag in found["tags"].split(":") if tag)
        title = title[:len(title) - len(found[0].lstrip())].rstrip()
    first, _, rest = title.partition(" ")
    if first in todo:
        title = rest.strip()
    title = _PRIORITY.sub("", title, count=1) if title.startswith("[#") else title
    is_comment = title == "COMMENT" or title.startswith("COMMENT ")
    return Heading(stars, title, number, tags, is_comment=is_comment)


def _inside(heading: Heading, opened: tuple[str, int, list[str]], line: str) -> tuple[str, int, list[str]] | None:
    name, number, kept = opened
    if name.startswith("#"):
        heading.body.append(line)
        found = _BLOCK.match(line.strip())
        is_end = found is not None and found["what"].lower() == "end" and found["name"].lower() == name[1:]
        return None if is_end else opened
    if line.strip().upper() != ":END:":
        kept.append(line)
        return opened
    if name == "PROPERTIES":
        for one in kept:
            if found := _PROPERTY.match(one.strip()):
                heading.properties[found["name"].upper()] = (found["value"] or "").strip()
    else:
        heading.drawers[name] = number + 1, kept
    return None


def _hash_line(outline: Outline, heading: Heading, line: str, number: int, todo: set[str]
               ) -> tuple[str, int, list[str]] | None:
    """A comment, a keyword, or the start of a block: only the last stays in the text."""
    text = line.strip()
    if block := _BLOCK.match(text):
        heading.body.append(line)
        return (f"#{block['name'].lower()}", number, []) if block["what"].lower() == "begin" else None
    if keyword := _KEYWORD.match(text):
        name = keyword["name"].upper()
        if name in ("TODO", "SEQ_TODO", "TYP_TODO"):
            todo.update(word.partition("(")[0] for word in keyword["value"].split() if word != "|")
        elif heading.level == 0 or name == "FILETAGS":
            outline.keywords.setdefault(name, keyword["value"].strip())
    elif text != "#" and not text.startswith(("# ", "#+")):
        heading.body.append(line)
    return None


def _unclosed(opened: tuple[str, int, list[str]] | None, problems: list[Problem]) -> None:
    if opened is None:
        return
    name, number, _ = opened
    what, cure = (f"the block #+begin_{name[1:]}", f"#+end_{name[1:]}") if name.startswith("#") else (
        f"the drawer :{name}:", ":END:")
    problems.append(Problem(number, f"{what[:60]} that starts here is never closed",
                            f"write {cure[:40]} on a line after it, before the next heading"))


def _nest(headings: list[Heading]) -> None:
    """Set the end and the parent of each heading. Linear time."""
    above: list[int] = []
    for place, heading in enumerate(headings):
        while above and headings[above[-1]].level >= heading.level:
            headings[above.pop()].end = place
        heading.parent = above[-1] if above else -1
        above.append(place)
    for place in above:
        headings[place].end = len(headings)
