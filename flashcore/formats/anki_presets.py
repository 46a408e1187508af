"""Anki's deck presets, as the JSON of its schema 11, <-> deck options, as the command ``options`` takes them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from flashcore.errors import Problem
from flashcore.formats.text_file import clean_text

Json = Mapping[str, object]

MOST_PER_DAY = 9999
LONGEST_INTERVAL_DAYS = 36_500
HIGHEST_LEECH_THRESHOLD = 99
LOWEST_RETENTION, HIGHEST_RETENTION = 0.70, 0.99
LONGEST_STEP_DAYS = 365
MOST_STEPS = 50

LOWEST_PARAMETERS = (0.001, 0.001, 0.001, 0.001, 1.0, 0.001, 0.001, 0.001, 0.0, 0.0, 0.001, 0.001, 0.001, 0.001,
                     0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.1)
HIGHEST_PARAMETERS = (100.0, 100.0, 100.0, 100.0, 10.0, 4.0, 4.0, 0.75, 4.5, 0.8, 3.5, 5.0, 0.25, 0.9,
                      4.0, 1.0, 6.0, 2.0, 2.0, 0.8, 0.8)
"""Between which FSRS-6 keeps its weights (py-fsrs 6.3.2; a test holds them equal to the package's)."""
_FARTHEST_PARAMETER = 1000  # beyond it a weight is no weight: clamping would make a schedule of nonsense
_OLD_DECAY = 0.5  # the exponent of the forgetting curve before FSRS-6 made it a weight

_PARAMETERS = (("fsrsParams6", 21), ("fsrsParams5", 19), ("fsrsWeights", 17))
"""Where Anki keeps the weights of each version, newest first, and how many that version has. Anki takes the first
list that is not empty, whatever its length."""


def deck_options(conf: Json, problems: list[Problem] | None = None) -> dict[str, str]:
    """The options of a preset as the command ``options`` takes them; what the preset does not say is left out.

    A number beyond what flashcore takes becomes the nearest it does; one that means nothing (NaN, a retention of 0, a
    negative limit, a text) is left out, so that the default holds. Both are added to ``problems``.
    """
    reading = _Preset(conf, problems if problems is not None else [])
    reading.retention()
    reading.parameters()
    reading.count("new_per_day", "new", "perDay", 0, MOST_PER_DAY)
    reading.count("reviews_per_day", "rev", "perDay", 0, MOST_PER_DAY)
    reading.steps("learning_steps", "new")
    reading.steps("relearning_steps", "lapse")
    reading.count("maximum_interval_days", "rev", "maxIvl", 1, LONGEST_INTERVAL_DAYS)
    reading.leeches()
    return reading.options


class _Preset:
    """The options of one preset while they are read."""

    def __init__(self, conf: Json, problems: list[Problem]) -> None:
        self.conf, self.problems = conf, problems
        self.name = _name(conf.get("name"))
        self.options: dict[str, str] = {}

    def section(self, name: str) -> Json:
        found = self.conf.get(name)
        return found if isinstance(found, Mapping) else {}

    def left_out(self, key: str, value: object) -> None:
        self.problems.append(Problem(0, f"preset {self.name!r}: {key} {_shown(value)} was left out",
                                     "the default holds; set it with the command options"))

    def changed(self, key: str, value: object, taken: object) -> None:
        self.problems.append(Problem(0, f"preset {self.name!r}: {key} {_shown(value)} became {taken}"))

    def count(self, key: str, section: str, name: str, least: int, most: int) -> None:
        """A whole number between two bounds. A negative one means nothing."""
        value = self.section(section).get(name)
        if value is None:
            return
        number = _number(value)
        if number is None or number < 0:
            self.left_out(key, value)
            return
        taken = int(min(max(number, least), most))
        if taken != number:
            self.changed(key, value, taken)
        self.options[key] = str(taken)

    def retention(self) -> None:
        value = self.conf.get("desiredRetention")
        if value is None:
            return
        number = _number(value)
        if number is None or not 0 < number < 1:
            self.left_out("desired_retention", value)
            return
        rounded = round(number, 4)  # Anki keeps 32 bits: 0.9 comes as 0.8999999761581421
        taken = min(max(rounded, LOWEST_RETENTION), HIGHEST_RETENTION)
        if taken != rounded:
            self.changed("desired_retention", value, taken)
        self.options["desired_retention"] = str(taken)

    def parameters(self) -> None:
        """The weights of the newest version that has any."""
        for name, _ in _PARAMETERS:
            values = self.conf.get(name)
            if not values:
                continue
            weights = [_number(value) for value in values] if isinstance(values, list) and len(values) < 50 else [None]
            known = tuple(weight for weight in weights if weight is not None and abs(weight) < _FARTHEST_PARAMETER)
            current = fsrs_6_parameters(known) if len(known) == len(weights) else None
            if current is None:
                self.left_out("parameters", values)
                return
            if any(not low <= weight <= high for low, weight, high in
                   zip(LOWEST_PARAMETERS, current, HIGHEST_PARAMETERS, strict=True)):
                self.problems.append(Problem(0, f"preset {self.name!r}: parameters out of bounds became the nearest"))
            self.options["parameters"] = " ".join(
                repr(min(max(weight, low), high)) for low, weight, high in
                zip(LOWEST_PARAMETERS, current, HIGHEST_PARAMETERS, strict=True))
            return

    def steps(self, key: str, section: str) -> None:
        """Steps, in minutes there. None at all is a choice too: the word ``none``."""
        values = self.section(section).get("delays")
        if values is None:
            return
        minutes = [_number(value) for value in values[:MOST_STEPS]] if isinstance(values, list) else [None]
        seconds = [round(min(value * 60, LONGEST_STEP_DAYS * 86_400)) for value in minutes if value is not None]
        kept = [value for value in seconds if value > 0]
        if len(kept) < len(minutes) or (isinstance(values, list) and len(values) > MOST_STEPS):
            self.left_out(key if not kept else f"part of {key}", values)
            if not kept:
                return
        if any(value is not None and value * 60 > LONGEST_STEP_DAYS * 86_400 for value in minutes):
            self.changed(key, values, f"at most {LONGEST_STEP_DAYS}d")
        self.options[key] = " ".join(map(_step, kept)) or "none"

    def leeches(self) -> None:
        """Leeches: from how many lapses, and whether they are suspended (action 0) or only tagged (1)."""
        lapse = self.section("lapse")
        if lapse.get("leechFails") == 0 and lapse.get("leechFails") is not False:  # in Anki: no leeches
            self.options["leech_threshold"] = str(HIGHEST_LEECH_THRESHOLD)
        else:
            self.count("leech_threshold", "lapse", "leechFails", 1, HIGHEST_LEECH_THRESHOLD)
        action = lapse.get("leechAction")
        if action in (0, 1) and not isinstance(action, bool):
            self.options["leech_suspend"] = "yes" if action == 0 else "no"
        elif action is not None:
            self.left_out("leech_suspend", action)


def fsrs_6_parameters(weights: Sequence[float]) -> tuple[float, ...] | None:
    """The weights of FSRS-4.5 (17), 5 (19) or 6 (21) as FSRS-6 means them, None where it is another count.

    FSRS-5 counts difficulty from another start, so weights 4-6 move; it has no short-term weight 19, and its
    forgetting curve is fixed (https://github.com/open-spaced-repetition/fsrs4anki/wiki/The-Algorithm). The logarithm
    fails on a weight 5 of -1/3 and less: None too.
    """
    current = [float(weight) for weight in weights]
    if len(current) == 17:
        inside = current[5] * 3 + 1
        if inside <= 0:
            return None
        current[4:7] = round(current[4] + current[5] * 2, 8), round(math.log(inside) / 3, 8), round(current[6] + 0.5, 8)
        current += [0.0, 0.0]
    if len(current) == 19:
        current += [0.0, _OLD_DECAY]
    return tuple(current) if len(current) == 21 else None


def config_of(name: str, options: Mapping[str, str]) -> dict[str, object]:
    """A preset of Anki with these options; ``id``, ``mod`` and ``usn`` are 0. What is not said is Anki's default.

    ``options`` are canonical texts, as ``deck_options`` gives them.
    """
    parameters = [float(word) for word in options.get("parameters", "").split()]
    return {
        "id": 0, "name": name, "mod": 0, "usn": 0, "maxTaken": 60, "autoplay": True, "timer": 0, "replayq": True,
        "dyn": False,
        "new": {"bury": False, "delays": _minutes(options.get("learning_steps", "1m 10m")), "initialFactor": 2500,
                "ints": [1, 4, 0], "order": 1, "perDay": int(options.get("new_per_day", "20")), "separate": True},
        "rev": {"bury": False, "ease4": 1.3, "ivlFct": 1.0, "maxIvl": int(options.get(
            "maximum_interval_days", str(LONGEST_INTERVAL_DAYS))), "perDay": int(options.get("reviews_per_day", "200")),
            "hardFactor": 1.2, "fuzz": 0.05, "minSpace": 1},
        "lapse": {"delays": _minutes(options.get("relearning_steps", "10m")), "minInt": 1, "mult": 0.0,
                  "leechAction": 0 if options.get("leech_suspend") == "yes" else 1,
                  "leechFails": int(options.get("leech_threshold", "8"))},
        "desiredRetention": float(options.get("desired_retention", "0.9")), "fsrsParams6": parameters,
    }


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _step(seconds: int) -> str:
    unit = next(unit for unit in "dhms" if seconds % _UNITS[unit] == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def _minutes(steps: str) -> list[float]:
    words = [word for word in steps.split() if word != "none"]
    return [int(word[:-1]) * _UNITS[word[-1]] / 60 for word in words]


def _number(value: object) -> float | None:
    """A finite number; None for everything else, truth values and texts too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _shown(value: object) -> str:
    """A value as a report shows it: never long, and never a number of so many digits that Python refuses to print."""
    if isinstance(value, int) and abs(value) >= 10 ** 20:
        return "of more than 20 digits"
    if isinstance(value, list | dict):
        return f"of {len(value)} values"
    text = str(value)
    return text if len(text) <= 40 else text[:40] + "..."


def _name(value: object) -> str:
    text = clean_text(value)[0].strip() if isinstance(value, str) else ""
    return (text if len(text) <= 40 else text[:40] + "...") or "unnamed"
