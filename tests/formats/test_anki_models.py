"""Anki's note types as JSON, in and out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flashcore.domain.note_type import BASIC, NoteKind, NoteType, Template
from flashcore.formats.anki_models import STOCK_NOTE_TYPES, model_of, note_type_of, recovered_type


def a_model(**more: object) -> dict[str, object]:
    return {"name": "M", "type": 0, "css": ".card {}", "flds": [{"name": "A", "ord": 0}, {"name": "B", "ord": 1}],
            "tmpls": [{"name": "T", "ord": 0, "qfmt": "{{A}}", "afmt": "{{B}}"}], **more}


def test_a_model_becomes_a_note_type() -> None:
    assert note_type_of(a_model(type=1)) == NoteType(
        "M", NoteKind.CLOZE, ("A", "B"), (Template("T", "{{A}}", "{{B}}"),), ".card {}")


def test_fields_stand_in_the_order_of_their_ord_where_each_has_its_own() -> None:
    fields = [{"name": "B", "ord": 1}, {"name": "A", "ord": 0}]
    assert note_type_of(a_model(flds=fields)).fields == ("A", "B")
    assert note_type_of(a_model(flds=[{**one, "ord": 0} for one in fields])).fields == ("B", "A")
    assert note_type_of(a_model(flds=[{"name": "B"}, {"name": "A", "ord": True}])).fields == ("B", "A")


def test_names_that_are_missing_or_taken_are_made_distinct() -> None:
    fields = [{"name": "A"}, {"name": "A"}, {"name": 5}, {"name": "A+"}]
    assert note_type_of(a_model(flds=fields)).fields == ("A", "A+", "Field 3", "A++")


def test_what_anki_has_besides_goes_back_as_it_came() -> None:
    model = a_model(id=5, sortf=1, latexPre="x", mod=9, usn=3, req=[[0, "any", [0]]], did=7, tags=["t"], vers=[],
                    flds=[{"name": "A", "ord": 0, "rtl": True, "font": "Arial"}, {"name": "B", "ord": 1}])
    note_type = note_type_of(model)
    assert json.loads(note_type.anki) == {"id": 5, "sortf": 1, "latexPre": "x", "flds": [{"rtl": True}, {}]}
    back = model_of(note_type)
    assert (back["id"], back["sortf"], back["latexPre"], back["mod"], back["usn"], back["did"], back["tags"]) == (
        5, 1, "x", 0, 0, None, [])
    assert [field["rtl"] for field in back["flds"]] == [True, False]  # type: ignore[attr-defined]
    assert note_type_of(back) == note_type


@pytest.mark.parametrize("anki", ["[", "[]", '{"flds": 3, "tmpls": [1]}', '{"flds": [{"name": "X", "ord": 9}]}'])
def test_what_was_kept_wrongly_does_no_harm(anki: str) -> None:
    plain = replace(BASIC, anki=anki)
    assert note_type_of(model_of(plain)) == BASIC


def test_E25_what_is_no_json_is_not_kept() -> None:
    assert note_type_of(a_model(x=float("nan"))).anki == ""
    assert note_type_of(a_model(x="y" * 300_000)).anki == ""


@pytest.mark.parametrize(("change", "what"), [
    ({"name": " "}, "it has no name"), ({"name": 3}, "it has no name"), ({"flds": []}, "'M' has no fields"),
    ({"flds": "x"}, "'M' has no fields"), ({"tmpls": [3]}, "'M' has no templates"),
    ({"flds": [{"name": str(number)} for number in range(101)]}, "'M' has 101 fields and 1 templates"),
    ({"css": "x" * 1_100_000}, "the styling of 'M' is larger than 1 MiB"),
    ({"tmpls": [{"name": "T", "qfmt": "x" * 300_000, "afmt": ""}]}, "the template 'T' of 'M' is larger than 256 KiB"),
    ({"tmpls": [{"name": "T", "qfmt": "", "afmt": "{{^A}}" * 20_000}]}, "is nested 20000 deep; 64 is the most")])
def test_E31_E32_models_beyond_the_limits_are_refused(change: dict[str, object], what: str) -> None:
    with pytest.raises(ValueError) as caught:
        note_type_of(a_model(**change))
    assert what in str(caught.value)


def test_sections_that_are_closed_do_not_count() -> None:
    front = "{{#A}}x{{/A}}" * 100
    assert note_type_of(a_model(tmpls=[{"name": "T", "qfmt": front, "afmt": ""}])).templates[0].front == front


def test_a_recovered_type_has_as_many_fields_as_the_note() -> None:
    assert recovered_type(3).fields == ("Field 1", "Field 2", "Field 3")
    assert len(recovered_type(1).fields) == 2


def test_the_stock_note_types_are_those_of_anki_and_anki_takes_ours(tmp_path: Path) -> None:
    collection = pytest.importorskip("anki.collection").Collection(str(tmp_path / "x.anki2"))
    try:
        for name, stock in STOCK_NOTE_TYPES.items():
            found = collection.models.by_name(name)
            assert replace(note_type_of(found), anki="") == stock
            assert note_type_of(model_of(note_type_of(found))) == note_type_of(found)
        ours = NoteType("Ours", NoteKind.STANDARD, ("A", "B"), (Template("T", "{{A}}", "{{B}}"),), "x")
        collection.models.add_dict(model_of(ours))
        assert replace(note_type_of(collection.models.by_name("Ours")), anki="") == ours
    finally:
        collection.close()
