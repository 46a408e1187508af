from __future__ import annotations

import os
import stat
import zipfile
from hashlib import sha256
from pathlib import Path

import hostile
import pytest
from hostile import GIB, MIB, Entry
from hypothesis import given
from hypothesis import strategies as st

from flashcore.errors import FileError
from flashcore.formats import archive as archives
from flashcore.formats.archive import MemberError, open_archive

MEMBERS = {"meta": b"\x08\x03", "0": b"heart" * 1_000, "folder/": b"", "ü": b""}


def refusal(path: Path) -> str:
    """The sentence with which an archive is refused before anything in it is read."""
    with pytest.raises(FileError) as refused, open_archive(path):
        pass
    assert (refused.value.path, refused.value.kept) == (path, "nothing was changed")
    return refused.value.what


def member_refusal(path: Path, name: str, most_bytes: int = MIB) -> str:
    with open_archive(path) as archive, pytest.raises(MemberError) as refused:
        archive.read(name, most_bytes)
    assert refused.value.what == f"{name!r} in it {refused.value.reason}"
    return refused.value.reason


def test_what_was_packed_is_read(tmp_path: Path) -> None:
    path = hostile.a_zip(tmp_path / "a.zip", MEMBERS)
    with open_archive(path) as archive:
        assert {name: archive.read(name, MIB) for name in archive.names} == MEMBERS
        assert ("0" in archive, "1" in archive) == (True, False)
        assert (archive.size("0"), archive.packed_size("0") < 100) == (5_000, True)
        assert archive.copy("0", tmp_path / "out", 5_000) == (sha256(MEMBERS["0"]).hexdigest(), 5_000)
    assert (tmp_path / "out").read_bytes() == MEMBERS["0"]


def test_an_archive_with_nothing_in_it_is_no_error(tmp_path: Path) -> None:
    with open_archive(hostile.a_zip(tmp_path / "a.zip", {})) as archive:
        assert archive.names == ()


def test_a_comment_or_a_line_end_behind_the_archive_does_no_harm(tmp_path: Path) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.zip", [Entry("0", b"heart")], comment=b"PK\x05 and more")
    path.write_bytes(path.read_bytes() + b"\r\n")
    with open_archive(path) as archive:
        assert archive.read("0", 5) == b"heart"


