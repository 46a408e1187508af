"""The note types that are known by name without a collection, and what is made of a name that is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flashcore.domain.note_type import OWN_NOTE_TYPES, NoteKind, NoteType, Template
from flashcore.formats.anki_models import STOCK_NOTE_TYPES

_HEADER = "{{#Header}}<div>{{Header}}</div>{{/Header}}\n"
_CANVAS = """\
<div style="display: none">{{cloze:Occlusion}}</div>
<div id="err"></div>
<div id="image-occlusion-container">
    {{Image}}
    <canvas id="image-occlusion-canvas"></canvas>
</div>
<script>
try {
    anki.imageOcclusion.setup();
} catch (exc) {
    document.getElementById("err").innerHTML = `Error loading image occlusion. Is your Anki version up to date?<br><br>\
${exc}`;
}
</script>
"""
_MASKS = """
<div><button id="toggle">Toggle Masks</button></div>
{{#Back Extra}}<div>{{Back Extra}}</div>{{/Back Extra}}
"""
IMAGE_OCCLUSION = NoteType(
    "Image Occlusion", NoteKind.CLOZE, ("Occlusion", "Image", "Header", "Back Extra", "Comments"),
    (Template("Image Occlusion", _HEADER + _CANVAS, _HEADER + _CANVAS + _MASKS),), """\
#image-occlusion-canvas {
    --inactive-shape-color: #ffeba2;
    --active-shape-color: #ff8e8e;
    --inactive-shape-border: 1px #212121;
    --active-shape-border: 1px #212121;
    --highlight-shape-color: #ff8e8e00;
    --highlight-shape-border: 1px #ff8e8e;
}

.card {
    font-family: arial;
    font-size: 20px;
    text-align: center;
    color: black;
    background-color: white;
}
""")
"""Its templates are Anki's own words: it finds the masks by them."""
STOCK_BASIC = STOCK_NOTE_TYPES["Basic"]
"""What Anki makes of a file that names no note type."""

KNOWN: Mapping[str, NoteType] = {
    **STOCK_NOTE_TYPES, IMAGE_OCCLUSION.name: IMAGE_OCCLUSION, **{own.name: own for own in OWN_NOTE_TYPES}}
"""Anki's note types and ours, by name."""


def find_note_type(name: str, note_types: Mapping[str, NoteType]) -> NoteType | None:
    """The note type of a name: the collection's, else Anki's or ours; without spaces around, then in any case."""
    name = name.strip()
    for known in (note_types, KNOWN):
        if name in known:
            return known[name]
    folded = name.casefold()
    return next((found for known in (note_types, KNOWN) for other, found in known.items()
                 if other.casefold() == folded), None)


def made_type(name: str, fields: Sequence[str], kind: NoteKind) -> NoteType:
    """A note type that only a file tells of: its first field asks for the others, or its deletions are asked for."""
    first, *others = fields
    rest = "<br>".join("{{%s}}" % field for field in others)  # noqa: UP031
    if kind is NoteKind.CLOZE:
        shown = "{{cloze:%s}}" % first  # noqa: UP031
        template = Template("Cloze", shown, shown + (f"<br>{rest}" if rest else ""))
    else:
        template = Template("Card 1", "{{%s}}" % first, "{{FrontSide}}<hr id=answer>" + rest)  # noqa: UP031
    return NoteType(name, kind, tuple(fields), (template,))
