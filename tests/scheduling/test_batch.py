"""Memory states rebuilt from foreign logs: against py-fsrs row by row, fsrs-rs, and what the real Anki reports."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsrs
import fsrs_rs_python
import numpy as np
import pytest
from anki.collection import Collection as Anki
from anki.deck_config_pb2 import UpdateDeckConfigsRequest
from hypothesis import given
from hypothesis import strategies as st
from test_memory import PARAMETERS, histories

from flashcore.domain.deck import FSRS_6_PARAMETERS
from flashcore.domain.review import Rating
from flashcore.domain.schedule import MemoryState
from flashcore.scheduling import batch, memory
from flashcore.scheduling.batch import FILTERED, LEARN, MANUAL, RELEARN, RESCHEDULED, REVIEW

DAY_SECONDS = 86_400
OTHER_PARAMETERS = (*FSRS_6_PARAMETERS[:2], 5.0, 12.0, *FSRS_6_PARAMETERS[4:20], 0.3)

Pair = tuple[float, float]
"""(stability in days, difficulty), nan where there is none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of Anki's log, ``day`` being the study days before today."""

    day: int
    rating: int
    interval: int
    factor: int
    kind: int
    second: int = 3600


Log = Sequence[Row]


def rebuilt(logs: Sequence[Log], parameters: tuple[float, ...] = FSRS_6_PARAMETERS, **options: object) -> batch.Rebuilt:
    """What the logs of cards 10, 20, ... leave; today is day 20,000."""
    rows = [(10 * number, 20_000 - row.day, row.rating, row.kind, row.factor, row.interval)
            for number, log in enumerate(logs, 1) for row in log]
    card, day, rating, kind, factor, interval = np.array(rows, dtype=np.int64).reshape(-1, 6).T
    return batch.rebuild(card, day, rating, kind, factor, interval=interval,
                         **{"parameters": parameters, **options})  # type: ignore[arg-type]


def pairs(found: batch.Rebuilt) -> list[Pair]:
    return list(zip(found.stability.tolist(), found.difficulty.tolist(), strict=True))


def plain_log(history: Sequence[tuple[int, Rating]]) -> list[Row]:
    """A history of (days since the answer before, rating): one learning row, then reviews."""
    days = list(itertools.accumulate(gap for gap, _ in history))
    return [Row(days[-1] - day, int(rating), 3, 2500, REVIEW if number else LEARN)
            for number, (day, (_, rating)) in enumerate(zip(days, history, strict=True))]


HISTORIES = st.lists(st.tuples(st.one_of(st.just(0), st.integers(1, 30), st.integers(31, 400)),
                               st.sampled_from(Rating)), min_size=1, max_size=12)


# the numbers


@pytest.mark.parametrize("few", [0, 10_000], ids=["together", "card by card"])
@given(logs=st.lists(HISTORIES, min_size=1, max_size=30), parameters=PARAMETERS)
def test_states_are_those_of_the_scheduler_row_by_row(
        few: int, logs: list[list[tuple[int, Rating]]], parameters: tuple[float, ...]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "_FEW_CARDS", few)
        found = rebuilt([plain_log(history) for history in logs], parameters)
    for (stability, difficulty), history in zip(pairs(found), logs, strict=True):
        wanted: MemoryState | None = None
        for gap, rating in history:
            wanted = memory.next_memory(wanted, gap, rating, parameters)
            wanted = MemoryState(min(wanted.stability_days, 36_500.0), wanted.difficulty)  # py-fsrs sets no upper bound
        assert wanted is not None
        assert (stability, difficulty) == pytest.approx((wanted.stability_days, wanted.difficulty), rel=1e-9), history


def test_states_are_those_of_fsrs_rs() -> None:
    logs = histories(2_000)
    model = fsrs_rs_python.FSRS(parameters=list(FSRS_6_PARAMETERS))
    wanted = model.memory_state_batch([fsrs_rs_python.FSRSItem(
        [fsrs_rs_python.FSRSReview(int(rating), gap) for gap, rating in history]) for history in logs])
    found = rebuilt([plain_log(history) for history in logs])
    for pair, state, history in zip(pairs(found), wanted, logs, strict=True):
        assert pair == pytest.approx((state.stability, state.difficulty), rel=1e-5), history


