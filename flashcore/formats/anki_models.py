"""Anki's note types ("models", as the JSON of its schema 11) <-> note types; its presets are in ``anki_presets``.

Packages, CrowdAnki and Anki's own JSON import all hold them in this form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from flashcore.domain.note_type import NoteKind, NoteType, Template
from flashcore.formats.anki_presets import Json, config_of, deck_options
from flashcore.formats.text_file import clean_text

__all__ = ["STOCK_NOTE_TYPES", "Json", "config_of", "deck_options", "model_of", "note_type_of", "recovered_type"]

MOST_FIELDS = 100
MOST_TEMPLATES = 100
LARGEST_TEMPLATE_BYTES = 256 * 1024
LARGEST_CSS_BYTES = 1024 * 1024
DEEPEST_SECTIONS = 64

LARGEST_REST_BYTES = 256 * 1024

_CLOZE = 1  # the ``type`` of a model whose cards are cloze deletions; every other is 0
_SECTION = re.compile(r"\{\{\s*([#^/])")
_LATEX_HEAD = ("\\documentclass[12pt]{article}\n\\special{papersize=3in,5in}\n\\usepackage[utf8]{inputenc}\n"
               "\\usepackage{amssymb,amsmath}\n\\pagestyle{empty}\n\\setlength{\\parindent}{0in}\n\\begin{document}\n")
_LATEX_FOOT = "\\end{document}"
"""What Anki puts around LaTeX in a new note type."""


_FIELD: Json = {"sticky": False, "rtl": False, "font": "Arial", "size": 20, "media": [], "description": "",
                "plainText": False, "collapsed": False, "excludeFromSearch": False, "preventDeletion": False,
                "tag": None}
_TEMPLATE: Json = {"bqfmt": "", "bafmt": "", "did": None, "bfont": "", "bsize": 0}
_MODEL: Json = {"id": 0, "sortf": 0, "latexPre": _LATEX_HEAD, "latexPost": _LATEX_FOOT, "latexsvg": False}
"""What stands in a model, its fields and templates where a note type says nothing else."""
_NOT_KEPT = frozenset(("mod", "usn", "did", "req", "tags", "vers"))
"""What says something of the collection that the model was in, or is worked out anew."""


def note_type_of(model: Json) -> NoteType:
    """The note type of a model. Fields and templates stand in the order of their ``ord``; a name taken gets a ``+``.

    What flashcore has no use for, but Anki has, is kept as JSON in ``anki`` where it is not the default.

    Raises:
        ValueError: it has no name, fields or templates, or more or larger ones than the limits; the text says which.
    """
    name = _text(model.get("name")).strip()
    if not name:
        raise ValueError("it has no name")
    fields = _ordered(model.get("flds"))
    templates = _ordered(model.get("tmpls"))
    if not fields or not templates:
        raise ValueError(f"{_short(name)!r} has no {'templates' if fields else 'fields'}")
    if len(fields) > MOST_FIELDS or len(templates) > MOST_TEMPLATES:
        raise ValueError(f"{_short(name)!r} has {len(fields)} fields and {len(templates)} templates; "
                         f"{MOST_FIELDS} and {MOST_TEMPLATES} are the most")
    css = _text(model.get("css"))
    if len(css.encode()) > LARGEST_CSS_BYTES:
        raise ValueError(f"the styling of {_short(name)!r} is larger than {LARGEST_CSS_BYTES >> 20} MiB")
    kind = NoteKind.CLOZE if model.get("type") == _CLOZE else NoteKind.STANDARD
    return NoteType(name, kind, tuple(_distinct(_names(fields, "Field"))),
                    tuple(_templates(_short(name), templates)), css, _rest(model, fields, templates))


def _rest(model: Json, fields: Iterable[Json], templates: Iterable[Json]) -> str:
    """What else a model holds, as JSON; empty where there is nothing, or too much."""
    known = {"name", "type", "css", "flds", "tmpls"}
    rest: dict[str, object] = {key: value for key, value in model.items()
                               if key not in known and key not in _NOT_KEPT and value != _MODEL.get(key)}
    for key, rows, default, taken in (("flds", fields, _FIELD, {"name", "ord"}),
                                      ("tmpls", templates, _TEMPLATE, {"name", "ord", "qfmt", "afmt"})):
        others = [{part: value for part, value in row.items() if part not in taken and value != default.get(part)}
                  for row in rows]
        if any(others):
            rest[key] = others
    try:
        text = json.dumps(rest, sort_keys=True, allow_nan=False) if rest else ""
    except (ValueError, TypeError, RecursionError):
        return ""
    return text if len(text) <= LARGEST_REST_BYTES else ""


def model_of(note_type: NoteType) -> dict[str, object]:
    """The model of a note type, with what Anki kept of it. ``mod`` and ``usn`` are 0, ``id`` too if it has none yet.

    A type without a template, which Anki does not have, gets one that shows the first field.
    """
    templates = note_type.templates or (Template("Card 1", "{{%s}}" % note_type.fields[0], "{{FrontSide}}"),)  # noqa: UP031
    rest = _kept(note_type.anki)
    return {
        **_MODEL, "mod": 0, "usn": 0, "did": None, "req": [], "tags": [], "vers": [],
        **{key: value for key, value in rest.items() if key not in ("flds", "tmpls")},
        "name": note_type.name, "type": _CLOZE if note_type.kind is NoteKind.CLOZE else 0, "css": note_type.css,
        "tmpls": [{**_TEMPLATE, **_part(rest, "tmpls", place), "name": each.name, "ord": place, "qfmt": each.front,
                   "afmt": each.back} for place, each in enumerate(templates)],
        "flds": [{**_FIELD, **_part(rest, "flds", place), "name": field, "ord": place}
                 for place, field in enumerate(note_type.fields)],
    }


def _kept(text: str) -> Json:
    try:
        rest = json.loads(text or "{}")
    except ValueError:
        return {}
    return rest if isinstance(rest, dict) else {}


def _part(rest: Json, key: str, place: int) -> Json:
    rows = rest.get(key)
    part = rows[place] if isinstance(rows, list) and place < len(rows) else {}
    return part if isinstance(part, Mapping) else {}


def recovered_type(field_count: int) -> NoteType:
    """The note type of notes whose own is missing: fields by number, the first one asks for the others."""
    fields = tuple(f"Field {number}" for number in range(1, max(field_count, 2) + 1))
    back = "<br>".join("{{%s}}" % field for field in fields[1:])  # noqa: UP031
    return NoteType(f"Recovered ({len(fields)} fields)", NoteKind.STANDARD, fields,
                    (Template("Card 1", "{{Field 1}}", f"{{{{FrontSide}}}}<hr id=answer>{back}"),))


_ANSWER = "{{FrontSide}}\n\n<hr id=answer>\n\n"
_CARD_CSS = (".card {\n    font-family: arial;\n    font-size: 20px;\n    line-height: 1.5;\n    text-align: center;\n"
             "    color: black;\n    background-color: white;\n}\n")
_CLOZE_CSS = (_CARD_CSS + ".cloze {\n    font-weight: bold;\n    color: blue;\n}\n.nightMode .cloze {\n"
              "    color: lightblue;\n}\n")
_THERE, _BACK = Template("Card 1", "{{Front}}", _ANSWER + "{{Back}}"), _ANSWER + "{{Front}}"
STOCK_NOTE_TYPES: Mapping[str, NoteType] = {one.name: one for one in (
    NoteType("Basic", NoteKind.STANDARD, ("Front", "Back"), (_THERE,), _CARD_CSS),
    NoteType("Basic (and reversed card)", NoteKind.STANDARD, ("Front", "Back"),
             (_THERE, Template("Card 2", "{{Back}}", _BACK)), _CARD_CSS),
    NoteType("Basic (optional reversed card)", NoteKind.STANDARD, ("Front", "Back", "Add Reverse"),
             (_THERE, Template("Card 2", "{{#Add Reverse}}{{Back}}{{/Add Reverse}}", _BACK)), _CARD_CSS),
    NoteType("Basic (type in the answer)", NoteKind.STANDARD, ("Front", "Back"),
             (Template("Card 1", "{{Front}}\n\n{{type:Back}}", "{{Front}}\n\n<hr id=answer>\n\n{{type:Back}}"),),
             _CARD_CSS),
    NoteType("Cloze", NoteKind.CLOZE, ("Text", "Back Extra"),
             (Template("Cloze", "{{cloze:Text}}", "{{cloze:Text}}<br>\n{{Back Extra}}"),), _CLOZE_CSS),
)}
"""The note types that every collection of Anki begins with, as Anki 26.9 makes them (but for image occlusion)."""


def _ordered(rows: object) -> list[Json]:
    """The objects of a list by ``ord``, where each has its own; else as they stand."""
    found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    places = [row.get("ord") for row in found]
    if all(type(place) is int for place in places) and len(set(places)) == len(places):
        return sorted(found, key=lambda row: int(str(row["ord"])))
    return found


def _names(rows: Iterable[Json], kind: str) -> list[str]:
    return [_text(row.get("name")).strip() or f"{kind} {number}" for number, row in enumerate(rows, 1)]


def _distinct(names: Iterable[str]) -> list[str]:
    """Names in which none is twice: a later one gets a ``+``, as in Anki."""
    taken: dict[str, None] = {}
    for name in names:
        while name in taken:
            name += "+"
        taken[name] = None
    return list(taken)


def _templates(model: str, rows: Sequence[Json]) -> Iterable[Template]:
    for row, name in zip(rows, _names(rows, "Card"), strict=True):
        front, back = _text(row.get("qfmt")), _text(row.get("afmt"))
        for side in (front, back):
            if len(side.encode()) > LARGEST_TEMPLATE_BYTES:
                raise ValueError(f"the template {_short(name)!r} of {model!r} is larger than "
                                 f"{LARGEST_TEMPLATE_BYTES >> 10} KiB")
            if (depth := _section_depth(side)) > DEEPEST_SECTIONS:
                raise ValueError(f"the template {_short(name)!r} of {model!r} is nested {depth} deep; "
                                 f"{DEEPEST_SECTIONS} is the most")
        yield Template(name, front, back)


def _section_depth(template: str) -> int:
    depth = deepest = 0
    for found in _SECTION.finditer(template):
        depth = max(depth - 1, 0) if found[1] == "/" else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _text(value: object) -> str:
    return clean_text(value)[0] if isinstance(value, str) else ""


def _short(name: str) -> str:
    return name if len(name) <= 40 else name[:40] + "..."
