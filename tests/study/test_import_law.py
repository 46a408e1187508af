"""The law of imports: whatever is written, moved, taken out and put back in two deck files, every note is accounted
for, learning stays with its note, and only what stands in no file is set aside."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from builders import Watch, a_collection, reviewed, schedule_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flashcore.domain.card import Suspension
from flashcore.study.collection import Collection

TOPICS = ["afterload and the aorta", "bile acids", "collagen synthesis", "dopamine receptors", "erythropoietin",
          "factor VIII", "glomerular filtration", "haemoglobin switching"]


@dataclass
class Entry:
    """A card of a deck file, by its place in ``TOPICS``; ``version`` counts how often it was edited."""

    number: int
    version: int = 0
    has_id: bool = False

    def text(self) -> str:
        words = TOPICS[self.number]
        edited = "" if not self.version else f" (revision {self.version})"
        comment = f"\n<!-- id: id-{self.number} -->" if self.has_id else ""
        return f"Q: What do you know about {words}{edited}?\nA: All about {words}.{comment}\n\n"


ACTS = st.lists(st.tuples(
    st.sampled_from(["edit", "remove", "add", "move", "swap", "give id", "learn", "import one", "import both"]),
    st.integers(0, 7), st.integers(0, 7)), max_size=25)


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(acts=ACTS, has_ids=st.booleans())
def test_learning_stays_with_its_note_through_any_editing(
        tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int, int]], has_ids: bool) -> None:
    folder = tmp_path_factory.mktemp("law")
    files = [[Entry(number, has_id=has_ids) for number in range(5)], [Entry(5, has_id=has_ids)]]
    held: dict[int, tuple[int, object]] = {}  # number -> card, schedule

    with a_collection(folder, Watch()) as collection:
        import_all(collection, folder, files)
        for act, first, second in [*acts, ("import both", 0, 0)]:
            entries = files[second % 2]
            place = first % len(entries) if entries else None
            match act:
                case "edit" if place is not None:
                    import_all(collection, folder, files)  # one edit between two imports
                    entries[place].version += 1
                    import_all(collection, folder, files)
                case "remove" if place is not None:
                    import_all(collection, folder, files)
                    gone = entries.pop(place)
                    import_all(collection, folder, files)
                    if gone.number in held:
                        assert is_left(collection, held[gone.number][0])
                    held.pop(gone.number, None)
                case "add" if all(entry.number != first for file in files for entry in file):
                    entries.insert(place or 0, Entry(first, has_id=has_ids))
                case "move" if place is not None:
                    files[1 - second % 2].append(entries.pop(place))
                case "swap" if entries:
                    entries.reverse()
                case "give id" if place is not None:
                    import_all(collection, folder, files)
                    entries[place].has_id = True
                case "learn" if place is not None:
                    import_all(collection, folder, files)
                    entry = entries[place]
                    card_id, = collection.find(f'"{TOPICS[entry.number]}" -is:suspended')
                    held[entry.number] = card_id, reviewed(collection, card_id, "good")
                case "import both":
                    import_all(collection, folder, files)
            if act != "move":
                import_all(collection, folder, files)
            for card_id, schedule in held.values():
                assert schedule_of(collection, card_id) == schedule
        standing = {entry.number for file in files for entry in file}
        for number, (card_id, _) in held.items():
            assert number in standing and not is_left(collection, card_id)
        asked = [one for one in collection.search("-is:suspended")]
        assert len(asked) == len(standing)
        report = collection.import_file(folder)
        assert (report.new, report.updated, report.same, report.suspended) == (0, 0, len(standing), 0)
        assert collection.check().ok


def import_all(collection: Collection, folder, files: list[list[Entry]]) -> None:
    for name, entries in zip("ab", files, strict=True):
        (folder / f"{name}.md").write_text("".join(entry.text() for entry in entries) or "nothing\n")
    report = collection.import_file(folder)
    assert not report.is_refused
    assert report.new + report.updated + report.same + report.skipped == sum(map(len, files))
    assert report.skipped == 0


def is_left(collection: Collection, card_id: int) -> bool:
    return collection.card_details(card_id).card.suspension is Suspension.LEFT_FILE
