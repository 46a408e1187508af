"""Anki's messages (protobuf) as flashcore defines them: packages, and the settings inside a collection of schema 18.

The definitions are the table below: number, name and type of each field, as they stand in files that Anki 26 writes.
A test holds them against the descriptors of the real Anki. What a newer Anki adds stays in a message as unknown
fields and is written again. Importing this module does not load protobuf (30 ms); the first message does.

The two messages of the package itself are read by hand: one message with a strange name may not cost the other
99,999, their number is limited before memory is spent, and a package of the older forms then needs no protobuf.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.message import Message

PACKAGE = "flashcore.anki"

DEFINITIONS = """
PackageMetadata
    1 version int32                 # 1 collection.anki2, 2 collection.anki21, 3 collection.anki21b
MediaEntry
    1 name string
    2 size uint32
    3 sha1 bytes
    255 legacy_zip_filename uint32 optional
MediaEntries
    1 entries MediaEntry repeated   # the first is member "0" of the archive, and so on

CardRequirement
    1 card_ord uint32
    2 kind int32                    # 0 none, 1 any, 2 all of the fields must be filled
    3 field_ords uint32 repeated
NotetypeConfig
    1 kind int32                    # 0 normal, 1 cloze
    2 sort_field_idx uint32
    3 css string
    4 target_deck_id_unused int64
    5 latex_pre string
    6 latex_post string
    7 latex_svg bool
    8 reqs CardRequirement repeated
    9 original_stock_kind int32     # 1 basic, 2 and reversed, 3 optional reversed, 4 typing, 5 cloze, 6 occlusion
    10 original_id int64 optional
    255 other bytes                 # JSON: what this table does not know, from schema 11
FieldConfig
    1 sticky bool
    2 rtl bool
    3 font_name string
    4 font_size uint32
    5 description string
    6 plain_text bool
    7 collapsed bool
    8 exclude_from_search bool
    9 id int64 optional
    10 tag uint32 optional
    11 prevent_deletion bool
    255 other bytes
TemplateConfig
    1 q_format string
    2 a_format string
    3 q_format_browser string
    4 a_format_browser string
    5 target_deck_id int64
    6 browser_font_name string
    7 browser_font_size uint32
    8 id int64 optional
    255 other bytes

DeckCommon
    1 study_collapsed bool
    2 browser_collapsed bool
    3 last_day_studied uint32
    4 new_studied int32
    5 review_studied int32
    6 learning_studied int32
    7 milliseconds_studied int32
    255 other bytes
DayLimit
    1 limit uint32
    2 today uint32                  # the day it holds for, counted from col.crt
NormalDeck
    1 config_id int64
    2 extend_new uint32
    3 extend_review uint32
    4 description string
    5 markdown_description bool
    6 review_limit uint32 optional
    7 new_limit uint32 optional
    8 review_limit_today DayLimit
    9 new_limit_today DayLimit
    10 desired_retention float optional
SearchTerm
    1 search string
    2 limit uint32
    3 order int32
FilteredDeck
    1 reschedule bool
    2 search_terms SearchTerm repeated
    3 delays float repeated         # minutes
    4 preview_delay uint32          # minutes
    5 preview_hard_secs uint32
    6 preview_good_secs uint32
    7 preview_again_secs uint32
DeckKind
    1 normal NormalDeck oneof
    2 filtered FilteredDeck oneof

DeckConfig
    1 learn_steps float repeated    # minutes
    2 relearn_steps float repeated  # minutes
    3 fsrs_params_4 float repeated
    4 easy_days_percentages float repeated
    5 fsrs_params_5 float repeated
    6 fsrs_params_6 float repeated
    9 new_per_day uint32
    10 reviews_per_day uint32
    11 initial_ease float
    12 easy_multiplier float
    13 hard_multiplier float
    14 lapse_multiplier float
    15 interval_multiplier float
    16 maximum_review_interval uint32
    17 minimum_lapse_interval uint32
    18 graduating_interval_good uint32
    19 graduating_interval_easy uint32
    20 new_card_insert_order int32  # 0 due, 1 random
    21 leech_action int32           # 0 suspend, 1 tag only
    22 leech_threshold uint32
    23 disable_autoplay bool
    24 cap_answer_time_to_secs uint32
    25 show_timer bool
    26 skip_question_when_replaying_answer bool
    27 bury_new bool
    28 bury_reviews bool
    29 bury_interday_learning bool
    30 new_mix int32                # 0 with reviews, 1 after, 2 before
    31 interday_learning_mix int32  # as new_mix
    32 new_card_sort_order int32    # 0 template, 1 none, 2 template then random, 3 random note then template, 4 random
    33 review_order int32           # 0 day, 1 day then deck, 2 deck then day, 3-4 interval, 5-6 ease, 7, 11 recall
    34 new_card_gather_priority int32
    35 new_per_day_minimum uint32
    36 question_action int32        # 0 show the answer, 1 remind
    37 desired_retention float      # 0-1
    38 stop_timer_on_answer bool
    40 historical_retention float
    41 seconds_to_show_question float
    42 seconds_to_show_answer float
    43 answer_action int32          # 0 bury, 1 again, 2 good, 3 hard, 4 remind
    44 wait_for_audio bool
    45 param_search string
    46 ignore_revlogs_before_date string
    255 other bytes
