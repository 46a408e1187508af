"""The end of a session: what was answered, what was missed, what tomorrow asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from flashcore.study.prompt import Answered, Finished
from flashcore.tui.keys import EVERYWHERE, SUMMARY, Key, bindings
from flashcore.tui.lines import Foot, Rule, TwoEnds, hints, two_ends
from flashcore.tui.rows import Rows
from flashcore.tui.safe import one_line, shortened
from flashcore.tui.screen import FlashcoreScreen
from flashcore.tui.words import counted, minutes_words, next_words

if TYPE_CHECKING:
    from flashcore.study.session import Session


class Wish(NamedTuple):
    """What the learner wants next: the missed ones again, the card that was undone (``words``), or to leave."""

    what: Literal["leave", "undone", "again"]
    words: str = ""


_NARROW = 60


class SummaryScreen(FlashcoreScreen[Wish]):
    """Lists the missed ones; nothing is saved here, since every answer already is."""

    KEYS: ClassVar[tuple[Key, ...]] = (*SUMMARY, *EVERYWHERE)
    HELP_TITLE = "After a session"
    BINDINGS: ClassVar[list[BindingType]] = bindings(SUMMARY)

    def __init__(self, session: Session, finished: Finished, message: str = "", *, cards_left: int = 0) -> None:
        super().__init__()
        self.session, self.finished = session, finished
        self._message, self._cards_left = message, cards_left

    def compose(self) -> ComposeResult:
        yield TwoEnds(id="head")
        yield Rule()
        yield Static(id="totals")
        yield Static(id="columns")
        with Vertical(id="list"):
            yield Rows()
        yield Static(id="below")
        yield Rule()
        yield Foot()

    def on_mount(self) -> None:
        """Shows what was handed over."""
        self.say(self._message)
        self._draw()

    def on_resize(self) -> None:
        """Everything is laid out anew."""
        self._draw()

    def _draw(self) -> None:
        finished = self.finished
        width = self.query_one("#head").content_size.width
        title = "Session stopped" if self._cards_left else "Session finished"
        left = f"{counted(self._cards_left, 'card')} left" if self._cards_left else ""
        self.query_one("#head", TwoEnds).show(Content(title).stylize("bold"), Content(left))
        self.query_one("#totals", Static).update(_totals(finished, width))
        missed = finished.missed
        rows = self.query_one(Rows)
        rows.display = bool(missed)
        self.query_one("#columns", Static).update(Content("MISSED" if missed else "").stylize("$quiet"))
        rows.show([_missed_line(answer, width) for answer in missed])
        self.query_one("#below", Static).update(self._outlook())
        actions = ["again", "edit", "undo"] if missed else ["undo"]
        self.query_one(Foot).offer(hints(self.KEYS, *actions, "app.show_help", "leave"))

    def _outlook(self) -> Content:
        finished, clock = self.finished, self.flashcore.clock
        later = next_words(finished.next_due_at, clock.now(), clock.zone, 0)
        if not finished.tomorrow_cards:
            return Content(later or "Nothing is due tomorrow.")
        load = f"{counted(finished.tomorrow_cards, 'card')}, about {minutes_words(finished.tomorrow_minutes)}"
        tomorrow = Content.assemble(("tomorrow   ", "$quiet"), load)
        # The moment matters where something comes back today still; for tomorrow the load says it.
        return tomorrow if "tomorrow" in later else Content("\n").join([Content(later), tomorrow])

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What needs a missed card is off where none was missed."""
        return bool(self.finished.missed) if action in ("again", "edit") else True

    def action_again(self) -> None:
        """The missed ones once more; the schedule does not move."""
        self.dismiss(Wish("again"))

    def action_undo(self) -> None:
        """Takes back the newest answer; its card is asked again."""
        self.in_turn(self._undo)

    async def _undo(self) -> None:
        undone = await self.do(lambda _: self.session.undo())
        if undone is None:
            self.say("Nothing to undo.")
        else:
            self.dismiss(Wish("undone", undone.what))

    def action_leave(self) -> None:
        """Back to where the session was started."""
        self.dismiss(Wish("leave"))

    def action_move_row(self, count: int) -> None:
        """Moves the highlight."""
        self.query_one(Rows).move(count)

    def on_option_list_option_selected(self, _event: OptionList.OptionSelected) -> None:
        """Enter or a click on a line."""
        self.action_edit()

    def action_edit(self) -> None:
        """Opens the note of the highlighted card in the editor."""
        self.in_turn(self._edit)

    async def _edit(self) -> None:
        from flashcore.tui.editing import edit_note

        place = self.query_one(Rows).highlighted
        if place is not None and place < len(self.finished.missed):
            self.say(await edit_note(self, self.finished.missed[place].card_id))


def _totals(finished: Finished, width: int) -> Content:
    answers = finished.answers
    parts = [counted(len(answers), "answer"), minutes_words(finished.minutes),
             f"{len(finished.missed):,} missed" if finished.missed else "none missed"]
    systems = " · ".join(f"{system} {count:,}" for system, count in finished.by_system.items())
    return Content.assemble((" · ".join(parts), "bold"), "\n", one_line(systems, "$quiet"))


def _missed_line(answer: Answered, width: int) -> Content:
    system = one_line(answer.system or "no system", "$quiet") if width >= _NARROW else Content("")
    # The list itself keeps the width of a scroll bar free.
    room = width - 2
    question = shortened(one_line(answer.question), room - system.cell_length - 2 if system else room)
    return two_ends(question, system, room)
