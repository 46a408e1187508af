"""The values that stand in lines of flashcore's JSONL, each checked against what the collection can hold."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

Line = dict[str, Any]

EARLIEST_MS, LATEST_MS = -5_364_662_400_000, 221_845_392_000_000
"""1800 and 9000: whatever is worked out of such a moment is one too."""
_LATEST_DUE_MS = 253_380_000_000_000
_EARLIEST_DAY, _LATEST_DAY = -62_091, 2_932_001
_MOST_DAYS = 3_000_000
_MOST_STABILITY = 1_000_000.0
_DAY_0 = date(1970, 1, 1).toordinal()
_STATES = {"learning": 1, "review": 2, "relearning": 3}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LARGEST_EXTRAS_BYTES = 256 * 1024
_LARGEST_INTEGER = (1 << 63) - 1
_DEEPEST = 20
LOWEST_PARAMETERS = (0.001, 0.001, 0.001, 0.001, 1.0, 0.001, 0.001, 0.001, 0.0, 0.0, 0.001, 0.001, 0.001, 0.001, 0.0,
                     0.0, 1.0, 0.0, 0.0, 0.0, 0.1)
HIGHEST_PARAMETERS = (100.0, 100.0, 100.0, 100.0, 10.0, 4.0, 4.0, 0.75, 4.5, 0.8, 3.5, 5.0, 0.25, 0.9, 4.0, 1.0, 6.0,
                      2.0, 2.0, 0.8, 0.8)
"""The bounds of the weights of FSRS-6 (py-fsrs 6.3.2; a test holds them equal to the package's)."""
_MOST_STEPS, _LONGEST_STEP_SECONDS = 100, 366 * 86_400


class Fault(Exception):
    """Why a line is left out."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


def number(line: Line, key: str, least: int, most: int) -> int:
    """A whole number that has to be there."""
    value = line.get(key)
    if type(value) is not int or not least <= value <= most:
        raise Fault(f"its {key} is not a whole number that may stand there")
    return value


def optional(line: Line, key: str, least: int, most: int) -> int | None:
    """A whole number, or None where there is none."""
    value = line.get(key)
    if value is None:
        return None
    if type(value) is not int or not least <= value <= most:
        raise Fault(f"its {key} is not a whole number that may stand there")
    return value


def real(line: Line, key: str, least: float, most: float) -> float | None:
    """A number, or None where there is none."""
    value = line.get(key)
    if value is None:
        return None
    if type(value) not in (int, float) or not least <= value <= most:
        raise Fault(f"its {key} is not a number that may stand there")
    return float(value)


def text_of(value: Any, what: str) -> str:
    """A text as it is, but for what the collection cannot hold: NUL, half surrogates, the separator of fields."""
    if not isinstance(value, str):
        raise Fault(f"{what} is no text")
    if value.isascii() and "\0" not in value and "\x1f" not in value:
        return value
    whole = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return whole.replace("\0", "").replace("\x1f", "\u241f")


def word(line: Line, key: str, longest: int = 200) -> str:
    """A text that has to be there, without anything that a terminal would obey."""
    value = line.get(key)
    if not isinstance(value, str) or not value or len(value) > longest or _CONTROLS.search(value):
        raise Fault(f"its {key} is not a name that it may have")
    return value


def optional_word(line: Line, key: str, longest: int = 200) -> str | None:
    """Such a text, or None where there is none."""
    return None if line.get(key) in (None, "") else word(line, key, longest)


def listed(value: Any, what: str, most: int) -> list[Any]:
    """A list, empty where there is none."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Fault(f"{what} are no list")
    if len(value) > most:
        raise Fault(f"it has {len(value):,} {what.removeprefix('its ')}; {most:,} are the most")
    return value


@lru_cache(maxsize=65_536)
def _ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal() - _DAY_0


def day(line: Line, key: str) -> int | None:
    """A date as days since 1970-01-01, or None where there is none."""
    value = line.get(key)
    if value is None:
        return None
    try:
        found = _ordinal(value) if isinstance(value, str) else _EARLIEST_DAY - 1
    except ValueError:
        found = _EARLIEST_DAY - 1
    if not _EARLIEST_DAY <= found <= _LATEST_DAY:
        raise Fault(f"its {key} is no date such as 2026-03-02")
    return found


def schedule(value: Any) -> tuple[Any, ...]:
    """The columns of a schedule."""
    if not isinstance(value, dict):
        raise Fault("its schedule is no object")
    name = value.get("state")
    state = _STATES.get(name) if isinstance(name, str) else None
    if state is None:
        raise Fault("the state of its schedule is none of learning, review, relearning")
    due_on, last_on = day(value, "due_on"), day(value, "last_on")
    stability = real(value, "stability_days", 1e-9, _MOST_STABILITY)
    difficulty = real(value, "difficulty", 0.999, 10.001)
    if due_on is None or (stability is None) != (difficulty is None):
        raise Fault("its schedule is not whole")
    return (state, number(value, "due_at", EARLIEST_MS, _LATEST_DUE_MS), due_on,
            number(value, "interval_days", 0, _MOST_DAYS), optional(value, "step", 0, 1_000), stability, difficulty,
            number(value, "reps", 0, 1 << 40), number(value, "lapses", 0, 1 << 40),
            optional(value, "last_at", EARLIEST_MS, LATEST_MS), last_on)


def preset_text(line: Line) -> str:
    """A preset as its canonical JSON."""
    weights = listed(line.get("parameters"), "its parameters", len(LOWEST_PARAMETERS))
    if len(weights) != len(LOWEST_PARAMETERS) or not all(
            type(weight) in (int, float) and low <= weight <= high
            for weight, low, high in zip(weights, LOWEST_PARAMETERS, HIGHEST_PARAMETERS, strict=True)):
        raise Fault("its parameters are not 21 weights of FSRS-6")
    steps: dict[str, list[int]] = {}
    for key in ("learning_steps_seconds", "relearning_steps_seconds"):
        held = listed(line.get(key), f"its {key}", _MOST_STEPS)
        if not all(type(step) is int and 0 < step <= _LONGEST_STEP_SECONDS for step in held):
            raise Fault(f"its {key} are not steps in seconds")
        steps[key] = held
    retention = real(line, "desired_retention", 0.01, 0.9999)
    if retention is None:
        raise Fault("it has no desired_retention")
    return json.dumps({"desired_retention": retention, "parameters": [float(weight) for weight in weights], **steps,
                       "maximum_interval_days": number(line, "maximum_interval_days", 1, 36_500),
                       "rollover_hour": number(line, "rollover_hour", 0, 23)}, sort_keys=True)


_KNOWN_EXTRAS: Mapping[str, tuple[type, ...]] = {
    "pos": (int,), "ease": (int,), "ivl": (int,), "no_memory": (int,), "dr": (int, float), "decay": (int, float),
    "cd": (str,)}


def card_extras(value: Any) -> str | None:
    """What Anki keeps of a card, as JSON; what is not of its kind is left out."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Fault("what Anki keeps of it is no object")
    kept = {key: held for key, held in value.items()
            if _is_plain(held) and type(held) in _KNOWN_EXTRAS.get(key, (type(held),))}
    return encoded(kept, separators=(",", ":"))


def deck_extras(value: Any) -> str:
    """What Anki keeps of a deck, as JSON, or empty."""
    if value is None:
        return ""
    if not isinstance(value, dict):
        raise Fault("what Anki keeps of it is no object")
    kept = {key: held for key, held in value.items()
            if _is_plain(held) and (key != "id" or type(held) is int) and (key != "desc" or isinstance(held, str))}
    return encoded(kept)


def type_extras(value: Any) -> str:
    """What Anki keeps of a note type, as JSON, or empty."""
    if value is None:
        return ""
    if not isinstance(value, dict) or _depth(value) > _DEEPEST:
        raise Fault("what Anki keeps of it is no object, or nested too deeply")
    return encoded(value)


def encoded(value: Mapping[str, Any], separators: tuple[str, str] | None = None) -> str:
    """An object as JSON that is text throughout."""
    try:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=separators)
        size = len(text.encode())
    except (ValueError, TypeError):
        raise Fault("what Anki keeps of it holds something that is no text and no number") from None
    if size > _LARGEST_EXTRAS_BYTES:
        raise Fault(f"what Anki keeps of it is larger than {_LARGEST_EXTRAS_BYTES >> 10} KiB")
    return text


def _is_plain(value: Any) -> bool:
    if type(value) is int:
        return -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER
    return value is None or isinstance(value, bool | str) or (isinstance(value, float) and math.isfinite(value))


def _depth(value: Any) -> int:
    """How deep lists and objects are nested; counting ends where it is too deep."""
    level, depth = [value], 0
    while level and depth <= _DEEPEST:
        depth += 1
        level = [part for one in level if isinstance(one, dict | list)
                 for part in (one.values() if isinstance(one, dict) else one)]
    return depth
