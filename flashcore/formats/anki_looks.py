"""How the note types of plain-text decks look in Anki: fields, templates and styling that need no script.

They read well on a phone and on a desk, by day and by night: colours come from Anki except for few accents, which have
a value for its night mode. Models keep their id for ever, so that a later package finds its notes again.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from flashcore.domain.note import Note
from flashcore.domain.note_type import (
    BASIC,
    CLOZE,
    OWN_NOTE_TYPES,
    REVERSED,
    VIGNETTE,
    NoteKind,
    NoteType,
    Template,
)
from flashcore.domain.vignette import Vignette
from flashcore.formats.html import Rewrite, markdown_to_html

LOOKS_CHANGED_AT = datetime(2026, 11, 24, tzinfo=UTC)
"""When fields, templates or styling here last changed. Anki takes over a note type that is newer than its own, so this
must not move by itself: it would undo what a learner changed there."""

_STYLE = """\
.card { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; font-size: 20px;
  line-height: 1.45; text-align: left; max-width: 42em; margin: 0 auto; padding: 0.6em; overflow-wrap: break-word; }
.mobile .card, .card.mobile { font-size: 18px; }
hr#answer { border: 0; border-top: 1px solid #9aa0a6; margin: 1em 0; }
img { max-width: 100%; height: auto; }
pre { white-space: pre-wrap; padding: 0.5em 0.7em; border-radius: 6px; background: rgba(128, 128, 128, 0.15); }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.9em; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid rgba(128, 128, 128, 0.6); padding: 0.25em 0.6em; }
blockquote { margin: 0.5em 0; padding-left: 0.8em; border-left: 3px solid rgba(128, 128, 128, 0.6); }
.why { margin-top: 1em; }
.why::before { content: "Why: "; font-weight: 600; }
.why > p:first-child { display: inline; }
.source { margin-top: 1em; font-size: 0.75em; opacity: 0.75; }
.cloze { font-weight: bold; color: #1a56c4; }
.nightMode .cloze, .night_mode .cloze { color: #8ab4f8; }
"""

_VIGNETTE_STYLE = """\
ol.options, ol.explanations { list-style-type: upper-alpha; padding-left: 1.8em; }
ol.options > li { margin: 0.35em 0; }
.back ol.options > li.right { font-weight: bold; color: #17692f; }
.nightMode .back ol.options > li.right, .night_mode .back ol.options > li.right { color: #81c995; }
.key { margin: 0.8em 0; padding: 0.4em 0.7em; border-left: 4px solid #17692f; background: rgba(52, 168, 83, 0.13); }
.nightMode .key, .night_mode .key { border-left-color: #81c995; }
.explanations { font-size: 0.95em; }
"""

_AFTER = "{{#Why}}<div class=why>{{Why}}</div>{{/Why}}{{#Source}}<div class=source>{{Source}}</div>{{/Source}}"
_VIGNETTE_IN_ANKI = NoteType(
    VIGNETTE.name, NoteKind.STANDARD, ("Stem", "Options", "Key", "Explanations", "Why", "Source", "Order"),
    (Template(
        "Vignette",
        "<div class=stem>{{Stem}}</div>\n{{Options}}",
        "<div class=stem>{{Stem}}</div>\n<hr id=answer>\n<div class=back>{{Options}}\n"
        "{{#Key}}<div class=key>{{Key}}</div>{{/Key}}\n{{Explanations}}</div>\n" + _AFTER,
    ),),
    _STYLE + _VIGNETTE_STYLE,
)
_IN_ANKI = {
    **{note_type.name: replace(note_type, css=_STYLE) for note_type in (BASIC, REVERSED, CLOZE)},
    VIGNETTE.name: _VIGNETTE_IN_ANKI,
}


def anki_note_type(note_type: NoteType) -> NoteType:
    """The note type as Anki has it: one of a plain-text deck in its look there, any other as it is."""
    own = _IN_ANKI.get(note_type.name)
    return own if own is not None and note_type in OWN_NOTE_TYPES else note_type


MARKDOWN_FIELD = "Markdown"
"""The last field of our note types in a package: the note as it was written. No template shows it."""


def package_note_type(own: NoteType, looks: NoteType | None = None) -> NoteType:
    """One of our note types as a package has it: with the field for its Markdown, folded away in Anki's editor.

    ``looks`` is the same type as somebody changed it in Anki; its templates, styling and settings hold then.
    """
    shown = anki_note_type(own)
    if looks is not None:
        shown = replace(shown, templates=looks.templates, css=looks.css, anki=looks.anki)
    rest = json.loads(shown.anki or "{}")
    fields = [*rest.get("flds", ()), *({} for _ in shown.fields)][:len(shown.fields)]
    rest["flds"] = [*fields, {"collapsed": True, "excludeFromSearch": True, "plainText": True,
                              "description": "the note as flashcore keeps it"}]
    return replace(shown, fields=(*shown.fields, MARKDOWN_FIELD), anki=json.dumps(rest))


def vignette_fields(note: Note, media_name: Rewrite) -> tuple[str, ...]:
    """The fields of a vignette in Anki, as HTML. Options stand in the note's order, lettered as a list."""
    vignette = Vignette.from_note(note)
    options: list[str] = []
    explanations: list[str] = []
    key = ""
    for number, option in enumerate(vignette.options, 1):
        text = markdown_to_html(option.text, media_name)
        mark = " class=right" if option.is_right else ""
        options.append(f"<li{mark}>{text}</li>")
        if option.explanation:
            explanations.append(f"<li{mark} value={number}>{markdown_to_html(option.explanation, media_name)}</li>")
        if option.is_right:
            key = f"<b>{chr(ord('A') + number - 1)}.</b> {text}"
    stem, why, source = (
        markdown_to_html(text, media_name) for text in (vignette.stem, note.field("Why"), note.field("Source")))
    order = "fixed" if vignette.fixed_order else ""
    return stem, _list("options", options), key, _list("explanations", explanations), why, source, order


def _list(name: str, items: list[str]) -> str:
    return f'<ol class={name} type="A">' + "".join(items) + "</ol>" if items else ""
