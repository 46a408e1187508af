from pathlib import Path

import pytest

from flashcore.formats.media_names import media_names, safe_name


def a_file(folder: Path, name: str, content: str = "x") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_files_of_one_name_in_two_folders_get_different_names(tmp_path: Path) -> None:
    one, two = a_file(tmp_path, "a/heart.png", "one"), a_file(tmp_path, "b/Heart.png", "two")
    names = media_names({"a/heart.png": one, "b/Heart.png": two})
    assert (names("a/heart.png"), names("b/Heart.png")) == ("heart.png", "Heart-f5ee556c794a0703.png")
    assert dict(names.files) == {"heart.png": one, names("b/Heart.png"): two}


def test_one_file_or_equal_files_have_one_name(tmp_path: Path) -> None:
    one, two = a_file(tmp_path, "a/heart.png"), a_file(tmp_path, "b/heart.png")
    names = media_names({"heart.png": one, "../a/heart.png": one, "b/heart.png": two})
    assert (dict(names.by_reference), dict(names.files)) == (
        {"heart.png": "heart.png", "../a/heart.png": "heart.png", "b/heart.png": "heart.png"}, {"heart.png": one})


def test_a_reference_without_a_folder_keeps_the_name(tmp_path: Path) -> None:
    first, plain = a_file(tmp_path, "a/x.png", "one"), a_file(tmp_path, "x.png", "two")
    names = media_names({"a/x.png": first, "x.png": plain})
    assert (names("x.png"), names("a/x.png") != "x.png") == ("x.png", True)


def test_a_reference_may_be_percent_encoded_missing_or_unknown(tmp_path: Path) -> None:
    names = media_names({"my heart.png": a_file(tmp_path, "my heart.png"), "gone.png": tmp_path / "gone.png"})
    assert (names("my%20heart.png"), names("gone.png"), names("https://a.org/x.png")) == (
        "my heart.png", "gone.png", "https://a.org/x.png")
    assert names.missing == ("gone.png",)


@pytest.mark.parametrize(("name", "safe"), [
    ("a:b?.png", "a_b_.png"), ("\x1b]0;x.png", "_0;x.png"), ("e\u0301.png", "é.png"), ("CON.png", "CON_.png"),
    ("gnp\u202e.exe", "gnp_.exe"), (" .. ", "file"), ("[x].mp3", "_x_.mp3"), ("é" * 100 + ".png", "é" * 58 + ".png"),
    ("a" * 300, "a" * 120),
])
def test_e13_e14_names_are_safe_on_every_system(name: str, safe: str) -> None:
    assert safe_name(name) == safe
