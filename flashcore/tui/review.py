"""The review screen: one card, its question and then its answer, and the keys that rate it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer

from flashcore.domain.review import Rating
from flashcore.errors import CardChanged, FlashcoreError, StoreError, UndoRefused
from flashcore.study.prompt import Finished, Prompt
from flashcore.study.typed import Comparison, compared
from flashcore.tui.buttons import RatingButtons
from flashcore.tui.card_actions import CardActions
from flashcore.tui.card_body import CardBody
from flashcore.tui.card_sides import answer_side, marks, origin, place_words, question_side
from flashcore.tui.keys import EVERYWHERE, REVIEW, Key, bindings
from flashcore.tui.lines import Foot, Rule, TwoEnds, hints
from flashcore.tui.type_line import TypeLine
from flashcore.tui.vignette import Picks, Verdict, letters_of
from flashcore.tui.words import clock_words

if TYPE_CHECKING:
    from flashcore.study.collection import Collection
    from flashcore.study.session import Session
    from flashcore.tui.summary import Wish

_QUIET_SECONDS = 1.0
"""How long a card stands before the next one is drawn and what was written is moved into the main file: by then the
learner thinks, and nobody waits."""
_NARROW = 60


class ReviewScreen(CardActions):
    """Asks the cards of a session, one after the other."""

    KEYS: ClassVar[tuple[Key, ...]] = (*REVIEW, *EVERYWHERE)
    HELP_TITLE = "On a card"
    BINDINGS: ClassVar[list[BindingType]] = bindings(REVIEW)

    def __init__(self, session: Session, prompt: Prompt) -> None:
        super().__init__(session, prompt)
        self.is_revealed = False
        self.picks = Picks()
        self.verdict: Verdict | None = None
        self.typed: str | None = None
        self._shows_others = self._shows_clues = False
        self._is_flagging = False
        self._asked_once: Rating | None = None
        self._retry: Callable[[], Awaitable[None]] | None = None
        self._shown_at = 0.0
        self._quiet: Timer | None = None

    def compose(self) -> ComposeResult:
        yield TwoEnds(id="head")
        yield Rule()
        yield CardBody()
        yield TypeLine()
        yield Rule(id="edge")
        yield RatingButtons()
        yield Foot()

    def on_mount(self) -> None:
        """Shows the first card and starts the clock at its head."""
        self.set_interval(1.0, self._draw_head)
        self._ask(self.prompt)

    # what is shown

    def _ask(self, prompt: Prompt, message: str = "") -> None:
        """Shows the question side of a card."""
        self.prompt, self.picks, self.verdict = prompt, Picks(), None
        self.is_revealed = self._shows_others = self._shows_clues = self._is_flagging = False
        self._asked_once = self._retry = self.typed = None
        if prompt.face.type_in is not None:
            self._line.ask()
        else:
            self._line.rest()
        self._shown_at = self.flashcore.monotonic()
        if self._quiet is not None:
            self._quiet.stop()
        self._quiet = self.set_timer(_QUIET_SECONDS, self._tidy)
        self._draw()
        self.say(message)

    def _tidy(self) -> None:
        self.flashcore.thread.tidy(self.session.prepare)

    def _draw(self, *, keep_place: bool = False) -> None:
        if self.is_revealed:
            side = answer_side(self.prompt, self.verdict, shows_others=self._shows_others, comparison=self._comparison)
        else:
            side = question_side(self.prompt, self.picks, shows_clues=self._shows_clues)
        self.query_one(CardBody).show(side.blocks, from_block=side.from_block,
                                      keep_place=keep_place or side.keeps_place)
        self._draw_head()
        self._draw_foot()

    def _draw_head(self) -> None:
        is_narrow = self.size.width < _NARROW
        words = [place_words(self.prompt, is_short=is_narrow and self.is_revealed)]
        words.append(clock_words(self.flashcore.monotonic() - self._shown_at))
        if self.is_revealed and (marked := marks(self.prompt)):
            words.append(marked)
        right = origin(self.prompt, is_revealed=self.is_revealed)
        self.query_one("#head", TwoEnds).show(Content(" · ".join(words)).stylize("bold"), right)

    def _draw_foot(self) -> None:
        buttons, foot = self.query_one(RatingButtons), self.query_one(Foot)
        if not self.is_revealed:
            is_typing = self._line.has_focus
            buttons.show_reveal(letters_of(self.prompt.face.options), self.picks.chosen, is_typed=is_typing)
            if is_typing:
                foot.offer(hints(self.KEYS, "calm"))
                return
            offered = [*(["type"] if self._line.is_asking else []), *(["clue"] if self.prompt.face.clues else [])]
            foot.offer(hints(self.KEYS, *offered, "undo", "bury_card", "suspend_card", "app.show_help", "leave"))
            return
        usual = self.prompt.usual_rating(self._choice)
        buttons.show_ratings({rating: self.prompt.interval_label(rating) for rating in Rating}, usual)
        foot.offer(hints(self.KEYS, "edit", "undo", "bury_card", "suspend_card", "app.show_help", "leave"))

    def on_card_body_scrolled(self, event: CardBody.Scrolled) -> None:
        """Tells at the lower rule whether the card goes on."""
        self.query_one("#edge", Rule).say("more below: j" if event.has_more else "")

    @property
    def _line(self) -> TypeLine:
        return self.query_one(TypeLine)

    @property
    def _choice(self) -> str | None:
        """The letter that was chosen or the text that was typed; None: revealed without."""
        return self.picks.chosen or self.typed

    @property
    def _comparison(self) -> Comparison | None:
        type_in = self.prompt.face.type_in
        return compared(type_in, self.typed) if type_in is not None and self.typed is not None else None

    def on_descendant_focus(self) -> None:
        """The keys are the text of an answer now."""
        self._draw_foot()

    def on_descendant_blur(self) -> None:
        """The keys are the screen's again."""
        self._draw_foot()

    def on_input_submitted(self, event: TypeLine.Submitted) -> None:
        """Enter in the line: the answer is shown beside what was typed; an empty line shows it alone."""
        event.stop()
        self.in_turn(self._go_on)

    # keys

    @property
    def _is_choosing(self) -> bool:
        """Whether a vignette is asking, so that its letters are options only."""
        return not self.is_revealed and bool(self.prompt.face.options)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Which keys count on which side of a card."""
        match action:
            case "choose" | "strike":
                return self._is_choosing
            case "edit" | "flag":
                return not self._is_choosing
            case "info":
                return self.is_revealed
            case "digit":
                return self.is_revealed or self._is_flagging
            case "retry":
                return self._retry is not None
            case "clue":
                return not self.is_revealed and bool(self.prompt.face.clues)
            case "type":
                return not self.is_revealed and self.prompt.face.type_in is not None
        return True

    def action_choose(self, letter: str) -> None:
        """A letter of a vignette is the answer for now; enter confirms it."""
        self._pick(letter, self.picks.choose)

    def action_strike(self, letter: str) -> None:
        """A letter of a vignette is struck out, or stands again."""
        self._pick(letter, self.picks.strike)

    def _pick(self, letter: str, pick: Callable[[str], Picks]) -> None:
        letter = letter.upper()
        options = self.prompt.face.options
        if letter not in [option.letter for option in options]:
            self.say(f"This one has the options {letters_of(options)}.")
            return
        self.picks = pick(letter)
        self.say("")
        self._draw(keep_place=True)

    def action_go_on(self) -> None:
        """Space and enter: the answer, and then the usual rating."""
        self.in_turn(self._go_on)

    async def _go_on(self) -> None:
        self._is_flagging = False
        if self.is_revealed:
            await self._rate(self.prompt.usual_rating(self._choice))
            return
        self.is_revealed = True
        if self._line.is_asking:
            self.typed = " ".join(self._line.value.split()) or None
            self._line.rest()
        options = self.prompt.face.options
        self.verdict = Verdict(options, self.picks.chosen) if options else None
        differs = self._comparison is not None and not self._comparison.is_right
        self.say("space = Again, because the letter was wrong." if self._is_wrong
                 else "space = Again, because yours differs." if differs else "")
        self._draw()

    @property
    def _is_wrong(self) -> bool:
        return self.verdict is not None and self.verdict.is_wrong

    def action_digit(self, digit: str | int) -> None:
        """A digit rates on the answer side, 1-4; after ``f`` it is the colour of the flag, 0-7."""
        self.in_turn(partial(self._digit, int(digit)))

    async def _digit(self, digit: int) -> None:
        if self._is_flagging:
            self._is_flagging = False
            prompt = await self.do(lambda _: self.session.flag(digit))
            self.redraw(prompt, f"Flag {digit}." if digit else "No flag.")
        elif self.is_revealed and digit in list(Rating):
            await self._confirm(Rating(digit))

    async def _confirm(self, rating: Rating) -> None:
        """Good and Easy after a wrong letter are asked once more, since they say that the card was known."""
        if self._is_wrong and rating >= Rating.GOOD and self._asked_once is not rating:
            self._asked_once = rating
            name = rating.name.capitalize()
            self.say(f"You chose {self.picks.chosen}, which is wrong. {rating:d} once more for {name}; space = Again.")
            return
        await self._rate(rating)

    async def _rate(self, rating: Rating) -> None:
        duration_ms = max(round((self.flashcore.monotonic() - self._shown_at) * 1000), 0)
        await self._save(rating, duration_ms, self._choice)

    async def _save(self, rating: Rating, duration_ms: int, choice: str | None) -> None:
        label = self.prompt.interval_label(rating)
        try:
            after = await self.do(lambda _: self.session.answer(rating, duration_ms, choice))
        except CardChanged as error:
            await self.show_next(str(error))
            return
        except StoreError as error:
            self._retry = partial(self._save, rating, duration_ms, choice)
            self.say_error(f"NOT saved. r = try again. {error}")
            return
        saved = f"Saved: {rating.name.capitalize()}" + (f", {label}." if label else ".")
        self._go_to(after, saved)

    def _go_to(self, after: Prompt | Finished, message: str) -> None:
        if isinstance(after, Prompt):
            self._ask(after, message)
        else:
            self.flashcore.show_summary(self, after, message)

    async def show_next(self, message: str) -> None:
        """The card that the session shows now, or the summary."""
        after = await self.do(lambda _: self.session.show() or self.session.finished())
        self._go_to(after, message)

    def redraw(self, prompt: Prompt | None, message: str) -> None:
        """The same card on the same side, after a change to it."""
        if prompt is not None:
            self.prompt = prompt
        self._draw(keep_place=True)
        self.say(message)

    def failed(self, error: FlashcoreError, step: Callable[[], Awaitable[None]]) -> None:
        """The card stays; what could not be written can be tried again."""
        can_retry = isinstance(error, StoreError) and not isinstance(error, UndoRefused)
        self._retry = step if can_retry else None
        self.say_error(f"{error} r = try again." if can_retry else str(error))

    def action_retry(self) -> None:
        """Tries again what could not be saved."""
        if (step := self._retry) is not None:
            self._retry = None
            self.in_turn(step)

    def action_undo(self) -> None:
        """Takes back the newest answer or change; its card is asked again."""
        self.in_turn(self._undo)

    async def _undo(self) -> None:
        undone = await self.do(lambda _: self.session.undo())
        if undone is None:
            self.say("Nothing to undo.")
            return
        await self.show_next(f"Undone: {undone.what}.")

    def action_flag(self) -> None:
        """The next digit is the colour of a flag."""
        self._is_flagging = True
        self.say("Flag: 1 to 7, or 0 for none.")

    def action_calm(self) -> None:
        """Forgets a question at the foot; leaves the line of a typed answer."""
        self._is_flagging, self._asked_once = False, None
        self.set_focus(None)
        if self._retry is None:
            self.say("")

    def action_clue(self) -> None:
        """Shows the hints that the question keeps folded."""
        self._shows_clues = True
        self._draw(keep_place=True)

    def action_type(self) -> None:
        """Back into the line of a typed answer."""
        self._line.focus()

    def action_edit(self) -> None:
        """Opens the note in the editor and shows the card anew."""
        self.in_turn(self._edit)

    async def _edit(self) -> None:
        from flashcore.tui.editing import edit_note

        began = self.flashcore.monotonic()
        message = await edit_note(self, self.prompt.card.id)
        before = self.prompt
        prompt = await self.do(lambda _: self.session.refresh())
        self._shown_at += self.flashcore.monotonic() - began
        if prompt is not None and prompt.card.id == before.card.id:
            if self.verdict is not None:
                self.verdict = Verdict(prompt.face.options, self.picks.chosen)
            self.redraw(prompt, message)
        else:
            await self.show_next(message)

    def action_scroll_lines(self, count: int) -> None:
        """Scrolls; the first step down also shows the other explanations of a vignette."""
        if count > 0 and self.verdict is not None and self.verdict.others and not self._shows_others:
            self._shows_others = True
            self._draw(keep_place=True)
        self.query_one(CardBody).scroll_lines(count)

    def action_scroll_pages(self, count: int) -> None:
        """Scrolls by windows."""
        self.query_one(CardBody).scroll_pages(count)

    def action_scroll_to_end(self, bottom: bool) -> None:
        """Scrolls to the first or the last line."""
        self.query_one(CardBody).scroll_to_edge(bottom=bottom)

    def action_leave(self) -> None:
        """Stops: the summary of what was answered, or back at once where nothing was."""
        self.in_turn(self._leave)

    async def _leave(self) -> None:
        finished = await self.do(lambda _: self.session.finished())
        if finished.answers:
            left = await self.do(lambda _: self.session.counts.total)
            self.flashcore.show_summary(self, finished, cards_left=left)
        else:
            self.dismiss()

    def after_summary(self, wish: Wish | None) -> None:
        """What the learner wants after the summary: the undone card, the missed ones again, or to leave."""
        if wish is not None and wish.what == "undone":
            self.in_turn(partial(self.show_next, f"Undone: {wish.words}."))
        elif wish is not None and wish.what == "again":
            self.in_turn(self._ask_missed)
        else:
            self.dismiss()

    async def _ask_missed(self) -> None:
        missed = [answer.card_id for answer in (await self.do(lambda _: self.session.finished())).missed]

        def work(collection: Collection) -> Session:
            return collection.review(card_ids=missed, is_cram=True)

        self.session = await self.do(work)
        await self.show_next("These answers move no schedule.")
