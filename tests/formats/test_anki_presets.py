"""Anki's presets as options, in and out; no value of a file reaches the scheduler unchecked."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from fsrs import scheduler as fsrs_scheduler
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.deck import FSRS_6_PARAMETERS
from flashcore.errors import Problem
from flashcore.formats.anki_presets import (
    HIGHEST_PARAMETERS,
    LOWEST_PARAMETERS,
    config_of,
    deck_options,
    fsrs_6_parameters,
)
from flashcore.study.options import read_option

STOCK = {"desired_retention": "0.9", "new_per_day": "20", "reviews_per_day": "200", "learning_steps": "1m 10m",
         "relearning_steps": "10m", "maximum_interval_days": "36500", "leech_threshold": "8", "leech_suspend": "no"}


def read(**conf: object) -> tuple[dict[str, str], list[str]]:
    problems: list[Problem] = []
    options = deck_options({"name": "P", **conf}, problems)
    for key, text in options.items():
        assert read_option(key, text, of_deck=True) == ("" if text == "none" else text)
    return options, [problem.what for problem in problems]


def test_a_preset_becomes_options_and_back() -> None:
    assert deck_options(config_of("x", {})) == STOCK
    other = {"desired_retention": "0.85", "new_per_day": "0", "reviews_per_day": "9999", "learning_steps": "30s 15m 1d",
             "relearning_steps": "none", "maximum_interval_days": "180", "leech_threshold": "4", "leech_suspend": "yes",
             "parameters": " ".join(map(repr, FSRS_6_PARAMETERS))}
    assert deck_options(config_of("x", other)) == other


def test_what_a_preset_does_not_say_is_left_out() -> None:
    assert read() == ({}, [])
    assert read(new=None, rev=[], lapse="x", fsrsParams6=[], fsrsWeights=[]) == ({}, [])


def test_the_stock_preset_of_anki_is_read_without_problems(tmp_path: Path) -> None:
    collection = pytest.importorskip("anki.collection").Collection(str(tmp_path / "x.anki2"))
    try:
        problems: list[Problem] = []
        assert deck_options(collection.decks.get_config(1), problems) == STOCK
        assert problems == []
    finally:
        collection.close()


def test_minutes_become_the_largest_unit_that_divides_them() -> None:
    options, _ = read(new={"delays": [0.5, 1, 90, 120, 1440, 2160, 10080]})
    assert options == {"learning_steps": "30s 1m 90m 2h 1d 36h 7d"}


@pytest.mark.parametrize(("conf", "options", "told"), [
    ({"desiredRetention": 0}, {}, ["desired_retention 0 was left out"]),
    ({"desiredRetention": math.nan}, {}, ["desired_retention nan was left out"]),
    ({"desiredRetention": 1e308}, {}, ["desired_retention 1e+308 was left out"]),
    ({"desiredRetention": -0.9}, {}, ["desired_retention -0.9 was left out"]),
    ({"desiredRetention": "0.9"}, {}, ["desired_retention 0.9 was left out"]),
    ({"desiredRetention": True}, {}, ["desired_retention True was left out"]),
    ({"desiredRetention": 0.5}, {"desired_retention": "0.7"}, ["desired_retention 0.5 became 0.7"]),
    ({"desiredRetention": 0.999}, {"desired_retention": "0.99"}, ["desired_retention 0.999 became 0.99"]),
    ({"desiredRetention": 0.8999999761581421}, {"desired_retention": "0.9"}, []),
    ({"new": {"perDay": -1}}, {}, ["new_per_day -1 was left out"]),
    ({"new": {"perDay": 10 ** 400}}, {}, ["new_per_day of more than 20 digits was left out"]),
    ({"new": {"perDay": 99_999}}, {"new_per_day": "9999"}, ["new_per_day 99999 became 9999"]),
    ({"rev": {"perDay": math.inf}}, {}, ["reviews_per_day inf was left out"]),
    ({"rev": {"maxIvl": 0}}, {"maximum_interval_days": "1"}, ["maximum_interval_days 0 became 1"]),
    ({"rev": {"maxIvl": 1e308}}, {"maximum_interval_days": "36500"}, ["maximum_interval_days 1e+308 became 36500"]),
    ({"new": {"delays": [math.nan, -1, 0, "x"]}}, {}, ["learning_steps of 4 values was left out"]),
    ({"new": {"delays": [1, -1]}}, {"learning_steps": "1m"}, ["part of learning_steps of 2 values was left out"]),
    ({"new": {"delays": [1e308]}}, {"learning_steps": "365d"}, ["learning_steps of 1 values became at most 365d"]),
    ({"new": {"delays": 5}}, {}, ["learning_steps 5 was left out"]),
    ({"new": {"delays": []}}, {"learning_steps": "none"}, []),
    ({"lapse": {"leechFails": 0}}, {"leech_threshold": "99"}, []),
    ({"lapse": {"leechFails": 500}}, {"leech_threshold": "99"}, ["leech_threshold 500 became 99"]),
    ({"lapse": {"leechAction": 7}}, {}, ["leech_suspend 7 was left out"]),
    ({"fsrsParams6": [math.nan] * 21}, {}, ["parameters of 21 values was left out"]),
    ({"fsrsParams6": [1e308] * 21}, {}, ["parameters of 21 values was left out"]),
    ({"fsrsParams6": [1.0] * 20}, {}, ["parameters of 20 values was left out"]),
    ({"fsrsParams6": [1.0] * 1_000_000}, {}, ["parameters of 1000000 values was left out"]),
    ({"fsrsParams6": "x"}, {}, ["parameters x was left out"]),
    ({"fsrsWeights": [0.4, 0.6, 2.4, 5.8, 4.93, -0.94, 0.86, *[1.0] * 10]}, {},
     ["parameters of 17 values was left out"])])
def test_E36_absurd_values_are_clamped_or_left_out_and_told(
        conf: dict[str, object], options: dict[str, str], told: list[str]) -> None:
    assert read(**conf) == (options, [f"preset 'P': {one}" for one in told])


def test_E36_weights_out_of_bounds_become_the_nearest() -> None:
    options, told = read(fsrsParams6=[500.0, *FSRS_6_PARAMETERS[1:]])
    assert options["parameters"].split()[:2] == ["100.0", repr(FSRS_6_PARAMETERS[1])]
    assert told == ["preset 'P': parameters out of bounds became the nearest"]


def test_the_newest_weights_that_are_there_are_taken() -> None:
    newest = list(FSRS_6_PARAMETERS)
    options, _ = read(fsrsParams6=newest, fsrsParams5=[1.0] * 19, fsrsWeights=[1.0] * 17)
    assert options["parameters"] == " ".join(map(repr, newest))
    older, _ = read(fsrsParams6=[], fsrsParams5=newest[:19])
    assert older["parameters"] == " ".join(map(repr, [*newest[:19], 0.0, 0.5]))


def test_weights_of_fsrs_4_5_mean_the_same_in_fsrs_6() -> None:
    # the example of https://github.com/open-spaced-repetition/ts-fsrs (tests of default.ts, MIT)
    old = (0.4, 0.6, 2.4, 5.8, 4.93, 0.94, 0.86, 0.01, 1.49, 0.14, 0.94, 2.18, 0.05, 0.34, 1.26, 0.29, 2.61)
    assert fsrs_6_parameters(old) == (
        *old[:4], 6.81, 0.44675014, 1.36, *old[7:], 0.0, 0.0, 0.0, 0.5)
    assert fsrs_6_parameters(old[:13]) is None


def test_the_bounds_are_those_of_the_package() -> None:
    assert (LOWEST_PARAMETERS, HIGHEST_PARAMETERS) == (
        fsrs_scheduler.LOWER_BOUNDS_PARAMETERS, fsrs_scheduler.UPPER_BOUNDS_PARAMETERS)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2))
SECTION = st.fixed_dictionaries({}, optional={key: ANYTHING for key in (
    "perDay", "delays", "maxIvl", "leechFails", "leechAction")})


@given(st.fixed_dictionaries({}, optional={
    "name": ANYTHING, "desiredRetention": ANYTHING, "new": SECTION | ANYTHING, "rev": SECTION, "lapse": SECTION,
    "fsrsParams6": st.lists(st.floats(), min_size=17, max_size=21) | ANYTHING, "fsrsWeights": ANYTHING}))
def test_E36_whatever_a_preset_says_the_options_can_be_set(conf: dict[str, object]) -> None:
    for key, text in deck_options(conf).items():
        read_option(key, text, of_deck=True)