def test_a_history_without_its_beginning_continues_as_in_fsrs_rs() -> None:
    model = fsrs_rs_python.FSRS(parameters=list(FSRS_6_PARAMETERS))
    start = model.memory_state_from_sm2(2.1, 8, 0.85)
    wanted = model.memory_state(fsrs_rs_python.FSRSItem(
        [fsrs_rs_python.FSRSReview(3, 8), fsrs_rs_python.FSRSReview(1, 20)]), start)
    found = rebuilt([[Row(40, 4, 8, 2100, REVIEW), Row(32, 3, 20, 2100, REVIEW), Row(12, 1, 1, 1900, REVIEW)]],
                    sm2_retention=0.85)
    assert pairs(found) == [pytest.approx((wanted.stability, wanted.difficulty), rel=1e-5)]


def test_stability_stays_below_a_hundred_years() -> None:
    found = rebuilt([plain_log([(0, Rating.EASY), *[(30_000, Rating.EASY)] * 6])])
    assert pairs(found) == [(36_500.0, 1.0)]


def test_a_day_that_goes_back_counts_as_the_same_day() -> None:
    back = [Row(10, 3, 3, 2500, LEARN), Row(12, 3, 3, 2500, REVIEW)]
    same = [Row(10, 3, 3, 2500, LEARN), Row(10, 3, 3, 2500, REVIEW)]
    for few in (0, 10):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(batch, "_FEW_CARDS", few)
            assert pairs(rebuilt([back])) == pairs(rebuilt([same]))


# the arrays


def test_every_card_has_an_entry_and_its_last_day() -> None:
    found = rebuilt([[Row(9, 3, 3, 2500, LEARN), Row(4, 3, 9, 2500, REVIEW), Row(1, 0, 9, 2500, MANUAL)],
                     [Row(7, 3, 0, 0, FILTERED)],
                     [Row(5, 2, 3, 2500, LEARN)]])
    assert found.card.tolist() == [10, 20, 30]
    assert found.last_day.tolist() == [19_996, -1, 19_995]
    assert np.isnan(found.stability).tolist() == np.isnan(found.difficulty).tolist() == [False, True, False]


def test_a_log_without_rows_has_no_cards() -> None:
    found = rebuilt([])
    assert [len(column) for column in (found.card, found.stability, found.difficulty, found.last_day)] == [0] * 4


def test_lists_do_as_well_as_arrays() -> None:
    columns = ([1, 1, 2], [5, 8, 6], [3, 3, 2], [LEARN, REVIEW, REVIEW], [0, 2500, 1900])
    arrays = [np.array(column) for column in columns]
    lists = batch.rebuild(*columns, interval=[3, 8, 5], parameters=FSRS_6_PARAMETERS, is_ignored=[True, False, False])
    wanted = batch.rebuild(*arrays, interval=np.array([3, 8, 5]), parameters=FSRS_6_PARAMETERS,
                           is_ignored=np.array([True, False, False]))
    assert pairs(lists) == pairs(wanted)
    assert lists.card.tolist() == [1, 2]


def test_each_card_is_rebuilt_under_its_own_weights() -> None:
    logs = [plain_log(history) for history in histories(60)]
    sets = [FSRS_6_PARAMETERS, OTHER_PARAMETERS]
    which = [number % 3 % 2 for number in range(60)]
    found = pairs(rebuilt(logs, parameters=sets, parameter_set=np.array(which)))  # type: ignore[arg-type]
    for pair, log, number in zip(found, logs, which, strict=True):
        assert pair == pytest.approx(pairs(rebuilt([log], sets[number]))[0], rel=1e-12), number


def test_each_set_has_its_own_retention() -> None:
    logs = [[Row(9, 3, 8, 2500, REVIEW)]] * 2
    found = rebuilt(logs, parameters=[FSRS_6_PARAMETERS] * 2, parameter_set=np.array([0, 1]),  # type: ignore[arg-type]
                    sm2_retention=[0.9, 0.8])
    assert pairs(found) == [pairs(rebuilt(logs[:1], sm2_retention=retention))[0] for retention in (0.9, 0.8)]
    with pytest.raises(ValueError, match="shorter"):
        rebuilt(logs, parameters=[FSRS_6_PARAMETERS] * 2, sm2_retention=[0.9])  # type: ignore[arg-type]


def test_the_states_do_not_depend_on_which_cards_stand_beside_each_other() -> None:
    logs = [log for _, log in sorted(CASES.items())]
    together = pairs(rebuilt(logs))
    alone = [pairs(rebuilt([log]))[0] for log in logs]
    for one, other in zip(together, alone, strict=True):
        assert one == pytest.approx(other, rel=1e-12, nan_ok=True)


# what of a log counts, as the real Anki decides it

