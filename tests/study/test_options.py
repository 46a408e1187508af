"""Options as people write them, and whose value holds for a deck."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from builders import Watch, a_collection, a_note, added, new_cards

from flashcore.domain.deck import FSRS_6_PARAMETERS, CollectionOptions, DeckOptions, Preset
from flashcore.errors import NotFoundError, UsageError
from flashcore.study.collection import Collection
from flashcore.study.options import OPTIONS, OptionSet, OptionValue, read_option, steps_in_seconds


def test_unset_options_are_the_defaults_of_the_design(collection: Collection) -> None:
    assert {key: value.value for key, value in collection.options().items()} == {
        "exam_on": None, "minutes_per_day": None, "rollover_hour": 4, "show_system": "after",
        "protected_fields": None, "protected_tags": None, "desired_retention": 0.9,
        "parameters": list(FSRS_6_PARAMETERS), "new_per_day": 20, "reviews_per_day": 9999, "learning_steps": "1m 10m",
        "relearning_steps": "10m", "maximum_interval_days": 36500, "leech_threshold": 8, "leech_suspend": False}
    assert {value.source for value in collection.options().values()} == {"default"}
    assert OptionSet({}).for_deck("A::B") == DeckOptions() == DeckOptions(Preset(), 20, 9999, 8, False)
    assert OptionSet({}).collection() == CollectionOptions()


@pytest.mark.parametrize(("key", "text", "kept"), [
    ("exam_on", "2027-02-21", "2027-02-21"), ("exam_on", "None", "none"), ("minutes_per_day", "90", "90"),
    ("minutes_per_day", "none", "none"), ("rollover_hour", "0", "0"), ("rollover_hour", " 23 ", "23"),
    ("show_system", "BEFORE", "before"), ("desired_retention", "0.9", "0.9"), ("desired_retention", ".70", "0.7"),
    ("desired_retention", "0.99", "0.99"), ("new_per_day", "0", "0"), ("new_per_day", "+5", "5"),
    ("learning_steps", "1m,10m 1d", "1m 10m 1d"), ("learning_steps", "60s 120m 48h", "1m 2h 2d"),
    ("learning_steps", "none", ""), ("relearning_steps", "", ""), ("leech_suspend", "YES", "yes"),
    ("leech_suspend", "off", "no"), ("maximum_interval_days", "1", "1"), ("leech_threshold", "99", "99")])
def test_values_are_read_as_people_write_them(key: str, text: str, kept: str) -> None:
    assert read_option(key, text, of_deck=False) == kept
    assert read_option(key, kept, of_deck=False) == kept


@pytest.mark.parametrize(("key", "text", "wanted"), [
    ("exam_on", "21.2.2027", "a date such as 2027-02-21, or none"),
    ("exam_on", "2027-02-30", "a date such as 2027-02-21, or none"),
    ("minutes_per_day", "0", "a whole number from 1 to 1440"), ("rollover_hour", "24", "a whole number from 0 to 23"),
    ("rollover_hour", "4.5", "a whole number from 0 to 23"),
    ("show_system", "never", "before or after (the answer)"),
    ("desired_retention", "0.69", "a probability from 0.70 to 0.99"),
    ("desired_retention", "nan", "a probability from 0.70 to 0.99"),
    ("desired_retention", "90", "a probability from 0.70 to 0.99"),
    ("new_per_day", "-1", "a whole number from 0 to 9999"), ("new_per_day", "9" * 20, "a whole number from 0 to 9999"),
    ("learning_steps", "10", "steps such as 1m 10m 1d (s, m, h, d), or none"),
    ("learning_steps", "0m", "steps such as 1m 10m 1d (s, m, h, d), or none"),
    ("leech_suspend", "perhaps", "yes or no"), ("maximum_interval_days", "0", "a whole number from 1 to 36500")])
def test_a_value_that_does_not_fit_is_told_what_is_wanted(key: str, text: str, wanted: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_option(key, text, of_deck=False)
    assert str(refused.value) == f"{key}={text!r}: wanted is {wanted}; nothing was changed"


def test_parameters_are_21_weights_in_bounds() -> None:
    text = ", ".join(map(str, FSRS_6_PARAMETERS))
    assert read_option("parameters", f"[{text}]", of_deck=True) == " ".join(map(repr, FSRS_6_PARAMETERS))
    for wrong in ("1 2 3", text.replace("6.4133", "99"), text.replace("6.4133", "nan"), text.replace("6.4133", "x")):
        with pytest.raises(UsageError, match="the 21 weights of FSRS-6, separated by spaces or commas"):
            read_option("parameters", wrong, of_deck=True)


def test_steps_are_seconds() -> None:
    assert steps_in_seconds("30s 10m 1h 2d") == (30, 600, 3_600, 172_800)
    assert steps_in_seconds("") == ()


def test_an_unknown_option_gets_the_nearest_name() -> None:
    with pytest.raises(NotFoundError) as unknown:
        read_option("desired_retension", "0.9", of_deck=False)
    assert str(unknown.value) == "no option named 'desired_retension'; did you mean 'desired_retention'?"


def test_an_option_of_the_whole_collection_is_not_one_of_a_deck(collection: Collection) -> None:
    new_cards(collection, 1, "A::B")
    with pytest.raises(UsageError, match="rollover_hour holds for the whole collection; set it without naming a deck"):
        collection.set_options("A", {"rollover_hour": "3"})
    assert set(collection.options()) - set(collection.options("A")) == {
        "exam_on", "minutes_per_day", "rollover_hour", "show_system", "protected_fields", "protected_tags"}


def test_a_deck_has_its_own_value_else_its_parents_else_the_collections(collection: Collection) -> None:
    new_cards(collection, 1, "A::B::C")
    collection.set_options(None, {"new_per_day": "1"})
    collection.set_options("A", {"new_per_day": "2", "desired_retention": "0.8"})
    collection.set_options("a::b::c", {"new_per_day": "3"})
    assert [collection.options(deck)["new_per_day"] for deck in (None, "A", "A::B", "A::B::C")] == [
        OptionValue(1, "collection"), OptionValue(2, "A"), OptionValue(2, "A"), OptionValue(3, "A::B::C")]
    assert collection.options("A::B::C")["desired_retention"] == OptionValue(0.8, "A")
    assert collection.options("A::B::C")["leech_threshold"] == OptionValue(8, "default")
    assert collection.option_set().for_deck("A::B::C") == DeckOptions(Preset(0.8), 3)
    assert collection.option_set().for_deck("Other") == DeckOptions(new_per_day=1)


def test_default_takes_a_setting_away(collection: Collection) -> None:
    new_cards(collection, 1, "A::B")
    collection.set_options("A", {"new_per_day": "2"})
    collection.set_options("A::B", {"new_per_day": "3"})
    collection.set_options("A::B", {"new_per_day": "Default"})
    assert collection.options("A::B")["new_per_day"] == OptionValue(2, "A")


def test_all_values_are_checked_before_any_is_written(collection: Collection) -> None:
    with pytest.raises(UsageError):
        collection.set_options(None, {"new_per_day": "5", "rollover_hour": "99"})
    with pytest.raises(NotFoundError):
        collection.set_options(None, {"new_per_day": "5", "nonsense": "default"})
    assert collection.options()["new_per_day"] == OptionValue(20, "default")
    assert collection.is_first_run


def test_a_deck_that_is_not_there_gets_the_nearest_name(collection: Collection) -> None:
    new_cards(collection, 1, "Medicine::Heart")
    for act in (lambda: collection.options("Medcine"), lambda: collection.set_options("Medcine", {})):
        with pytest.raises(NotFoundError) as unknown:
            act()
        assert str(unknown.value) == "no deck named 'Medcine'; did you mean 'Medicine'?"


def test_options_are_there_when_the_collection_is_opened_again(tmp_path: Path) -> None:
    with a_collection(tmp_path) as collection:
        assert collection.is_first_run
        collection.set_options(None, {"exam_on": "2027-02-21", "minutes_per_day": "45", "learning_steps": "none"})
        assert not collection.is_first_run
    with a_collection(tmp_path) as collection:
        assert collection.option_set().collection() == CollectionOptions(date(2027, 2, 21), 45)
        assert collection.option_set().for_deck("Any").preset == Preset(learning_steps_seconds=())
        assert collection.home().exam_on == date(2027, 2, 21)
        assert collection.home().minutes_per_day == 45


def test_the_rollover_hour_decides_which_day_it_is(collection: Collection, watch: Watch) -> None:
    watch.now = watch.now.replace(hour=2)
    assert collection.today() == date(2026, 3, 1)
    collection.set_options(None, {"rollover_hour": "2"})
    assert collection.today() == date(2026, 3, 2)


def test_setting_options_is_a_line_of_the_log_of_changes(collection: Collection) -> None:
    collection.set_options(None, {"new_per_day": "5"})
    with collection.database.read() as connection:
        from flashcore.store.history import newest_change

        change = newest_change(connection, ["options"])
    assert change is not None
    assert change.before == '{"option": {"0": {"deck": "", "new_per_day": null}}}'
    assert change.after == '{"option": {"0": {"deck": "", "new_per_day": "5"}}}'


def test_a_new_preset_is_used_for_the_next_answer_and_the_old_answers_keep_theirs(collection: Collection) -> None:
    card_id, = added(collection, a_note())
    collection.review().answer(3, 1_000)
    collection.set_options(None, {"desired_retention": "0.8"})
    collection.review(card_ids=[card_id]).answer(3, 1_000)
    with collection.database.read() as connection:
        from flashcore.store.history import presets

        kept = presets(connection)
    used = [kept[row.preset_id] for row in collection.card_details(card_id).reviews]
    assert used == [Preset(), Preset(0.8)]


def test_every_option_has_a_default_it_can_read_itself() -> None:
    for key, option in OPTIONS.items():
        value = OptionSet({}).value(key).value
        text = " ".join(map(repr, value)) if isinstance(value, list) else "none" if value is None else str(value)
        assert OptionSet({"": {key: read_option(key, text, of_deck=False)}}).value(key).value == option.default
