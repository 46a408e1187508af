"""Systems from known tag trees and deck names: chapter words, trust, own tags, and what must stay silent."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcore.domain.tag_trees import CATCH_ALL, Label, derive_labels
from flashcore.domain.taxonomy import disciplines, systems

FA, PATHOMA, BB = "#AK_Step1_v12::#FirstAid", "#AK_Step1_v12::#Pathoma", "#AK_Step1_v12::#B&B"
STEP_1 = Label("step", "1", "step tree", "#AK_Step1_v12", 90)
CASES = tomllib.loads(Path(__file__).with_name("tag_trees_cases.toml").read_text(encoding="utf-8"))["group"]


def cases() -> Iterator[tuple[str, str, str]]:
    for group in CASES:
        for tag, system, names in group["rows"]:
            yield (f"{group['root']}::{tag}" if group["root"] else tag), system, names


def values(tags: list[str], axis: str, deck: str = "") -> list[str]:
    return [label.value for label in derive_labels(tags, deck) if label.axis == axis]


def said(tags: list[str], deck: str = "") -> dict[str, list[str]]:
    axes = ("system", "involves", "discipline", "step", "yield")
    return {axis: found for axis in axes if (found := values(tags, axis, deck))}


@pytest.mark.parametrize(("tag", "system", "names"), list(cases()))
def test_a_tag_of_a_known_tree_names_its_system_and_disciplines(tag: str, system: str, names: str) -> None:
    assert (values([tag], "system"), values([tag], "discipline")) == ([system] if system else [], names.split())


def test_the_cases_name_only_systems_and_disciplines_of_the_lists() -> None:
    assert {system for _, system, _ in cases()} - {""} == set(systems())
    assert {name for _, _, names in cases() for name in names.split()} <= set(disciplines())


def test_a_label_keeps_the_rule_and_the_words_that_decided() -> None:
    assert derive_labels([f"{FA}::11_Musculoskeletal_Skin_Connective_Tissue::03_Derm::04_Pathology"], "") == (
        Label("system", "skin", "First Aid", "03_Derm", 80),
        Label("discipline", "pathology", "First Aid", "04_Pathology", 80), STEP_1)


def test_the_number_of_a_chapter_never_decides() -> None:
    assert values(["#B&B::03_Cardiology::x"], "system") == ["cardiovascular"]
    assert values(["#B&B::03_Biochem::x"], "system") == ["general"]
    assert values(["#FirstAid::07::x"], "system") == []


def test_a_disagreement_of_two_trusted_trees_is_kept_as_involves() -> None:
    tags = [f"{PATHOMA}::12_Renal::Casts", f"{FA}::07_Cardiovascular::03_Physiology", f"{BB}::16_Neuro::Reflexes"]
    assert said(tags) == {"system": ["cardiovascular"], "involves": ["renal-urinary", "neuro"],
                          "discipline": ["physiology"], "step": ["1"]}
    assert derive_labels(tags, "")[1] == Label("involves", "renal-urinary", "Pathoma", "12_Renal", 75)


def test_trust_falls_from_systems_over_first_aid_to_sketchy() -> None:
    tags = ["#AK_Step1_v12::^Systems::Cardio::x", "#FirstAid::14_Renal", "#Pathoma::09_Respiratory", "#B&B::09_GI",
            "#Bootcamp::Neurology", "#Physeo::03_Physiology::09_MSK", "#SketchyPath::07_Endocrine"]
    order = ["cardiovascular", "renal-urinary", "respiratory", "gastrointestinal", "neuro", "musculoskeletal",
             "endocrine"]
    assert values(tags, "system") + values(tags, "involves") == order
    assert values(tags[::-1], "system") + values(tags[::-1], "involves") == order


def test_an_organ_goes_before_a_catch_all_of_a_more_trusted_tree_and_catch_alls_are_never_involved() -> None:
    tags = [f"{FA}::03_Microbiology::02_Clinical_Bacteriology", f"{BB}::19_Pulm::Cough", f"{FA}::01_Biochem::x"]
    assert (values(tags, "system"), values(tags, "involves")) == (["respiratory"], [])
    assert sorted(CATCH_ALL) == ["general", "multisystem"]


def test_within_one_tree_the_system_of_more_tags_is_primary() -> None:
    tags = [f"{FA}::07_Cardiovascular::a", f"{FA}::14_Renal::a", f"{FA}::14_Renal::b"]
    assert (values(tags, "system"), values(tags, "involves")) == (["renal-urinary"], ["cardiovascular"])


def test_between_equals_the_other_trees_decide_and_then_the_first_tag() -> None:
    tags = [f"{FA}::07_Cardiovascular::a", f"{FA}::14_Renal::a"]
    assert values(tags, "system") == ["cardiovascular"]
    assert values([*tags, f"{PATHOMA}::12_Renal"], "system") == ["renal-urinary"]


def test_a_guest_section_gives_way_to_the_organ_of_any_other_tree() -> None:
    guest = f"{FA}::15_Repro::01_Embryology::Germ_Layers"
    assert values([guest], "system") == ["reproductive"]
    assert said([guest, f"{BB}::16_Neuro::Neuroembryology"]) == {
        "system": ["neuro"], "discipline": ["embryology"], "step": ["1"]}


def test_own_tags_decide_and_the_axes_that_they_fill_are_left_out() -> None:
    foreign = [f"{FA}::07_Cardiovascular::03_Physiology", f"{PATHOMA}::12_Renal",
               "#AK_Step1_v12::#Low/HighYield::1-HighYield"]
    assert said([*foreign, "system::skin"]) == {"discipline": ["physiology"], "step": ["1"], "yield": ["high"]}
    assert said([*foreign, "involves::skin"]) == {
        "system": ["cardiovascular"], "discipline": ["physiology"], "step": ["1"], "yield": ["high"]}
    own = ["system::skin", "discipline::anatomy", "step::2ck", "yield::low"]
    assert derive_labels([*own, *foreign], "Zanki::Cardiology") == ()


def test_an_own_tag_of_no_known_value_fills_nothing() -> None:
    assert values(["system::spleenology", f"{FA}::14_Renal"], "system") == ["renal-urinary"]


@pytest.mark.parametrize(("level", "value"), [
    ("#Low/HighYield::1-HighYield", "high"), ("#Low/HighYield::2-RelativelyHighYield", "medium"),
    ("#Low/HighYield::3-HighYield-temporary", "medium"), ("#Low/HighYield::4-LowYield", "low"),
    ("^Other::#Low/HighYield::1-HighYield", "high"), ("AK_Step1_v12_Yield::HighYield", "high")])
def test_yield_is_read_from_its_own_tree(level: str, value: str) -> None:
    assert said([f"#AK_Step1_v12::{level}"]) == {"step": ["1"], "yield": [value]}


def test_the_highest_yield_counts_and_a_chapter_name_is_none() -> None:
    root = "#AK_Step1_v12::#Low/HighYield"
    assert values([f"{root}::4-LowYield", f"{root}::1-HighYield"], "yield") == ["high"]
    assert values([f"{FA}::HighYield_Lists"], "yield") == []


@pytest.mark.parametrize(("tag", "step"), [
    ("#AK_Step1_v12::#UWorld::Step::2128", ["1"]), ("#AK_Step2_v12::#UWorld::Step::9", ["2ck"]),
    ("#AK_Step3_v12::#UWorld::12", ["3"]), ("AK_Step2_v11::x", ["2ck"]), ("#UWorld::Step::2128", []),
    ("#Step1::x", ["1"]), ("Step1::Grammar", []), ("#AK_Other::x", [])])
def test_the_step_is_read_from_the_root(tag: str, step: list[str]) -> None:
    assert values([tag], "step") == step


def test_of_two_steps_the_first_exam_counts() -> None:
    assert values(["#AK_Step2_v12::#UWorld::1", "#AK_Step1_v12::#UWorld::1"], "step") == ["1"]


@pytest.mark.parametrize(("deck", "labels"), [
    ("Step 1::Renal", {"system": ["renal-urinary"], "step": ["1"]}),
    ("USMLE Step 2 CK", {"step": ["2ck"]}),
    ("Zanki::Cardiology", {"system": ["cardiovascular"]}),
    ("👑 AnKing::Step 1::Zanki Step Decks::Zanki Cardiovascular::Cardio Pathology",
     {"system": ["cardiovascular"], "discipline": ["pathology"], "step": ["1"]}),
    ("Lolnotacop::Micro::Fungi", {"system": ["multisystem"], "discipline": ["microbiology"]}),
    ("Duke Pathoma::Ch 08 Cardiac", {"system": ["cardiovascular"], "discipline": ["pathology"]}),
    ("M1::Block 3 Renal Physiology", {"system": ["renal-urinary"], "discipline": ["physiology"]}),
    ("Heme/Onc", {"system": ["heme-onc"]}),
    ("Pharmacology", {"discipline": ["pharmacology"]}),
    ("Anki::UWorld missed", {}), ("Spanish::Body::Heart", {}), ("Japanese::Step 1", {}), ("Micro", {}),
    ("Economics::Growth", {}), ("English::Communication", {}), ("CV", {}), ("Blood types of manga heroes", {}),
    ("Renal failure of the state", {}), ("Default", {}), ("", {})])
def test_a_deck_name_says_only_what_is_unmistakable(deck: str, labels: dict[str, list[str]]) -> None:
    assert said([], deck) == labels


def test_the_deck_name_comes_last() -> None:
    assert derive_labels(["#UWorld::Step::1"], "Zanki::Renal") == (
        Label("system", "renal-urinary", "deck name", "Renal", 30),)
    assert said([f"{FA}::03_Microbiology::x"], "Zanki::Renal") == {
        "system": ["multisystem"], "discipline": ["microbiology"], "step": ["1"]}


def test_a_plain_tag_gives_way_to_any_tree() -> None:
    assert said(["renal", f"{FA}::03_Microbiology::x"]) == {
        "system": ["multisystem"], "discipline": ["microbiology"], "step": ["1"]}


@pytest.mark.parametrize("tag", [
    "", "::", " :: :: ", "#", "#AK_Step1_v12", "#FirstAid", "&amp;::&#0;", "\x00", "é" * 50, "１" * 9])
def test_a_tag_without_a_chapter_names_no_system(tag: str) -> None:
    assert values([tag], "system", tag) == []


def test_a_name_of_thousands_of_levels_is_read_from_its_beginning() -> None:
    tag = f"{FA}::14_Renal::" + "::".join(f"Level_{number}" for number in range(50_000))
    assert values([tag], "system") == ["renal-urinary"]
    assert values([], "system", tag) == ["renal-urinary"]


def test_the_same_tags_in_any_order_say_the_same_where_trees_differ() -> None:
    tags = [f"{FA}::07_Cardiovascular::a", f"{PATHOMA}::12_Renal", f"{BB}::09_GI::x", "#AK_Step1_v12::#UWorld::Step::1"]
    assert set(derive_labels(tags, "")) == set(derive_labels(tags[::-1], ""))