LEARNED = [Row(30, 3, -600, 0, LEARN, 100), Row(30, 3, 3, 2500, LEARN, 800), Row(27, 3, 8, 2500, REVIEW),
           Row(19, 3, 20, 2500, REVIEW)]
ONE = Row(10, 3, 8, 2500, REVIEW)

CASES: Mapping[str, Log] = {
    "plain": LEARNED,
    "lapse": [*LEARNED, Row(10, 1, -600, 2500, REVIEW), Row(10, 3, 4, 2500, RELEARN, 4000), Row(6, 3, 9, 2500, REVIEW)],
    "reset and learned again": [*LEARNED, Row(10, 0, 0, 0, MANUAL), Row(9, 3, -600, 0, LEARN),
                                Row(9, 3, 2, 2500, LEARN, 4000)],
    "reset, nothing after": [*LEARNED, Row(10, 0, 0, 0, MANUAL)],
    "reset, then a review": [*LEARNED, Row(10, 0, 0, 0, MANUAL), Row(9, 3, 10, 2500, REVIEW)],
    "reset, then cramming": [*LEARNED, Row(5, 0, 0, 0, MANUAL), Row(4, 3, 3, 0, FILTERED)],
    "reset, then filtered": [*LEARNED, Row(5, 0, 0, 0, MANUAL), Row(4, 3, 3, 2500, FILTERED)],
    "reset with a rating": [*LEARNED, Row(5, 3, 3, 0, MANUAL)],
    "two resets": [*LEARNED, Row(15, 0, 0, 0, MANUAL), Row(14, 3, 3, 2500, LEARN), Row(12, 0, 0, 0, MANUAL),
                   Row(9, 3, 9, 2500, REVIEW)],
    "manual": [*LEARNED[:3], Row(20, 0, 5, 2500, MANUAL), LEARNED[3]],
    "manual first": [Row(12, 0, 7, 2300, MANUAL), ONE],
    "rescheduled": [*LEARNED[:3], Row(20, 0, 5, 2500, RESCHEDULED), LEARNED[3]],
    "rescheduled with factor 0 is no reset": [*LEARNED[:3], Row(20, 0, 5, 0, RESCHEDULED), LEARNED[3]],
    "cramming": [*LEARNED[:3], Row(22, 1, 5, 0, FILTERED), LEARNED[3]],
    "filtered": [*LEARNED[:3], Row(22, 1, 5, 2500, FILTERED), LEARNED[3]],
    "filtered, difficulty as factor": [*LEARNED[:3], Row(22, 1, 5, 500, FILTERED), LEARNED[3]],
    "no learning rows": LEARNED[2:],
    "one review": [ONE],
    "one failed review": [Row(10, 1, 8, 2500, REVIEW)],
    "review of no days": [Row(10, 3, 0, 2500, REVIEW)],
    "review of minutes": [Row(10, 3, -600, 2500, REVIEW)],
    "review of almost a day": [Row(12, 3, -86_399, 2500, REVIEW), ONE],
    "review of a day in seconds": [Row(12, 3, -86_400, 2500, REVIEW), ONE],
    "review of three days in seconds": [Row(12, 3, -259_200, 2500, REVIEW), ONE],
    "review of no days, then of eight": [Row(13, 1, 0, 2500, REVIEW), ONE, Row(1, 3, 20, 2500, REVIEW)],
    "factor 0": [Row(10, 3, 8, 0, REVIEW)],
    "factor 500": [Row(10, 3, 8, 500, REVIEW), Row(5, 3, 8, 500, REVIEW)],
    "factor 100": [Row(10, 3, 8, 100, REVIEW)],
    "factor 1100": [Row(10, 3, 8, 1100, REVIEW)],
    "factor 1101": [Row(10, 3, 36_500, 1101, REVIEW)],
    "factor 4000": [Row(10, 3, 8, 4000, REVIEW)],
    "only relearning": [Row(22, 3, 5, 2500, RELEARN), Row(20, 3, 5, 2500, REVIEW)],
    "only relearning, in minutes": [Row(22, 3, -600, 2500, RELEARN)],
    "only filtered": [Row(10, 3, 8, 2500, FILTERED)],
    "only cramming": [Row(10, 3, 8, 0, FILTERED)],
    "cramming before anything": [Row(12, 3, 7, 0, FILTERED), ONE, Row(4, 3, 20, 2500, REVIEW)],
    "learned twice": [*LEARNED, Row(10, 3, -600, 0, LEARN), Row(10, 3, 4, 2500, LEARN, 4000),
                      Row(6, 3, 9, 2500, REVIEW)],
    "review before learning": [Row(48, 3, 6, 2500, REVIEW), *LEARNED],
    "learning, cramming, learning": [Row(30, 1, -60, 0, LEARN), Row(29, 3, -60, 0, FILTERED),
                                     Row(28, 3, 4, 2500, LEARN), Row(20, 3, 9, 2500, REVIEW)],
    "learning, filtered, learning": [Row(30, 1, -60, 0, LEARN), Row(29, 3, -60, 2500, FILTERED),
                                     Row(28, 3, 4, 2500, LEARN)],
    "learning, manual, learning": [Row(30, 1, -60, 0, LEARN), Row(29, 0, 4, 2500, MANUAL), Row(28, 3, 4, 2500, LEARN)],
    "learning, no rating, learning": [Row(30, 1, -60, 0, LEARN), Row(29, 0, 4, 0, LEARN), Row(28, 3, 4, 2500, LEARN)],
    "learning, relearning, learning": [Row(30, 1, -60, 0, LEARN), Row(29, 2, 4, 0, RELEARN), Row(28, 3, 4, 0, LEARN)],
    "the same day": [ONE, Row(10, 3, 20, 1300, REVIEW, 4000)],
    "the future": [*LEARNED, Row(-3, 3, 9, 2500, REVIEW)],
    "learned once": [Row(30, 1, -60, 0, LEARN)],
    "learned once after a review": [Row(45, 3, 9, 2500, REVIEW), Row(38, 3, 3, 2500, LEARN)],
    "learned once, then cramming": [Row(38, 3, 3, 2500, LEARN), Row(35, 3, 3, 0, FILTERED)],
    "learned once, then manual": [Row(38, 3, 3, 2500, LEARN), Row(24, 0, 3, 2500, MANUAL)],
    "learned in minutes, relearned later": [Row(38, 3, -60, 2500, LEARN), Row(24, 1, -600, 2500, RELEARN),
                                            Row(23, 3, 5, 2500, REVIEW)],
    "learned over two days": [Row(30, 1, -60, 0, LEARN), Row(24, 3, -60, 0, LEARN), Row(22, 3, 3, 2500, LEARN),
                              Row(15, 3, 9, 2500, REVIEW)],
    "late in the evening, early in the morning": [Row(3, 3, 1, 2500, LEARN, DAY_SECONDS - 60),
                                                  Row(2, 3, 4, 2500, REVIEW, 60)],
}