"""
"""``optional``: a field that can be told from its zero. Enumerations are int32, which is how they travel."""

_WIDTHS = {1: 8, 5: 4}  # wire type -> bytes


def message(name: str) -> type[Message]:
    """The class of a message of ``DEFINITIONS``."""
    found: type[Message] = _classes()[name]
    return found


def parsed(name: str, data: bytes) -> Message:
    """A message from its bytes.

    Raises:
        ValueError: they are none.
    """
    from google.protobuf.message import DecodeError

    try:
        return message(name).FromString(data)
    except DecodeError as error:
        raise ValueError(f"no {name}: {error}") from error


@cache
def _classes() -> dict[str, type[Message]]:
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message_factory import GetMessageClass

    file = FileDescriptorProto(name="flashcore/anki.proto", package=PACKAGE, syntax="proto3")
    for line in DEFINITIONS.splitlines():
        words = line.partition("#")[0].split()
        if len(words) == 1:
            current = file.message_type.add(name=words[0])
        elif words:
            number, name, kind, *rule = words
            field = current.field.add(name=name, number=int(number), label=(
                Field.LABEL_REPEATED if rule == ["repeated"] else Field.LABEL_OPTIONAL))
            if kind[0].isupper():
                field.type, field.type_name = Field.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
            else:
                field.type = getattr(Field, f"TYPE_{kind.upper()}")
            if rule == ["oneof"]:
                if not current.oneof_decl:
                    current.oneof_decl.add(name="kind")
                field.oneof_index = 0
            elif rule == ["optional"]:
                field.proto3_optional, field.oneof_index = True, len(current.oneof_decl)
                current.oneof_decl.add(name=f"_{name}")
    pool = DescriptorPool()
    pool.Add(file)
    return {one.name: GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{one.name}")) for one in file.message_type}


@dataclass(frozen=True, slots=True)
class MediaEntry:
    """One line of a package's media list, in the order of the members; ``size`` is what the list says."""

    name: str
    size: int


def package_version(data: bytes) -> int:
    """The version in a package's ``meta``; 0 where it says none.

    Raises:
        ValueError: it is no message.
    """
    version = 0
    for number, value in _fields(data):
        if number == 1 and isinstance(value, int):
            version = value
    return version


def media_entries(data: bytes, most: int) -> list[MediaEntry]:
    """The media list of a package of the newest form. Bytes of a name that are no UTF-8 become U+FFFD.

    Raises:
        ValueError: it is no message, or lists more than ``most`` files.
    """
    entries: list[MediaEntry] = []
    for number, entry in _fields(data):
        if number != 1 or isinstance(entry, int):
            continue
        if len(entries) == most:
            raise ValueError(f"it lists more than {most:,} files, which is the limit")
        name, size = b"", 0
        for inner, value in _fields(entry):
            if inner == 1 and isinstance(value, bytes):
                name = value
            elif inner == 2 and isinstance(value, int):
                size = value & 0xFFFFFFFF
        entries.append(MediaEntry(name.decode(errors="replace"), size))
    return entries


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The integers and byte strings of a message in order, each with its field's number; fixed-width numbers are none
    of either and passed over (protobuf.dev/programming-guides/encoding)."""
    position, end = 0, len(data)
    while position < end:
        tag, position = _varint(data, position)
        kind = tag & 7
        if kind == 0:
            value, position = _varint(data, position)
            yield tag >> 3, value
            continue
        if kind not in _WIDTHS and kind != 2:
            raise ValueError("it is no message")
        length, position = _varint(data, position) if kind == 2 else (_WIDTHS[kind], position)
        if position + length > end:
            raise ValueError("it is cut short")
        if kind == 2:
            yield tag >> 3, data[position:position + length]
        position += length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    for byte in data[position:position + 10]:
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, position
        shift += 7
    raise ValueError("it is cut short")
