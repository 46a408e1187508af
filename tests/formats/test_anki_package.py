from __future__ import annotations

import json
import sqlite3
import unicodedata
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import hostile
import pytest
from anki.collection import Collection, ExportAnkiPackageOptions
from backports import zstd
from hostile import GIB, MIB
from hypothesis import given
from hypothesis import strategies as st

from flashcore.errors import FileError
from flashcore.formats.anki_package import MediaMember, StoredMedia, unpack_collection, unpack_media
from flashcore.formats.archive import open_archive

MEDIA = {"heart.png": b"heart" * 100, "empty.mp3": b"", "twin.png": b"heart" * 100}


def sha(data: bytes) -> str:
    return sha256(data).hexdigest()


def unpacked(path: Path, folder: Path) -> tuple[bytes, int, dict[str, bytes], list[str]]:
    """Everything of a package: its collection, version, media by name, and the problems as sentences."""
    folder.mkdir()
    with open_archive(path) as archive:
        package = unpack_collection(archive, folder)
        stored, problems = unpack_media(archive, package, folder)
    media = {one.name: (folder / one.file).read_bytes() for one in stored}
    assert [(sha(media[one.name]), len(media[one.name])) for one in stored] == [
        (one.sha256, one.size) for one in stored]
    assert {file.name for file in folder.iterdir()} == {package.collection.name, *(one.file for one in stored)}
    return (package.collection.read_bytes(), package.version, media,
            [str(one) for one in (*package.problems, *problems)])


def of_members(tmp_path: Path, members: dict[str, bytes]) -> tuple[bytes, int, dict[str, bytes], list[str]]:
    return unpacked(hostile.a_zip(tmp_path / "a.apkg", members), tmp_path / "out")


def refusal(path: Path, folder: Path) -> str:
    with pytest.raises(FileError) as refused, open_archive(path) as archive:
        unpack_collection(archive, folder)
    assert (refused.value.path, refused.value.kept) == (path, "nothing was changed")
    assert not [file for file in folder.iterdir() if file != path and file.suffix != ".apkg"
                and file.stat().st_size > 1_000_000]
    return refused.value.what


def refusal_of(tmp_path: Path, members: dict[str, bytes]) -> str:
    return refusal(hostile.a_zip(tmp_path / "a.apkg", members), tmp_path)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_each_form_of_package_is_unpacked(tmp_path: Path, version: int) -> None:
    assert of_members(tmp_path, hostile.members(version, MEDIA)) == (hostile.a_database(), version, MEDIA, [])


def test_equal_media_are_stored_once_under_their_hash(tmp_path: Path) -> None:
    path = hostile.a_zip(tmp_path / "a.apkg", hostile.members(3, MEDIA))
    heart = sha(b"heart" * 100)
    with open_archive(path) as archive:
        package = unpack_collection(archive, tmp_path)
        assert package.media[2] == MediaMember("twin.png", "2", archive.size("2"), True, "twin.png")
        stored, _ = unpack_media(archive, package, tmp_path)
    assert stored == (StoredMedia("heart.png", heart, heart, 500), StoredMedia("empty.mp3", sha(b""), sha(b""), 0),
                      StoredMedia("twin.png", heart, heart, 500))


def test_large_media_are_streamed_whatever_size_the_list_gives_them(tmp_path: Path) -> None:
    large = b"".join(number.to_bytes(4) for number in range(2 * MIB))
    members = hostile.members(3, {"a.mp4": large, "b.mp4": large})
    members["media"] = zstd.compress(hostile.media_list(["a.mp4", "b.mp4"], 100))
    assert of_members(tmp_path, members) == (hostile.a_database(), 3, {"a.mp4": large, "b.mp4": large}, [])


def test_the_progress_is_told_in_bytes(tmp_path: Path) -> None:
    path = hostile.a_zip(tmp_path / "a.apkg", hostile.members(1, MEDIA))
    heard: list[tuple[int, int]] = []
    with open_archive(path) as archive:
        package = unpack_collection(archive, tmp_path)
        unpack_media(archive, package, tmp_path, lambda done, total: heard.append((done, total)))
        total = sum(map(archive.packed_size, "012"))
    assert [done for done, _ in heard][-1] == total
    assert {of for _, of in heard} == {total}


# which collection counts


def test_the_decoy_is_never_read_where_a_newer_collection_stands(tmp_path: Path) -> None:
    for version in (2, 3):
        for stated in (None, 1):
            members = hostile.members(version)
            del members["meta"]
            if stated is not None:
                members["meta"] = hostile.meta(stated)
            folder = tmp_path / f"{version}{stated}"
            folder.mkdir()
            assert of_members(folder, members)[:2] == (hostile.a_database(), version)


def test_an_old_package_without_meta_is_read(tmp_path: Path) -> None:
    members = hostile.members(1)
    del members["meta"]
    assert of_members(tmp_path, members)[:2] == (hostile.a_database(), 1)