def random_logs(number: int, seed: int) -> list[list[Row]]:
    """Logs of every kind of row in any order, most of which no program would write."""
    chance = random.Random(seed)
    logs = []
    for _ in range(number):
        day, log = chance.randint(1, 1500), []
        second = chance.randint(1, 80_000)
        for _ in range(chance.randint(1, 9)):
            kind = chance.choices(range(6), (4, 6, 2, 2, 1, 1))[0]
            rating = chance.choices(range(5), (0, 2, 1, 6, 1))[0] if kind < MANUAL else 0
            if chance.random() < 0.06:
                rating = chance.randint(0, 4)
            interval = chance.choice((-60, -600, 0, 1, chance.randint(2, 700), -86_400, -200_000, -86_399))
            factor = chance.choice((0, 0, 2500, 1300, 1100, 100, chance.randint(100, 1100), chance.randint(1300, 4000)))
            log.append(Row(day, rating, interval, factor, kind, second))
            gap = chance.choice((0, 0, 1, 1, 3, chance.randint(0, 40), chance.randint(0, 400)))
            second = min(second + chance.randint(1, 3000), DAY_SECONDS - 1) if gap == 0 else chance.randint(1, 80_000)
            day -= gap
            if day < 0:
                break
        logs.append(log)
    return logs


