"""Memory states from an ease and an interval, against fsrs-rs."""

from __future__ import annotations

import fsrs_rs_python
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_memory import PARAMETERS

from flashcore.domain.deck import FSRS_6_PARAMETERS
from flashcore.domain.schedule import MemoryState
from flashcore.scheduling import batch
from flashcore.scheduling.sm2 import memory_from_sm2

EASES, INTERVALS, RETENTIONS = st.floats(1.3, 5), st.floats(0, 36_500), st.floats(0.7, 0.99)


def test_at_nine_tenths_the_interval_is_the_stability() -> None:
    held = memory_from_sm2(2.5, 10, 0.9, FSRS_6_PARAMETERS)
    assert held.stability_days == pytest.approx(10)
    assert held.difficulty == pytest.approx(6.914056, rel=1e-6)


@given(EASES, INTERVALS, RETENTIONS, PARAMETERS)
def test_the_state_is_that_of_fsrs_rs(
        ease: float, interval: float, retention: float, parameters: tuple[float, ...]) -> None:
    held = memory_from_sm2(ease, interval, retention, parameters)
    wanted = fsrs_rs_python.FSRS(parameters=list(parameters)).memory_state_from_sm2(ease, interval, retention)
    assert held.stability_days == pytest.approx(wanted.stability, rel=1e-3)
    assert held.difficulty == pytest.approx(wanted.difficulty, rel=1e-3)


@given(EASES, INTERVALS, st.floats(0.7, 0.95))  # nearer to 1 its 32 bits say too little
def test_with_the_usual_weights_it_is_equal_to_a_hundred_thousandth(
        ease: float, interval: float, retention: float) -> None:
    held = memory_from_sm2(ease, interval, retention, FSRS_6_PARAMETERS)
    wanted = fsrs_rs_python.FSRS(parameters=list(FSRS_6_PARAMETERS)).memory_state_from_sm2(ease, interval, retention)
    assert held.stability_days == pytest.approx(wanted.stability, rel=1e-5)
    assert held.difficulty == pytest.approx(wanted.difficulty, rel=1e-5)


@given(st.lists(st.tuples(EASES, INTERVALS), min_size=1), RETENTIONS, PARAMETERS)
def test_many_at_once_are_the_same_as_one_by_one(
        cards: list[tuple[float, float]], retention: float, parameters: tuple[float, ...]) -> None:
    eases, intervals = (np.array(column) for column in zip(*cards, strict=True))
    stability, difficulty = batch.from_sm2(eases, intervals, retention, parameters)
    wanted = [memory_from_sm2(ease, interval, retention, parameters) for ease, interval in cards]
    assert stability == pytest.approx([memory.stability_days for memory in wanted], rel=1e-9)
    assert difficulty == pytest.approx([memory.difficulty for memory in wanted], rel=1e-9)


def test_a_higher_ease_is_an_easier_card() -> None:
    found = [memory_from_sm2(ease, 10, 0.9, FSRS_6_PARAMETERS).difficulty for ease in (1.3, 2.1, 2.5, 3.2)]
    assert found == sorted(found, reverse=True)
    assert found[0] == 10


def test_weights_under_which_nothing_is_gained_still_give_a_state() -> None:
    flat = (*FSRS_6_PARAMETERS[:10], 0.0, *FSRS_6_PARAMETERS[11:])
    assert memory_from_sm2(2.5, 10, 0.9, flat) == MemoryState(pytest.approx(10), 1.0)


@pytest.mark.parametrize("retention", [0.0, 1.0, -0.5, 1.5])
def test_a_retention_that_is_no_chance_is_refused(retention: float) -> None:
    with pytest.raises(ValueError, match="sm2_retention must be between 0 and 1"):
        memory_from_sm2(2.5, 10, retention, FSRS_6_PARAMETERS)
