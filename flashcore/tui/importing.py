"""Import as the screens do it: in the collection's thread, with the report in sentences and the question after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.content import Content

from flashcore.tui.rendering import Block
from flashcore.tui.safe import one_line
from flashcore.tui.words import counted

if TYPE_CHECKING:
    from flashcore.study.import_report import FileReport, ImportReport
    from flashcore.tui.screen import FlashcoreScreen

_MOST_NAMED = 20
"""Skipped notes, and problems of a file, that are named one by one."""
_LARGE_DAYS = 365
"""New cards for more than this many days: the learner is asked whether they should wait."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought: the report, the cards that are new, and how many of them a day asks."""

    report: ImportReport
    new_card_ids: tuple[int, ...]
    new_per_day: int

    @property
    def is_large(self) -> bool:
        """Whether the new cards would take more than a year."""
        return self.new_per_day > 0 and len(self.new_card_ids) > self.new_per_day * _LARGE_DAYS

    @property
    def question(self) -> str:
        """What is asked after a large import."""
        years = len(self.new_card_ids) / self.new_per_day / 365
        return (f"{len(self.new_card_ids):,} new at {self.new_per_day} a day is {years:.1f} years; "
                "suspend all and open by system or tag? [Y/n]")


async def import_path(screen: FlashcoreScreen[Any], path: str, progress: Callable[[int, int], None]) -> Imported:
    """Imports a file, a folder or ``bundled``; ``progress`` is called in the app's own thread.

    Raises:
        FlashcoreError: the path does not exist, or the collection could not be written.
    """
    app = screen.flashcore

    def work(collection: Any) -> Imported:
        before = set(collection.find("is:new"))
        report = collection.import_paths([path], progress=lambda done, of: app.call_later(progress, done, of))
        after = [card_id for card_id in collection.find("is:new") if card_id not in before]
        return Imported(report, tuple(after), int(collection.options()["new_per_day"].value))

    return await screen.do(work)


def report_blocks(report: ImportReport) -> list[Block]:
    """The report in sentences: the counts, then each file with what was left out and why."""
    in_all = report.new + report.updated + report.same + report.skipped
    blocks = [Block(Content.assemble((counted(in_all, "note"), "bold"), f": {report.new:,} new, {report.updated:,} "
                                     f"updated, {report.same:,} the same, {report.skipped:,} skipped"))]
    others = [
        (report.suspended, "{} suspended, because they left their file"),
        (report.kept_local, "{} kept as you changed them here"),
        (len(report.conflicts), "{} changed both here and in the file: yours was kept"),
        (report.media_new, "{} pictures or sounds taken in"),
        (report.media_missing, "{} pictures or sounds are missing"),
        (report.untagged, "{} without a system"),
    ]
    blocks += [Block(Content(words.format(f"{count:,}")), Content("  "), 2) for count, words in others if count]
    for file in report.files:
        blocks += _file_blocks(file)
    return blocks


def _file_blocks(file: FileReport) -> list[Block]:
    name = one_line(file.path, "bold")
    if file.refused:
        head = name + Content(f": refused, nothing of it was taken; {counted(len(file.problems), 'problem')}").stylize(
            "bold $wrong")
    else:
        head = name + f": {counted(file.notes, 'note')}, {counted(file.cards, 'card')}"
    blocks = [Block(head)]
    lines = [str(problem) for problem in file.problems]
    lines += [f"skipped {one.note!r}: {one.reason}" for one in file.skipped]
    blocks += [Block(one_line(line), Content("  "), 2) for line in lines[:_MOST_NAMED]]
    if len(lines) > _MOST_NAMED:
        blocks.append(Block(Content(f"and {len(lines) - _MOST_NAMED:,} more").stylize("$quiet"), Content("  "), 2))
    return blocks