class RealAnki:
    """A real Anki collection of cards with review logs and no memory states, until FSRS is switched on."""

    def __init__(self, path: Path) -> None:
        collection = Anki(str(path))
        collection.db.execute("update col set crt = crt - ?", 4_000 * DAY_SECONDS)  # older than any row
        collection.close()
        self._anki = Anki(str(path))
        self._cards: list[int] = []

    def close(self) -> None:
        self._anki.close()

    def add(self, log: Log) -> None:
        """A review card with this log."""
        note = self._anki.new_note(self._anki.models.by_name("Basic"))
        note["Front"] = "?"
        self._anki.add_note(note, 1)
        card = note.cards()[0].id
        self._anki.db.execute("update cards set type = 2, queue = 2, ivl = 10, factor = 2500, due = ? where id = ?",
                              self._anki.sched.today + 5, card)
        today = self._anki.sched.day_cutoff - DAY_SECONDS
        for row in log:
            at_ms = (today - row.day * DAY_SECONDS + row.second) * 1000
            while self._anki.db.scalar("select 1 from revlog where id = ?", at_ms):
                at_ms += 1
            self._anki.db.execute("insert into revlog values (?, ?, -1, ?, ?, 0, ?, 5000, ?)", at_ms, card, row.rating,
                                  row.interval, row.factor, row.kind)
        self._cards.append(card)

    def states(self, parameters: tuple[float, ...], retention: float, ignored_before: str) -> list[Pair]:
        """What Anki makes of the logs when FSRS is switched on with these options, in the order of ``add``."""
        found = self._anki.decks.get_deck_configs_for_update(1)
        options = found.all_config[0].config
        options.config.fsrs_params_6.extend(parameters)
        options.config.historical_retention = retention
        options.config.ignore_revlogs_before_date = ignored_before
        request = UpdateDeckConfigsRequest(target_deck_id=1, configs=[options], fsrs=True)
        request.limits.CopyFrom(found.current_deck.limits)
        self._anki.decks.update_deck_configs(request)
        states = [self._anki.get_card(card).memory_state for card in self._cards]
        return [(state.stability, state.difficulty) if state else (math.nan, math.nan) for state in states]

    def rebuilt(self, parameters: tuple[float, ...], retention: float, ignored_before: str) -> list[Pair]:
        """What this module makes of them."""
        rows = self._anki.db.all("select cid, id, ease, type, factor, ivl from revlog order by cid, id")
        card, at_ms, rating, kind, factor, interval = np.array(rows, dtype=np.int64).T
        day = (at_ms // 1000 - (self._anki.sched.day_cutoff - 20_000 * DAY_SECONDS)) // DAY_SECONDS
        oldest = datetime.fromisoformat(ignored_before).replace(tzinfo=UTC).timestamp() if ignored_before else 0
        day = np.minimum(day, 20_000 - 1)  # a row of the future counts as today's
        found = batch.rebuild(card, day, rating, kind, factor, interval=interval, parameters=parameters,
                              sm2_retention=retention, is_ignored=at_ms <= oldest * 1000)
        assert found.card.tolist() == self._cards
        return pairs(found)

    def day_before(self, days: int) -> str:
        """The date so many days ago."""
        return (datetime.fromtimestamp(self._anki.sched.day_cutoff, UTC) - timedelta(days)).date().isoformat()


@pytest.fixture
def anki(tmp_path: Path) -> Iterator[RealAnki]:
    opened = RealAnki(tmp_path / "collection.anki2")
    yield opened
    opened.close()


def compare(anki: RealAnki, names: Sequence[object], *options: object) -> None:
    found, wanted = anki.rebuilt(*options), anki.states(*options)  # type: ignore[arg-type]
    for name, one, other in zip(names, found, wanted, strict=True):
        # Anki keeps the stability to four places and the difficulty to three
        assert one[0] == pytest.approx(other[0], rel=1e-5, abs=6e-5, nan_ok=True), name
        assert one[1] == pytest.approx(other[1], rel=1e-5, abs=6e-4, nan_ok=True), name


@pytest.mark.parametrize("ignored", [None, 28, 26, 20], ids=["all", "28 days", "26 days", "20 days"])
def test_what_counts_of_a_log_is_what_counts_for_anki(anki: RealAnki, ignored: int | None) -> None:
    for log in CASES.values():
        anki.add(log)
    compare(anki, list(CASES), FSRS_6_PARAMETERS, 0.9, anki.day_before(ignored) if ignored else "")


@pytest.mark.parametrize("seed", range(4))
def test_logs_in_any_disorder_give_the_states_that_anki_gives_them(anki: RealAnki, seed: int) -> None:
    chance = random.Random(seed)
    logs = random_logs(200, seed)
    for log in logs:
        anki.add(log)
    bounds = zip(fsrs.scheduler.LOWER_BOUNDS_PARAMETERS, fsrs.scheduler.UPPER_BOUNDS_PARAMETERS, strict=True)
    drawn = tuple(round(chance.uniform(low, high), 4) for low, high in bounds)
    compare(anki, logs, drawn if seed % 2 else FSRS_6_PARAMETERS, (0.9, 0.8, 0.95, 0.9)[seed],
            anki.day_before(400) if seed > 1 else "")