@pytest.mark.parametrize("meta", [hostile.meta(4), hostile.meta(0), b""])
def test_a_package_of_a_newer_anki_is_refused(tmp_path: Path, meta: bytes) -> None:
    stated = meta[1] if meta else 0
    assert refusal_of(tmp_path, {**hostile.members(3), "meta": meta}) == (
        f"it was made by a newer Anki (package version {stated}, known are 1 to 3)")


def test_a_meta_that_is_no_message_is_refused(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, {**hostile.members(3), "meta": b"\xff"}) == (
        "its member meta cannot be read (it is cut short)")


def test_e3_a_package_without_a_collection_is_refused(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, {"media": b"{}", "cards.xml": b""}) == "there is no Anki collection in it"
    members = hostile.members(2)
    del members["collection.anki21"]
    assert refusal_of(tmp_path, members) == "there is no collection.anki21 in it, which its meta says it holds"


def test_e3_a_package_without_a_media_list_is_legal(tmp_path: Path) -> None:
    for version in (1, 2, 3):
        members = hostile.members(version)
        del members["media"]
        folder = tmp_path / str(version)
        folder.mkdir()
        assert of_members(folder, members) == (hostile.a_database(), version, {}, [])


def test_a_collection_that_is_no_database_is_refused(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, {**hostile.members(1), "collection.anki2": b"hello"}) == (
        "the collection.anki2 in it is no Anki collection")
    assert refusal_of(tmp_path, {**hostile.members(3), "collection.anki21b": hostile.a_database()}).startswith(
        "'collection.anki21b' in it is damaged (Unable to decompress Zstandard data")


# bombs


def test_e7_a_collection_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    random = b"".join(sha256(number.to_bytes(4)).digest() for number in range(3_000))
    path = hostile.a_raw_zip(tmp_path / "a.apkg", [
        hostile.a_bomb("collection.anki2", 10 * MIB), hostile.Entry("0", random)])
    packed = path.stat().st_size
    assert packed * 200 > 10 * MIB  # so the sum over the archive is not what refuses it
    assert refusal(path, tmp_path).startswith("'collection.anki2' in it is ")
    path = hostile.a_raw_zip(tmp_path / "b.apkg", [
        hostile.Entry("collection.anki2", random, method=8, size=GIB + 1), hostile.Entry("0", random * 60)])
    assert refusal(path, tmp_path) == (
        "'collection.anki2' in it would unpack to 1,073,741,825 bytes; the limit is 1,073,741,824")


@pytest.mark.parametrize("version", [1, 3])
def test_e8_a_media_list_that_is_a_bomb_is_refused(tmp_path: Path, version: int) -> None:
    random = b"".join(sha256(number.to_bytes(4)).digest() for number in range(3_000))
    entries = [hostile.Entry(name, data) for name, data in hostile.members(version).items() if name != "media"]
    path = hostile.a_raw_zip(tmp_path / "a.apkg", [
        *entries, hostile.a_bomb("media", 10 * MIB), hostile.Entry("0", random)])
    assert refusal(path, tmp_path).startswith("'media' in it would unpack to 10,485,760 bytes; the limit is 1,026,")


def test_e8_a_media_list_of_more_lines_than_there_may_be_members_is_refused(tmp_path: Path) -> None:
    lines = b"{" + b",".join(b'"":""' for _ in range(130_000)) + b"}"
    assert refusal_of(tmp_path, {**hostile.members(1), "media": lines}) == (
        "its list of media cannot be read (it lists more than 100,000 files, which is the limit)")
    many = zstd.compress(b"\x0a\x00" * 100_001)
    assert refusal_of(tmp_path, {**hostile.members(3), "media": many}) == (
        "its list of media cannot be read (it lists more than 100,000 files, which is the limit)")


def test_e9_media_that_are_a_bomb_are_left_out_and_named(tmp_path: Path) -> None:
    random = b"".join(sha256(number.to_bytes(4)).digest() for number in range(3_000))
    members = hostile.members(1, {"bomb.bmp": b"", "whole.png": random})
    entries = [hostile.Entry(name, data) for name, data in members.items() if name != "0"]
    path = hostile.a_raw_zip(tmp_path / "a.apkg", [*entries, hostile.a_bomb("0", 10 * MIB)])
    _, _, media, (problem,) = unpacked(path, tmp_path / "out")
    assert media == {"whole.png": random}
    assert problem.startswith("1 of 2 media left out (is 10,3")
    assert problem.endswith("the limit is 200): 'bomb.bmp'")


