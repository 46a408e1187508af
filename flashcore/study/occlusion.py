"""Image occlusion in words: what is hidden on a picture, where, and which of how many it is.

Two kinds. Anki's own keeps the shapes in a cloze field, ``{{c1::image-occlusion:rect:left=.1:top=.2:..}}`` with
lengths as parts of the picture from its upper left corner. The add-on "Image Occlusion Enhanced" keeps a picture
of the masks for each card; its file name tells the number of the mask and whether the others are on the question too
(``ao``) or not (``oa``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flashcore.domain.note import Note
from flashcore.domain.note_type import NoteType
from flashcore.domain.visible import visible
from flashcore.study.rich_text import file_name

MOST_SHAPES = 1_000
MASK_FIELDS = ("Question Mask", "Answer Mask", "Original Mask")

_SHAPE = re.compile(r"\{\{c([0-9,]{1,40})::image-occlusion:([a-z]{1,20})((?:[^{}]|\}(?!\})){0,4000})\}\}")
_NUMBER = re.compile(r"-?(?:[0-9]{1,6}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:e-?[0-9]{1,2})?\Z")
_NAMES = {"rect": "rectangle", "polygon": "outline", "text": "label"}
_MASK = re.compile(r"-(ao|oa)-([0-9]{1,4})(?:-[QAO]\.svg)?\Z", re.IGNORECASE)
_SOURCE = re.compile(r"""<img\b[^<>]*?\bsrc\s*=\s*["']?([^"'<>\s]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shape:
    """A mask on a picture. Lengths are parts of the picture's width and height, from its upper left corner."""

    ordinals: tuple[int, ...]
    kind: str
    left: float
    top: float
    width: float
    height: float
    words: str = ""
    hides_others: bool = False

    def told(self) -> str:
        """The shape in words: ``rectangle in the upper left, 12 % x 8 % of the picture``."""
        name = _NAMES.get(self.kind, self.kind)
        across, down = self.left + self.width / 2, self.top + self.height / 2
        rows, columns = ("upper", "middle", "lower"), ("left", "middle", "right")
        row, column = (min(max(int(place * 3), 0), 2) for place in (down, across))
        place = "middle" if row == column == 1 else f"{rows[row]} {columns[column]}"
        words = f" {self.words!r}" if self.words else ""
        if not self.width or not self.height:
            return f"{name}{words} in the {place}"
        return f"{name}{words} in the {place}, {_percent(self.width)} x {_percent(self.height)} of the picture"


def _percent(part: float) -> str:
    number = part * 100
    return f"{number:.0f} %" if number >= 1 else "1 %"


def read_shapes(field: str) -> tuple[Shape, ...]:
    """The shapes of a field of Anki's own image occlusion, in order; empty where it holds none. Never raises."""
    if "image-occlusion:" not in field:
        return ()
    shapes: list[Shape] = []
    for found in _SHAPE.finditer(field):
        values = dict(part.partition("=")[::2] for part in re.split(r"(?<!\\):", found[3]) if "=" in part)
        ordinals = tuple(int(number) - 1 for number in found[1].split(",") if number.lstrip("0")[:4])
        left, top, width, height = _box(found[2], values)
        words = visible(values.get("text", "").replace("\\:", ":"), keep="") if found[2] == "text" else ""
        shapes.append(Shape(ordinals, found[2], left, top, width, height, words[:200], values.get("oi") == "1"))
        if len(shapes) == MOST_SHAPES:
            break
    return tuple(shapes)


def _box(kind: str, values: dict[str, str]) -> tuple[float, float, float, float]:
    left, top = _number(values.get("left")), _number(values.get("top"))
    if kind == "ellipse":
        return left, top, 2 * _number(values.get("rx")), 2 * _number(values.get("ry"))
    if kind == "polygon":
        points = [point.split(",") for point in values.get("points", "").split() if point.count(",") == 1]
        if points:
            across, down = ([_number(point[axis]) for point in points] for axis in (0, 1))
            return min(across), min(down), max(across) - min(across), max(down) - min(down)
    return left, top, _number(values.get("width")), _number(values.get("height"))


def _number(text: str | None) -> float:
    """A part of the picture, 0 to 1; what is no number is 0."""
    return min(max(float(text), 0.0), 1.0) if text and _NUMBER.match(text.strip()) else 0.0


def shapes_asked(shapes: tuple[Shape, ...], ordinal: int) -> str:
    """What the question hides, as sentences."""
    asked = [shape for shape in shapes if ordinal in shape.ordinals]
    cards = sorted({number for shape in shapes for number in shape.ordinals if number >= 0})
    if not asked:
        return ""
    which = f"{cards.index(ordinal) + 1} of {len(cards)}" if len(cards) > 1 else ""
    told = "; ".join(shape.told() for shape in asked)
    others = len(cards) - 1
    rest = ""
    if others:
        hidden = any(shape.hides_others for shape in asked)
        rest = (" The others are hidden too." if others > 1 else " The other one is hidden too.") if hidden else (
            " Nothing else is hidden.")
    return f"Hidden{f' ({which})' if which else ''}: {told}.{rest}"


def shapes_shown(shapes: tuple[Shape, ...], ordinal: int) -> str:
    """Where on the picture the answer is."""
    return "; ".join(shape.told() for shape in shapes if ordinal in shape.ordinals)


def pictures_of(note: Note) -> tuple[str, ...]:
    """The files of the pictures in the field Image."""
    return tuple(file_name(found[1]) for found in _SOURCE.finditer(note.field("Image")[:10_000]))


def has_masks(note_type: NoteType) -> bool:
    """Whether a note type is that of the add-on: one picture, and pictures of masks that lie over it."""
    return "Image" in note_type.fields and "Question Mask" in note_type.fields and "Answer Mask" in note_type.fields


def mask_asked(note: Note) -> str:
    """What the question of the add-on's note hides, as a sentence."""
    source = _SOURCE.search(note.field("Question Mask")[:10_000])
    file = source[1] if source else ""
    found = _MASK.search(file) or next(
        (match for name in ("ID (hidden)", "ID") if (match := _MASK.search(note.field(name).strip()[-200:]))), None)
    name = f" (file {file_name(file)})" if file else ""
    if found is None:
        return f"Hidden: a part of the picture{name}."
    rest = "All others are hidden too." if found[1].lower() == "ao" else "Nothing else is hidden."
    return f"Hidden: mask {int(found[2])} on the picture{name}. {rest}"
