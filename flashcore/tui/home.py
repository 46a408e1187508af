"""The home screen: what today asks, what tomorrow will, and every system or deck with its counts."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.style import Style
from textual.widgets import OptionList, Static

from flashcore.domain.deck import SEPARATOR
from flashcore.domain.query import DeckIs, Query, State, StateIs, SystemIs
from flashcore.study.counts import MISSED_QUERY, DeckDue, Home, SystemRow
from flashcore.tui.keys import EVERYWHERE, HOME, Key, bindings
from flashcore.tui.lines import Foot, Rule, TwoEnds, hints, two_ends
from flashcore.tui.rows import Rows, columns
from flashcore.tui.safe import one_line
from flashcore.tui.screen import FlashcoreScreen
from flashcore.tui.words import counted, day_words, exam_words, next_words

_NARROW = 60
_REFRESH_SECONDS = 300
"""Learning steps become due and days end while the screen stands there."""


class HomeScreen(FlashcoreScreen[None]):
    """Where the app starts and every session comes back to."""

    KEYS: ClassVar[tuple[Key, ...]] = (*HOME, *EVERYWHERE)
    HELP_TITLE = "Home"
    BINDINGS: ClassVar[list[BindingType]] = bindings(HOME)

    def __init__(self) -> None:
        super().__init__()
        self.home: Home | None = None
        self._shows_decks = False
        self._queries: list[tuple[Query, str]] = []

    def compose(self) -> ComposeResult:
        yield TwoEnds(id="head")
        yield Rule()
        yield Static(id="today")
        yield Static(id="offers")
        yield Static(id="columns")
        with Vertical(id="list"):
            yield Rows()
        yield Static(id="below")
        yield Rule()
        yield Foot()

    def on_mount(self) -> None:
        """Keeps the counts fresh."""
        self.query_one("#head", TwoEnds).show(Content("flashcore").stylize("bold"))
        self.set_interval(_REFRESH_SECONDS, self._reload)

    def on_screen_resume(self) -> None:
        """The counts may have changed while another screen was on top."""
        self._reload()

    def on_resize(self) -> None:
        """Everything is laid out anew."""
        self._draw()

    def _reload(self) -> None:
        self.in_turn(self._load)

    async def _load(self) -> None:
        self.home = await self.do(lambda collection: collection.home())
        self._draw()

    def greet(self, message: str | None) -> None:
        """What the first run has to say."""
        self.say(message or "")

    # drawing

    def _draw(self) -> None:
        home = self.home
        if home is None:
            return
        width = self.query_one("#head").content_size.width
        self.query_one("#head", TwoEnds).show(Content("flashcore").stylize("bold"), _date(home, width))
        self.query_one("#today", Static).update(self._today(home, width))
        offers = self.query_one("#offers", Static)
        offers.update(self._offers(home, width))
        offers.display = bool(home.due.total or home.missed_count)
        self._draw_rows(home, width)
        self.query_one("#below", Static).update(_below(home, width, shows_decks=self._shows_decks))
        self._draw_foot(home)

    def _draw_foot(self, home: Home) -> None:
        actions = ["study_row", "switch_rows", "import"] if home.cards else ["import"]
        if home.due.total:
            actions.insert(0, "study_today")
        offered = hints(HOME, *actions) + hints(EVERYWHERE, "app.show_help") + hints(HOME, "leave")
        line, others = ("deck", "systems") if self._shows_decks else ("system", "decks")
        words = {"screen.study_row": line, "screen.switch_rows": others}
        self.query_one(Foot).offer([(shown, words.get(action, word), action) for shown, word, action in offered])

    def _today(self, home: Home, width: int) -> Content:
        due = home.due
        if not home.cards:
            return Content.assemble(("No cards yet.", "bold"), "\n\n", ("i", "bold $mark"),
                                    "  import a deck file, or the decks that come with flashcore")
        label = Content("TODAY   ").stylize("$quiet")
        if not due.total:
            wait = next_words(home.next_due_at, self.flashcore.clock.now(), self.flashcore.clock.zone, home.tomorrow)
            return label + Content.assemble(("nothing due", "bold"), "\n        ", wait)
        counts = Content.assemble((f"{due.due:,}", "bold"), " due · ", (f"{due.learning:,}", "bold"), " learning · ",
                                  (f"{due.new:,}", "bold"), " new")
        span = f"about {due.minutes} of your {home.minutes_per_day} minutes"
        lines = [two_ends(label + counts, Content(span), width)]
        if width < _NARROW:
            lines = [label + counts, Content(f"        {span}")]
        tomorrow = f"tomorrow {home.tomorrow:,} due"
        if home.fullest_day is not None and home.fullest_count > home.tomorrow:
            fullest = f"fullest day: {home.fullest_day:%a} {home.fullest_count:,}"
            tomorrow += f"\n        {fullest}" if width < _NARROW else f" · {fullest}"
        return Content("\n").join([*lines, Content(f"        {tomorrow}").stylize("$quiet")])

    def _offers(self, home: Home, width: int) -> Content:
        offers = []
        if home.due.total:
            words = "study today, systems mixed" if width >= _NARROW else "study today"
            offers.append(("space", words, home.due.total, "screen.study_today"))
        if home.missed_count:
            words = "missed in the last 2 days (does not move the schedule)" if width >= _NARROW else "lately missed"
            offers.append(("x", words, home.missed_count, "screen.study_missed"))
        return Content("\n").join(
            two_ends(Content.assemble((f"{key:<8}", "bold $mark"), words), Content(counted(count, "card")), width
                     ).stylize(Style.from_meta({"@click": action})) for key, words, count, action in offers)

    def _draw_rows(self, home: Home, width: int) -> None:
        rows, header = self.query_one(Rows), self.query_one("#columns", Static)
        if not home.cards:
            header.update(Content(""))
            rows.show([])
            rows.display = False
            return
        rows.display = True
        if self._shows_decks:
            self._queries = [(DeckIs(row.deck), row.deck) for row in home.decks]
            lines, head = _deck_lines(home.decks, width)
        else:
            self._queries = [(_system_query(row.system), row.system or "no system") for row in home.systems]
            lines, head = _system_lines(home.systems, width)
        header.update(head.stylize("$quiet"))
        rows.show(lines)

    # keys

    def action_study_today(self) -> None:
        """Everything that is due."""
        self.in_turn(lambda: self.flashcore.study(self, ""))

    def action_study_missed(self) -> None:
        """What was missed in the last two days, without moving the schedule."""
        self.in_turn(lambda: self.flashcore.study(self, MISSED_QUERY, is_cram=True))

    def action_study_row(self) -> None:
        """The system or deck that is highlighted."""
        place = self.query_one(Rows).highlighted
        if place is not None and place < len(self._queries):
            query, name = self._queries[place]
            self.in_turn(lambda: self.flashcore.study(self, query, name=name))

    def on_option_list_option_selected(self, _event: OptionList.OptionSelected) -> None:
        """Enter or a click on a line."""
        self.action_study_row()

    def action_switch_rows(self) -> None:
        """Decks instead of systems, and back."""
        self._shows_decks = not self._shows_decks
        self.query_one(Rows).highlighted = None
        self._draw()

    def action_move_row(self, count: int) -> None:
        """Moves the highlight."""
        self.query_one(Rows).move(count)

    def action_row_to_end(self, bottom: bool) -> None:
        """Highlights the first or the last line."""
        rows = self.query_one(Rows)
        rows.move(rows.option_count if bottom else -rows.option_count)

    def action_import(self) -> None:
        """Asks for a deck file."""
        self.flashcore.show_import()

    def action_undo(self) -> None:
        """Takes back the newest answer or change."""
        async def step() -> None:
            undone = await self.do(lambda collection: collection.undo())
            await self._load()
            self.say(f"Undone: {undone.what}." if undone else "Nothing to undo.")

        self.in_turn(step)

    def action_leave(self) -> None:
        """Leaves the app."""
        self.in_turn(self.flashcore.action_quit)


def _date(home: Home, width: int) -> Content:
    exam = exam_words(home.exam_on, home.today)
    if not exam or width >= _NARROW:
        return Content.assemble(day_words(home.today), ("   " + exam if exam else "", "bold"))
    return Content(exam).stylize("bold")


def _below(home: Home, width: int, *, shows_decks: bool) -> Content:
    if not home.cards or shows_decks or not home.systems_without_cards:
        return Content("")
    count = counted(home.systems_without_cards, "system")
    verb = "has" if home.systems_without_cards == 1 else "have"
    hint = Content("import: i" if width >= _NARROW else "")
    return two_ends(Content(f"{count} {verb} no cards yet"), hint, width).stylize("$quiet")


def _system_query(system: str | None) -> Query:
    return StateIs(State.UNTAGGED) if system is None else SystemIs(system, primary_only=True)


def _system_lines(systems: tuple[SystemRow, ...], width: int) -> tuple[list[Content], Content]:
    widths = (5, 5, 8) if width >= _NARROW else (5, 5, 7)
    name_width = min(max(18, *(len(row.system or "") for row in systems)), width - sum(widths))
    lines = [columns(one_line(row.system or "no system"), [f"{row.due:,}", f"{row.new:,}", f"{row.cards:,}"],
                     widths, name_width) for row in systems]
    return lines, columns(Content("SYSTEM"), ["DUE", "NEW", "CARDS"], widths, name_width)


def _deck_lines(decks: tuple[DeckDue, ...], width: int) -> tuple[list[Content], Content]:
    titles = ["DUE", "LEARNING" if width >= _NARROW else "LRN", "NEW"]
    widths = (6, 10, 6) if width >= _NARROW else (5, 5, 5)
    names = [Content("  " * row.deck.count(SEPARATOR)) + one_line(row.deck.rsplit(SEPARATOR, 1)[-1]) for row in decks]
    name_width = min(max(18, *(name.cell_length for name in names)), width - sum(widths))
    lines = [columns(name, [f"{row.due:,}", f"{row.learning:,}", f"{row.new:,}"], widths, name_width)
             for row, name in zip(decks, names, strict=True)]
    return lines, columns(Content("DECK"), titles, widths, name_width)