@pytest.mark.parametrize("name", ["collection.anki21b", "media"])
def test_e10_a_zstd_bomb_is_refused(tmp_path: Path, name: str) -> None:
    bomb = hostile.zstd_zeros(4 * GIB)
    path = hostile.a_zip(tmp_path / "a.apkg", {**hostile.members(3), name: bomb}, zipfile.ZIP_STORED)
    limit = {"media": "1,026,048 bytes", "collection.anki21b": "200 times its 131,078 bytes"}[name]
    assert refusal(path, tmp_path) == f"{name!r} in it unpacks to more than {limit}, which is the limit"
    path = hostile.a_zip(tmp_path / "b.apkg", {**hostile.members(3), name: bomb})  # a bomb in a bomb
    limit = {"media": "1,026,048 bytes", "collection.anki21b": "200 times its 157 bytes"}[name]
    assert refusal(path, tmp_path) == f"{name!r} in it unpacks to more than {limit}, which is the limit"


def test_e10_media_that_are_a_zstd_bomb_are_left_out_and_named(tmp_path: Path) -> None:
    members = {**hostile.members(3, {"bomb.bmp": b"", "whole.png": b"heart"}), "0": hostile.zstd_zeros(4 * GIB)}
    path = hostile.a_zip(tmp_path / "a.apkg", members, zipfile.ZIP_STORED)
    collection, version, media, problems = unpacked(path, tmp_path / "out")
    assert (collection, version, media) == (hostile.a_database(), 3, {"whole.png": b"heart"})
    assert problems == ["1 of 2 media left out (unpacks to more than 200 times its 131,078 bytes, which is the limit): "
                        "'bomb.bmp'"]


def test_e2_a_damaged_picture_costs_only_itself(tmp_path: Path) -> None:
    members = hostile.members(1, {"a.png": b"heart" * 50, "b.png": b"lung"})
    path = hostile.a_zip(tmp_path / "a.apkg", members, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"heart" * 20, b"beast" * 20, 1))
    collection, _, media, problems = unpacked(path, tmp_path / "out")
    assert (collection, media) == (hostile.a_database(), {"b.png": b"lung"})
    assert problems == ["1 of 2 media left out (is damaged (its bytes do not have its checksum)): 'a.png'"]


# names


def names_of(tmp_path: Path, version: int, *names: str) -> tuple[dict[str, str], list[str]]:
    """Listed name -> safe name of those that are taken, and the problems."""
    members = hostile.members(version, dict.fromkeys(names, b"x"))
    with open_archive(hostile.a_zip(tmp_path / "a.apkg", members)) as archive:
        package = unpack_collection(archive, tmp_path)
        stored, problems = unpack_media(archive, package, tmp_path)
    assert (len(stored), problems, package.listed_count) == (len(package.media), (), len(names))
    return {one.listed: one.name for one in package.media}, [str(one) for one in package.problems]


@pytest.mark.parametrize("version", [1, 3])
@pytest.mark.parametrize("name", ["../x", "/abs", "a/b", "..", ".", "", "x" * 5_000])
def test_e12_a_name_that_leads_somewhere_is_skipped_and_named(tmp_path: Path, version: int, name: str) -> None:
    taken, problems = names_of(tmp_path, version, name, "ok.png")
    assert taken == {"ok.png": "ok.png"}
    shown = repr(name if len(name) <= 60 else "")
    assert problems == [f"1 of 2 media skipped, these are no names of files: {shown}"]


def test_e13_a_name_that_some_system_does_not_take_is_made_safe_and_reported(tmp_path: Path) -> None:
    bad = {"..\\x": ".._x", "CON": "CON_", "a:b": "a_b", "a\0b": "a_b", "\x1b]0;x.png": "_0;x.png", "a\nb": "a_b"}
    taken, problems = names_of(tmp_path, 3, *bad)
    assert set(taken) == set(bad)
    assert {name: safe.partition("-")[0] for name, safe in taken.items()} == {
        name: safe.strip(" .") if name != "..\\x" else "_x" for name, safe in bad.items()} | {"..\\x": taken["..\\x"]}
    assert len(set(taken.values())) == 6
    assert problems == ["6 of 6 media renamed: '..\\\\x', 'CON', 'a:b' and 3 more"]


def test_e14_bidi_marks_length_form_and_case(tmp_path: Path) -> None:
    long, nfd = "é" * 300 + ".png", unicodedata.normalize("NFD", "é.png")
    taken, problems = names_of(tmp_path, 3, "_a\u202egnp.exe", long, nfd, "A.png", "a.png")
    assert taken == {"_a\u202egnp.exe": "_a_gnp.exe", long: "é" * 58 + ".png", "é.png": "é.png",
                     "A.png": "A.png", "a.png": "a.png"}
    assert max(len(name.encode()) for name in taken.values()) == 120
    assert problems == [f"2 of 5 media renamed: '_a\\u202egnp.exe', '{'é' * 57}...'"]