def test_e1_a_file_that_is_cut_short_says_so(tmp_path: Path) -> None:
    whole = hostile.a_zip(tmp_path / "whole.zip", MEMBERS).read_bytes()
    path = tmp_path / "a.zip"
    path.write_bytes(whole[:len(whole) // 2])
    assert refusal(path) == f"it is cut short: {len(whole) // 2} bytes are here, its directory would follow them"
    path.write_bytes(whole[:-10])
    assert refusal(path) == f"it is cut short: {len(whole) - 10} bytes are here, its directory would follow them"
    path.write_bytes(whole[:20] + whole[30:])
    assert refusal(path) == f"it is cut short: {len(whole) - 10} bytes are here, 10 are missing"


def test_e1_a_file_that_is_no_archive_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    found = {}
    for data in (b"", b"hello", b"Rar!\x1a\x07\x01\x00", b"7z\xbc\xaf\x27\x1c\x00", b"SQLite format 3\0",
                 b"<!DOCTYPE html>", b"PK\x07\x08PK\x03\x04"):
        path.write_bytes(data)
        found[data[:4]] = refusal(path)
    assert found == {
        b"": "it is empty", b"hell": "it is not a zip archive", b"Rar!": "it is a RAR archive, not a zip archive",
        b"7z\xbc\xaf": "it is a 7-Zip archive, not a zip archive",
        b"SQLi": "it is a bare SQLite database, not a zip archive",
        b"<!DO": "it is a web page, not a zip archive",
        b"PK\x07\x08": "it is one part of a split zip archive, not a zip archive"}


def test_e1_a_folder_or_a_missing_file_is_no_archive(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "it cannot be read (Is a directory)"
    assert refusal(tmp_path / "gone.apkg") == "it cannot be read (No such file or directory)"


def test_e2_a_damaged_member_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = hostile.a_zip(tmp_path / "a.zip", {"0": b"a" * 500, "1": b"whole"}, zipfile.ZIP_STORED)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"a" * 200, b"b" * 200, 1))
    assert member_refusal(path, "0") == "is damaged (its bytes do not have its checksum)"
    with open_archive(path) as archive:
        assert archive.read("1", 5) == b"whole"


def test_e2_no_part_of_a_damaged_member_stays(tmp_path: Path) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.zip", [Entry("0", b"\xff" * 50, method=8, size=5_000)])
    with open_archive(path) as archive, pytest.raises(MemberError, match="'0' in it is damaged"):
        archive.copy("0", tmp_path / "out", MIB)
    assert not (tmp_path / "out").exists()


def test_e4_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.zip", [Entry("0", b"one"), Entry("0", b"two")])
    assert refusal(path) == "it holds two members named '0'; readers differ which they take"


def test_e4_a_name_that_ends_at_a_nul_is_refused(tmp_path: Path) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.zip", [Entry("0", b"one"), Entry("0\0x", b"two")])
    assert refusal(path) == r"'0\x00x' is no name of a member"


def test_e4_a_name_that_differs_in_the_member_itself_is_refused(tmp_path: Path) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.zip", [Entry("0", b"one")])
    data = path.read_bytes()
    path.write_bytes(data.replace(b"0one", b"9one"))
    assert member_refusal(path, "0").startswith("is damaged (File name in directory '0' and header b'9' differ")


def test_e5_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """One body, 200 entries: each reads as a whole member, and the sum is 200 times the file."""
    entries = [Entry("0", b"body" * 1_000)] + [Entry("0", None, size=4_000, packed_size=4_000) for _ in range(199)]
    for number, entry in enumerate(entries):
        entry.name = str(number)
    assert "overlaps the member after it" in refusal(hostile.a_raw_zip(tmp_path / "a.zip", entries))


def test_e5_a_member_that_quotes_the_headers_of_others_is_refused(tmp_path: Path) -> None:
    inner = hostile.a_raw_zip(tmp_path / "inner.zip", [Entry("1", b"body" * 1_000)]).read_bytes()
    entries = [Entry("0", inner), Entry("1", None, size=4_000, packed_size=4_000, at=31)]
    path = hostile.a_raw_zip(tmp_path / "a.zip", entries)
    assert refusal(path) == "'0' in it overlaps the member after it; no honest program writes that"


def test_e5_an_overlap_that_only_the_member_itself_shows_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.zip", [Entry("0", b"body"), Entry("1", b"next")])
    data = bytearray(path.read_bytes())
    data[28:30] = b"\x04\x00"  # four more bytes of header, so that the body begins later than the directory can know
    path.write_bytes(data)
    with open_archive(path) as archive:
        with pytest.raises(FileError, match="'0' in it overlaps the member after it"):
            archive.read("0", MIB)
        assert archive.read("1", MIB) == b"next"


def test_e6_a_member_is_never_longer_than_it_says(tmp_path: Path) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.zip", [hostile.a_bomb("0", 1_024 * MIB, says=1_000)])
    assert path.stat().st_size > MIB
    assert member_refusal(path, "0") == "is damaged (its bytes do not have its checksum)"


def test_e6_a_member_that_is_shorter_than_it_says_is_damaged(tmp_path: Path) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.zip", [Entry("0", b"heart", size=9)])
    assert member_refusal(path, "0") == "holds 5 bytes where 9 are promised"


@pytest.mark.parametrize(("number", "name"), [(7, "collection.anki2"), (8, "media"), (9, "0")])
def test_e7_e8_e9_a_bomb_is_refused_from_the_directory(tmp_path: Path, number: int, name: str) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.apkg", [hostile.a_bomb(name, 3 * GIB)])
    packed = path.stat().st_size
    assert refusal(path) == (f"it is {packed:,} bytes that would unpack to 3,221,225,472, {3 * GIB // packed:,} times "
                             "as many; the limit is 200"), number


def test_e9_one_member_that_is_a_bomb_does_not_cost_the_others(tmp_path: Path) -> None:
    whole = b"".join(sha256(bytes([number])).digest() for number in range(256)) * 16
    path = hostile.a_raw_zip(tmp_path / "a.zip", [hostile.a_bomb("0", 20 * MIB), Entry("1", whole)])
    with open_archive(path) as archive:
        packed = archive.packed_size("0")
        assert archive.read("1", MIB) == whole
    assert member_refusal(path, "0", GIB) == (
        f"is {packed:,} bytes that would unpack to 20,971,520, {20 * MIB // packed:,} times as many; "
        "the limit is 200")


def test_e9_a_member_that_is_too_large_is_refused_with_its_size_and_the_limit(tmp_path: Path) -> None:
    path = hostile.a_zip(tmp_path / "a.zip", {"0": b"heart"})
    assert member_refusal(path, "0", 4) == "would unpack to 5 bytes; the limit is 4"


def test_e9_members_that_are_too_large_together_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hostile.a_zip(tmp_path / "a.zip", {"0": b"heart", "1": b"lung"})
    monkeypatch.setattr(archives, "MOST_UNPACKED_BYTES", 8)
    assert refusal(path) == "it would unpack to 9 bytes; the limit is 8"
    monkeypatch.setattr(archives, "MOST_UNPACKED_BYTES", 9)
    with open_archive(path) as archive:
        archive.read("0", 5)
        archive.read("1", 4)
        with pytest.raises(FileError, match="it unpacks to more than 9 bytes in all"):
            archive.read("0", 5)


def test_e11_a_hundred_thousand_members_are_taken_and_one_more_is_not(tmp_path: Path) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.zip", (Entry(str(number)) for number in range(100_000)))
    with open_archive(path) as archive:
        assert (len(archive.names), archive.read("99999", 1)) == (100_000, b"")
    path = hostile.a_raw_zip(tmp_path / "b.zip", (Entry(str(number)) for number in range(100_001)))
    assert refusal(path) == "it has 100,001 members; the limit is 100,000"


def test_e11_members_are_counted_and_not_believed(tmp_path: Path) -> None:
    data = hostile.a_raw_zip(tmp_path / "a.zip", [Entry("0"), Entry("1")]).read_bytes()
    end = data.rindex(b"PK\x05\x06")
    (tmp_path / "a.zip").write_bytes(data[:end + 8] + b"\x01\x00\x01\x00" + data[end + 12:])
    assert refusal(tmp_path / "a.zip") == "it is damaged (its directory holds another number of members than it says)"
    data = hostile.a_raw_zip(tmp_path / "a.zip", (Entry(str(number)) for number in range(100_001))).read_bytes()
    end = data.rindex(b"PK\x06\x06")
    one = (1).to_bytes(8, "little")
    (tmp_path / "a.zip").write_bytes(data[:end + 24] + one + one + data[end + 40:])
    assert refusal(tmp_path / "a.zip") == "it has more than 100,000 members, which is the limit"


def test_e15_a_link_is_a_file_that_holds_its_target(tmp_path: Path) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.zip", [Entry("0", b"/etc/passwd", mode=stat.S_IFLNK | 0o777)])
    with open_archive(path) as archive:
        archive.copy("0", tmp_path / "out", MIB)
    assert (tmp_path / "out").is_symlink() is False
    assert (tmp_path / "out").read_bytes() == b"/etc/passwd"


def test_e15_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "precious")
    with open_archive(hostile.a_zip(tmp_path / "a.zip", MEMBERS)) as archive, \
            pytest.raises(FileError, match="File exists"):
        archive.copy("0", tmp_path / "out", MIB)
    assert not (tmp_path / "precious").exists()


@pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
def test_e35_an_encrypted_archive_is_refused(tmp_path: Path, flag: int) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.zip", [Entry("0", b"secret", flags=flag)])
    assert refusal(path) == "it is encrypted"


def test_e35_a_split_archive_is_refused(tmp_path: Path) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.zip", [Entry("0", b"part")], disk=1)
    assert refusal(path) == "it is one part of a split zip archive"


def test_e35_a_method_that_not_every_reader_knows_is_refused(tmp_path: Path) -> None:
    path = hostile.a_zip(tmp_path / "a.zip", {"0": b"heart"}, zipfile.ZIP_LZMA)
    assert refusal(path) == "'0' in it is packed by method 14, not 0 or 8"


def test_e35_an_archive_behind_something_else_is_refused(tmp_path: Path) -> None:
    pdf = hostile.a_raw_zip(tmp_path / "a.zip", [Entry("0", b"one")], prefix=b"%PDF-1.7\n")
    assert refusal(pdf) == "it is a PDF, not a zip archive"
    other = hostile.a_raw_zip(tmp_path / "b.zip", [Entry("0", b"one")]).read_bytes()
    (tmp_path / "c.zip").write_bytes(other[:34] + other)
    assert refusal(tmp_path / "c.zip") == "34 bytes in it are no part of the archive"


def test_e35_two_end_records_must_say_the_same(tmp_path: Path) -> None:
    path = hostile.a_raw_zip(tmp_path / "a.zip", (Entry(str(number)) for number in range(70_000)))
    with open_archive(path) as archive:
        assert len(archive.names) == 70_000
    data = path.read_bytes()
    end = data.rindex(b"PK\x05\x06")
    path.write_bytes(data[:end + 8] + b"\x01\x00\x01\x00" + data[end + 12:])
    assert refusal(path) == "it is damaged (its two end records differ)"


def test_a_pipe_does_not_hold_the_program_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "it is no file"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return hostile.a_zip(tmp_path_factory.mktemp("zip") / "a.zip", MEMBERS).read_bytes()


@given(data=st.data())
def test_a_damaged_archive_is_read_or_refused_and_nothing_else(honest: bytes, tmp_path_factory: pytest.TempPathFactory,
                                                               data: st.DataObject) -> None:
    damaged = bytearray(honest)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(damaged) - 1))
        if data.draw(st.booleans()):
            damaged[position] = data.draw(st.integers(0, 255))
        else:
            del damaged[position:position + data.draw(st.integers(1, 40))]
        if not damaged:
            return
    path = tmp_path_factory.getbasetemp() / "damaged.zip"
    path.write_bytes(damaged)
    try:
        with open_archive(path) as archive:
            for name in archive.names:
                try:
                    assert len(archive.read(name, MIB)) <= 10_000
                except MemberError as error:
                    assert error.member == name
    except FileError as error:
        assert error.path == path
