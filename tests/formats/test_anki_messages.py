"""Our table of Anki's messages, held against the descriptors of the real Anki."""

from __future__ import annotations

import sys
from typing import Any

import hostile
import processes
import pytest
from anki import deck_config_pb2, decks_pb2, import_export_pb2, notetypes_pb2
from hypothesis import example, given
from hypothesis import strategies as st

from flashcore.formats import anki_messages
from flashcore.formats.anki_messages import MediaEntry, media_entries, message, package_version, parsed

ANKIS: dict[str, Any] = {
    "PackageMetadata": import_export_pb2.PackageMetadata,
    "MediaEntries": import_export_pb2.MediaEntries,
    "MediaEntry": import_export_pb2.MediaEntries.MediaEntry,
    "CardRequirement": notetypes_pb2.Notetype.Config.CardRequirement,
    "NotetypeConfig": notetypes_pb2.Notetype.Config,
    "FieldConfig": notetypes_pb2.Notetype.Field.Config,
    "TemplateConfig": notetypes_pb2.Notetype.Template.Config,
    "DeckCommon": decks_pb2.Deck.Common,
    "DayLimit": decks_pb2.Deck.Normal.DayLimit,
    "NormalDeck": decks_pb2.Deck.Normal,
    "SearchTerm": decks_pb2.Deck.Filtered.SearchTerm,
    "FilteredDeck": decks_pb2.Deck.Filtered,
    "DeckKind": decks_pb2.Deck.KindContainer,
    "DeckConfig": deck_config_pb2.DeckConfig.Config,
}
ENUM, INT32 = 14, 5


def shape(descriptor: Any) -> dict[int, tuple[object, ...]]:
    """Number -> name, type, whether repeated and packed, whether it can be told from zero, its oneof, its message."""
    ours = {kind.DESCRIPTOR.full_name: name for name, kind in ANKIS.items()}
    return {field.number: (
        field.name, INT32 if field.type == ENUM else field.type, field.is_repeated,
        field.is_repeated and field.is_packed, field.has_presence,
        field.containing_oneof.name if field.containing_oneof else None,
        (ours.get(field.message_type.full_name) or field.message_type.name) if field.message_type else None)
        for field in descriptor.fields}


@pytest.mark.parametrize("name", ANKIS)
def test_each_message_is_ankis(name: str) -> None:
    assert shape(message(name).DESCRIPTOR) == shape(ANKIS[name].DESCRIPTOR)


def test_every_message_of_the_table_is_compared() -> None:
    defined = [line.strip() for line in anki_messages.DEFINITIONS.splitlines() if line[:1].isupper()]
    assert sorted(defined) == sorted(ANKIS)


def test_what_a_newer_anki_adds_is_written_again() -> None:
    data = ANKIS["DeckConfig"](desired_retention=0.9, learn_steps=[1.0, 10.0]).SerializeToString()
    newer = data + hostile.field(9_999, b"new")
    config: Any = parsed("DeckConfig", newer)
    assert (round(config.desired_retention, 3), list(config.learn_steps)) == (0.9, [1.0, 10.0])
    assert config.SerializeToString() == newer


def test_bytes_that_are_no_message_are_an_error() -> None:
    with pytest.raises(ValueError, match="no DeckConfig"):
        parsed("DeckConfig", b"\x0a\xff")


@given(st.integers(0, 2**31 - 1))
def test_the_version_is_the_one_anki_reads(version: int) -> None:
    data = ANKIS["PackageMetadata"](version=version).SerializeToString()
    assert package_version(data) == version
    assert package_version(hostile.field(7, b"later") + data) == version


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(NAMES, st.integers(0, 2**32 - 1), st.binary(max_size=20)), max_size=10))
def test_the_media_list_is_the_one_anki_reads(entries: list[tuple[str, int, bytes]]) -> None:
    kind = ANKIS["MediaEntries"]
    data = kind(entries=[{"name": name, "size": size, "sha1": sha1} for name, size, sha1 in entries])
    assert media_entries(data.SerializeToString(), 10) == [MediaEntry(name, size) for name, size, _ in entries]


@given(st.binary(max_size=60))
@example(hostile.varint(1 << 3 | 1) + b"\x0a\x00\x00\x00\x00\x00\x00\x00")  # an eight-byte number in place of an entry
@example(hostile.varint(1 << 3 | 5) + b"\x0a\x00\x00\x00" + hostile.media_list(["a.png"]))
@example(hostile.field(1, hostile.field(2, 2**32 + 7)))  # a size of more than 32 bits
def test_what_protobuf_reads_is_read_alike_and_what_it_refuses_costs_no_more(data: bytes) -> None:
    try:
        listed: Any = parsed("MediaEntries", data)
    except ValueError:
        listed = None
    try:
        entries = media_entries(data, 60)
    except ValueError:
        assert listed is None or any(byte & 7 == 3 for byte in data)  # a group, which no message of Anki's has
        return
    if listed is not None:
        assert entries == [MediaEntry(one.name, one.size) for one in listed.entries]


def test_a_name_that_is_no_text_costs_only_itself() -> None:
    assert media_entries(hostile.media_list([b"a\xff.png", "b.png"], 3), 2) == [
        MediaEntry("a\ufffd.png", 3), MediaEntry("b.png", 3)]


def test_a_list_is_counted_before_it_takes_memory() -> None:
    with pytest.raises(ValueError, match="lists more than 100,000 files, which is the limit"):
        media_entries(b"\x0a\x00" * 30_000_000, 100_000)


def test_protobuf_is_loaded_only_for_a_message() -> None:
    code = ("import sys; from flashcore.formats import anki_package, anki_messages as m; m.package_version(b'');"
            "print('google.protobuf' in sys.modules); m.message('DeckConfig'); print('google.protobuf' in sys.modules)")
    assert processes.run(code).split() == ["False", "True"], sys.version