def test_e14_names_that_become_one_are_told_apart(tmp_path: Path) -> None:
    taken, _ = names_of(tmp_path, 3, "a_b.png", "a:b.png", "a?b.png", "y" * 200, "y" * 201)
    assert len(set(taken.values())) == 5
    assert taken["a_b.png"] == "a_b.png"
    assert all(len(name.encode()) <= 120 for name in taken.values())
    assert taken["a:b.png"].startswith("a_b-") and taken["a:b.png"].endswith(".png")


@given(st.lists(st.text(min_size=1, max_size=200), unique=True, max_size=8))
def test_e14_no_two_names_are_equal_and_each_is_one_that_a_disk_takes(names: list[str]) -> None:
    from flashcore.formats.anki_package import _safe_names

    safe = _safe_names(names)
    assert len(set(safe.values())) == len(names)
    for name in safe.values():
        assert 0 < len(name.encode()) <= 120 and "/" not in name and "\0" not in name and name not in (".", "..")


def test_e12_one_name_twice_is_taken_once(tmp_path: Path) -> None:
    members = hostile.members(3, {"a.png": b"one", "b.png": b"two"})
    members["media"] = zstd.compress(hostile.media_list(["a.png", "a.png"]))
    _, _, media, problems = of_members(tmp_path, members)
    assert (media, problems) == ({"a.png": b"one"}, ["1 of 2 media skipped, their names are there twice: 'a.png'"])


@pytest.mark.parametrize("version", [1, 2, 3])
def test_e16_a_missing_picture_is_counted_and_costs_nothing_else(tmp_path: Path, version: int) -> None:
    members = hostile.members(version, {f"{number}.png": bytes([number]) for number in range(40)})
    del members["17"]
    collection, _, media, problems = of_members(tmp_path, members)
    assert (collection, len(media)) == (hostile.a_database(), 39)
    assert problems == ["1 of 40 media missing in the package: '17.png'"]


@pytest.mark.parametrize(("data", "why"), [
    (b"no json", "Expecting value: line 1 column 1 (char 0)"),
    (b"[" * 200_000, "it is nested too deep"),
    (b'{"0":' * 200_000, "it is nested too deep"),
    (b'{"0": ' + b"9" * 5_000 + b"}", "Exceeds the limit (4300 digits) for integer string conversion"),
    (b'["a.png"]', "it is no list of names by number"),
    (b"\xff\xfe\xff", "'utf-16-le' codec can't decode byte 0xff"),
])
def test_e17_a_media_list_that_is_no_list_is_refused(tmp_path: Path, data: bytes, why: str) -> None:
    assert refusal_of(tmp_path, {**hostile.members(1), "media": data}).startswith(
        f"its list of media cannot be read ({why}")


def test_e17_a_line_of_the_list_that_is_no_name_costs_only_itself(tmp_path: Path) -> None:
    members = {**hostile.members(1, {"a.png": b"x"}), "media": json.dumps(
        {"0": "a.png", "1": None, "2": {}, "3": "\ud800.png"}).encode()}
    _, _, media, problems = of_members(tmp_path, members)
    assert media == {"a.png": b"x"}
    assert problems == ["2 of 4 media skipped, these are no names of files: '', ''",
                        "1 of 4 media missing in the package: '\\ud800.png'"]


# the real Anki


@pytest.mark.parametrize(("legacy", "version", "suffix"), [
    (False, 3, "apkg"), (True, 2, "apkg"), (False, 3, "colpkg"), (True, 2, "colpkg")])
def test_a_package_of_the_real_anki_is_unpacked(tmp_path: Path, legacy: bool, version: int, suffix: str) -> None:
    media = {"heart.png": b"heart" * 1_000, "lünge [1].mp3": b"lung", "same.png": b"heart" * 1_000}
    collection = Collection(str(tmp_path / "collection.anki2"))
    names = {collection.media.write_data(name, data): data for name, data in media.items()}
    note = collection.new_note(collection.models.by_name("Basic"))
    note["Front"], note["Back"] = "".join(f'<img src="{name}">' for name in names), "b"
    collection.add_note(note, collection.decks.id("Default"))
    path = tmp_path / f"a.{suffix}"
    if suffix == "apkg":
        options: Any = ExportAnkiPackageOptions(with_scheduling=True, with_media=True, legacy=legacy)
        collection.export_anki_package(out_path=str(path), options=options, limit=None)
        collection.close()
    else:
        collection.export_collection_package(str(path), include_media=True, legacy=legacy)
    data, found, unpacked_media, problems = unpacked(path, tmp_path / "out")
    assert (found, unpacked_media, problems) == (version, names, [])
    (tmp_path / "found").write_bytes(data)
    database = sqlite3.connect((tmp_path / "found").as_uri() + "?mode=ro&immutable=1", uri=True)
    assert database.execute("SELECT flds FROM notes").fetchall() == [("\x1f".join(note.fields),)]
    database.close()
