"""Options as people write them, and the values that hold for a deck: its own, its parents', the collection's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

from flashcore.domain.deck import FSRS_6_PARAMETERS, CollectionOptions, DeckOptions, Preset, ancestors
from flashcore.errors import NotFoundError, UsageError

Value = str | int | float | bool | list[float] | None


@dataclass(frozen=True, slots=True)
class OptionValue:
    """A value and where it comes from: ``default``, ``collection``, or the name of a deck."""

    value: Value
    source: str


@dataclass(frozen=True, slots=True)
class _Option:
    """How one option is read and what it is when nobody set it. ``read`` raises ValueError with what is wanted."""

    read: Callable[[str], Value]
    default: Value
    of_decks: bool = True


def _whole(text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"[+-]?\d{1,9}", text) or not least <= int(text) <= most:
        raise ValueError(f"a whole number from {least} to {most}")
    return int(text)


def _minutes(text: str) -> int | None:
    return None if text.lower() == "none" else _whole(text, 1, 1440)


def _retention(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.70 <= value <= 0.99:
        raise ValueError("a probability from 0.70 to 0.99")
    return value


def _parameters(text: str) -> list[float]:
    from flashcore.scheduling.memory import check_parameters

    try:
        values = [float(word) for word in re.split(r"[\s,]+", text.strip("[] ")) if word]
        check_parameters(tuple(values))
    except ValueError as error:
        raise ValueError(f"the 21 weights of FSRS-6, separated by spaces or commas ({error})") from None
    return values


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _steps(text: str) -> str:
    seconds = [_step_seconds(word) for word in text.replace(",", " ").split() if word.lower() != "none"]
    return " ".join(_step_text(value) for value in seconds)


def _step_seconds(word: str) -> int:
    match = re.fullmatch(r"(\d{1,6})([smhd])", word.lower())
    if match is None or int(match[1]) == 0:
        raise ValueError("steps such as 1m 10m 1d (s, m, h, d), or none")
    return int(match[1]) * _UNITS[match[2]]


def _step_text(seconds: int) -> str:
    unit = next(unit for unit in "dhms" if seconds % _UNITS[unit] == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def steps_in_seconds(text: str) -> tuple[int, ...]:
    """The steps of an option text, in seconds."""
    return tuple(_step_seconds(word) for word in text.split())


def _yes_no(text: str) -> bool:
    words = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
    if text.lower() not in words:
        raise ValueError("yes or no")
    return words[text.lower()]


def _day(text: str) -> str | None:
    if text.lower() == "none":
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("a date such as 2027-02-21, or none") from None


def _before_after(text: str) -> str:
    if text.lower() not in ("before", "after"):
        raise ValueError("before or after (the answer)")
    return text.lower()


def _names(text: str) -> str | None:
    names = [" ".join(name.split()) for name in text.split(",")]
    return ", ".join(dict.fromkeys(name for name in names if name and name.lower() != "none")) or None


OPTIONS: Mapping[str, _Option] = {
    "exam_on": _Option(_day, None, of_decks=False),
    "minutes_per_day": _Option(_minutes, None, of_decks=False),
    "rollover_hour": _Option(partial(_whole, least=0, most=23), 4, of_decks=False),
    "show_system": _Option(_before_after, "after", of_decks=False),
    "protected_fields": _Option(_names, None, of_decks=False),
    "protected_tags": _Option(_names, None, of_decks=False),
    "desired_retention": _Option(_retention, 0.9),
    "parameters": _Option(_parameters, list(FSRS_6_PARAMETERS)),
    "new_per_day": _Option(partial(_whole, least=0, most=9999), 20),
    "reviews_per_day": _Option(partial(_whole, least=0, most=9999), 9999),
    "learning_steps": _Option(_steps, "1m 10m"),
    "relearning_steps": _Option(_steps, "10m"),
    "maximum_interval_days": _Option(partial(_whole, least=1, most=36_500), 36_500),
    "leech_threshold": _Option(partial(_whole, least=1, most=99), 8),
    "leech_suspend": _Option(_yes_no, False),
}


def _listed(value: Value) -> tuple[str, ...]:
    return tuple(value.split(", ")) if isinstance(value, str) else ()


def read_option(key: str, text: str, *, of_deck: bool) -> str:
    """The canonical text of an option value.

    Raises:
        NotFoundError: there is no such option; the nearest is named.
        UsageError: the value does not fit, or the option is one of the whole collection.
    """
    option = OPTIONS.get(key)
    if option is None:
        raise NotFoundError("option", key, OPTIONS)
    if of_deck and not option.of_decks:
        raise UsageError(f"{key} holds for the whole collection; set it without naming a deck")
    try:
        value = option.read(text.strip())
    except ValueError as error:
        raise UsageError(f"{key}={text!r}: wanted is {error}; nothing was changed") from None
    if isinstance(value, list):
        return " ".join(map(repr, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def option_texts(options: OptionSet, deck: str) -> dict[str, str]:
    """Every option that holds for a deck, as ``read_option`` takes them."""
    return {key: _text(found.value) for key, found in options.values(deck).items()}


def _text(value: Value) -> str:
    if isinstance(value, list):
        return " ".join(map(repr, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)


class OptionSet:
    """All options of a collection, ``held`` as the store keeps them: deck ("" the collection) -> key -> text."""

    def __init__(self, held: Mapping[str, Mapping[str, str]]) -> None:
        self._held = held
        self._decks: dict[str, DeckOptions] = {}
        self._collection: CollectionOptions | None = None

    def value(self, key: str, deck: str = "") -> OptionValue:
        """The value that holds for a deck, or for the collection, and where it comes from."""
        for name in (*(ancestors(deck) if deck else ()), ""):
            text = self._held.get(name, {}).get(key)
            if text is not None:
                return OptionValue(OPTIONS[key].read(text), name or "collection")
        return OptionValue(OPTIONS[key].default, "default")

    def values(self, deck: str = "") -> dict[str, OptionValue]:
        """Every option that applies to a deck, or to the collection."""
        return {key: self.value(key, deck) for key, option in OPTIONS.items() if not deck or option.of_decks}

    def collection(self) -> CollectionOptions:
        """The options of the collection as a whole."""
        if self._collection is None:
            self._collection = self._read_collection()
        return self._collection

    def _read_collection(self) -> CollectionOptions:
        held = {key: self.value(key).value for key, option in OPTIONS.items() if not option.of_decks}
        exam_on, minutes = held["exam_on"], held["minutes_per_day"]
        return CollectionOptions(date.fromisoformat(exam_on) if isinstance(exam_on, str) else None,
                                 int(minutes) if isinstance(minutes, int) else None,
                                 int(str(held["rollover_hour"])), str(held["show_system"]),
                                 _listed(held["protected_fields"]), _listed(held["protected_tags"]))

    def for_deck(self, deck: str) -> DeckOptions:
        """The options of a deck."""
        if deck not in self._decks:
            held = {key: self.value(key, deck).value for key, option in OPTIONS.items() if option.of_decks}
            parameters = held["parameters"]
            preset = Preset(
                float(str(held["desired_retention"])), tuple(parameters) if isinstance(parameters, list) else (),
                steps_in_seconds(str(held["learning_steps"])), steps_in_seconds(str(held["relearning_steps"])),
                int(str(held["maximum_interval_days"])), self.collection().rollover_hour)
            self._decks[deck] = DeckOptions(preset, int(str(held["new_per_day"])), int(str(held["reviews_per_day"])),
                                            int(str(held["leech_threshold"])), bool(held["leech_suspend"]))
        return self._decks[deck]
