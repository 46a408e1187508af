"""Plain mode: a session in lines of words, for screen readers, slow lines, dumb terminals and scripts.

    question -> (Enter, the letter of a vignette, the text of a type-in) -> answer -> (Enter, or 1 to 4) -> saved

Every line that is read is answered by a line that says what became of it. Nothing is ever drawn over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from urllib.parse import unquote

from flashcore.cli.output import counted, write_line
from flashcore.cli.plain_words import (
    HELP,
    RATING_WORDS,
    answer_lines,
    clue_lines,
    letters,
    media_of,
    opening_line,
    question_lines,
    ratings_line,
    saved_line,
)
from flashcore.domain.review import Rating
from flashcore.errors import FileError, StoreError, UsageError
from flashcore.study.prompt import Prompt

if TYPE_CHECKING:
    from flashcore.study.collection import Collection
    from flashcore.study.session import Session

_INTERRUPTED = 130
_ECHO_LENGTH = 40
_COMMANDS = "ubsfehioq"


class _Quit(Exception):
    """The learner has had enough, or there is no more input."""


class _Moved(Exception):
    """Another card may be the one to ask now, or the same one looks different."""


class PlainReview:
    """One session. It reads lines from ``lines`` and writes lines to ``page``; ``seconds`` is a monotonic timer.

    ``edit`` lets the learner change the note of a card and says how that went; ``open_file`` shows a picture or plays
    a sound. Both may raise UsageError or FileError, whose sentence is then shown.
    """

    def __init__(self, collection: Collection, session: Session, *, lines: TextIO, page: TextIO,
                 seconds: Callable[[], float], edit: Callable[[int], str], open_file: Callable[[Path], None]) -> None:
        self._collection, self._session = collection, session
        self._lines, self._page, self._seconds = lines, page, seconds
        self._edit, self._open_file = edit, open_file

    def run(self) -> int:
        """Ask until the session is finished or the learner stops; returns the exit code."""
        try:
            if self._session.show() is None:
                self._say(f"Nothing is due. {self._next()}")
                return 0
            self._say(opening_line(self._session.counts, self._session.is_cram))
            while (prompt := self._session.show()) is not None:
                try:
                    self._ask(prompt)
                except _Moved:
                    continue
            self._close("Finished")
            for missed in self._session.finished().missed:
                self._say(f"Missed: {' '.join(missed.question.split())}")
            return 0
        except _Quit:
            self._close("Stopped")
            return 0
        except KeyboardInterrupt:
            self._say("")
            self._close("Stopped")
            return _INTERRUPTED

    def _ask(self, prompt: Prompt) -> None:
        """One card, from its question to the rating that is saved."""
        self._say_all(question_lines(prompt))
        started = self._seconds()
        choice = self._question_step(prompt)
        self._say_all(answer_lines(prompt, choice))
        while True:
            rating = self._answer_step(prompt, choice)
            try:
                self._session.answer(rating, max(round((self._seconds() - started) * 1000), 0), choice)
                break
            except StoreError as error:
                self._say(str(error))
                if self._session.show() is not prompt:
                    raise _Moved from error
        self._say(saved_line(prompt, rating, self._session.counts.total))

    def _question_step(self, prompt: Prompt) -> str | None:
        """Wait for the reveal; returns the letter that was chosen or the text that was typed, if any."""
        options, type_in = prompt.face.options, prompt.face.type_in
        shown = {option.letter.upper(): option.letter for option in options}
        while (line := self._read()) != "":
            if line.upper() in shown:
                return shown[line.upper()]
            if type_in is not None and not line.startswith(":") and line != "?":
                return line
            if not self._do(line, prompt, is_revealed=False):
                if type_in is not None:
                    return line
                self._not_understood(line, f"Type {letters(options)}, a command behind a colon such as :q, or ?"
                                     if options else "Press Enter for the answer, or type ?")
        return None

    def _answer_step(self, prompt: Prompt, choice: str | None) -> Rating:
        """Wait for the rating. After a wrong letter good and easy have to be said twice."""
        usual = prompt.usual_rating(choice)
        was_wrong = bool(prompt.face.options) and choice is not None and not prompt.is_right(choice)
        doubted: Rating | None = None
        self._say(ratings_line(prompt, usual))
        while (line := self._read()) != "":
            if line in ("1", "2", "3", "4"):
                rating = Rating(int(line))
                if not was_wrong or rating < Rating.GOOD or rating is doubted:
                    return rating
                doubted = rating
                self._say(f"The letter was wrong. Type {line} once more for {RATING_WORDS[rating]}, or 1 for again.")
            elif not self._do(line, prompt, is_revealed=True):
                self._not_understood(line, "Type 1 to 4, or ?")
        return usual

    def _do(self, line: str, prompt: Prompt, *, is_revealed: bool) -> bool:
        """Carry out a command; False where the line is none. Raises _Moved where the card shown has changed."""
        bare = line.removeprefix(":").strip()
        if bare == "?":
            self._say_all(HELP)
            return True
        letter, argument = bare[:1].lower(), bare[1:].strip()
        if letter not in tuple(_COMMANDS) or (argument and not (letter in "fo" and argument in tuple("01234567"))):
            return False
        if prompt.face.options and not is_revealed and not line.startswith(":"):
            return False
        try:
            self._command(letter, argument, prompt, is_revealed)
        except (UsageError, FileError, StoreError) as error:
            self._say(str(error))
        return True

    def _command(self, letter: str, argument: str, prompt: Prompt, is_revealed: bool) -> None:
        match letter:
            case "q":
                raise _Quit
            case "u":
                self._undo(prompt)
            case "b":
                self._session.bury_card()
                self._say(f"Buried until tomorrow. {self._session.counts.total} left.")
                raise _Moved
            case "s":
                self._session.suspend_card()
                self._say(f"Suspended. {self._session.counts.total} left.")
                raise _Moved
            case "f" if argument:
                self._session.flag(int(argument))
                self._say(f"Flagged {argument}." if argument != "0" else "No flag any more.")
            case "f":
                self._say("Which flag? f 1 to f 7, or f 0 for none.")
            case "e":
                self._say(self._edit(prompt.card.id))
                self._session.refresh()
                raise _Moved
            case "h":
                self._say_all(clue_lines(prompt))
            case "i":
                self._say_all(self._card_info(prompt, is_revealed))
            case "o":
                self._open(prompt, int(argument or "1"), is_revealed)

    def _undo(self, prompt: Prompt) -> None:
        undone = self._session.undo()
        if undone is None:
            self._say("Nothing to undo.")
            return
        shown = self._session.show()
        is_back = undone.is_answer or undone.card_id != prompt.card.id  # a card that lost its flag was there all along
        if is_back and shown is not None and shown.card.id == undone.card_id:
            self._say(f"Undone: card {shown.position} is back.")
        else:
            self._say(f"Undone: {undone.what}.")
        raise _Moved

    def _open(self, prompt: Prompt, number: int, is_revealed: bool) -> None:
        media = media_of(prompt, with_answer=is_revealed)
        if not 1 <= number <= len(media):
            self._say(f"There is no picture or sound {number} here." if media else "There is no picture or sound here.")
            return
        medium, folder = media[number - 1], self._collection.media_path.resolve()
        path = _file_in(folder, medium.target) or _file_in(folder, unquote(medium.target))
        if path is None:
            self._say(f"{medium.name} is not in the media folder of the collection, {folder}.")
            return
        self._open_file(path)
        self._say(f"Opened {medium.name}.")

    def _card_info(self, prompt: Prompt, is_revealed: bool) -> Iterable[str]:
        """What is known of the card; what would give the answer away is left out before the reveal."""
        schedule = prompt.schedule
        yield f"Card id {prompt.card.id}."
        if schedule is None:
            yield "New: never answered."
        else:
            yield f"Answered {counted(schedule.reps, 'time')}, {counted(schedule.lapses, 'lapse')}."
            yield f"Due {schedule.due_on.isoformat()}."
            if schedule.memory is not None:
                yield (f"Stability {schedule.memory.stability_days:.1f} days. "
                       f"Difficulty {schedule.memory.difficulty:.1f} of 10.")
        if prompt.card.flag:
            yield f"Flag {prompt.card.flag}."
        if is_revealed:
            yield f"Deck {prompt.card.deck}."
            if prompt.note.tags:
                yield f"Tags {', '.join(prompt.note.tags)}."
            if prompt.file is not None:
                yield f"File {prompt.file}, line {prompt.line}."

    def _close(self, how: str) -> None:
        finished = self._session.finished()
        self._say(f"{how}. {counted(len(finished.answers), 'answer')} saved, {len(finished.missed)} missed. "
                  f"{self._next()}")

    def _next(self) -> str:
        """When there is something to do again."""
        finished, collection = self._session.finished(), self._collection
        rollover_hour = int(str(collection.options()["rollover_hour"].value))
        is_over, moment = self._session.show() is None, finished.next_due_at
        parts = []
        if is_over and moment is not None and collection.clock.today(moment, rollover_hour) == collection.today():
            parts.append(f"a card at {moment.astimezone(collection.clock.zone):%H:%M}")
        if finished.tomorrow_cards:
            parts.append(f"{finished.tomorrow_cards:,} tomorrow from {rollover_hour:02}:00")
        elif not is_over:
            parts.append(f"{self._session.counts.total:,} left today")
        return f"Next: {', '.join(parts) or 'nothing tomorrow'}."

    def _not_understood(self, line: str, hint: str) -> None:
        shown = " ".join(line.split())
        shown = shown if len(shown) <= _ECHO_LENGTH else shown[:_ECHO_LENGTH] + "..."
        self._say(f"Not understood: {shown}. {hint}.")

    def _read(self) -> str:
        """The next line of input without the white space around it.

        Raises:
            _Quit: there is no more input.
        """
        line = self._lines.readline()
        if not line:
            raise _Quit
        return line.strip()

    def _say_all(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._say(line)

    def _say(self, line: str) -> None:
        write_line(self._page, line)


def _file_in(folder: Path, name: str) -> Path | None:
    """The file of that name in a folder; None where there is none, or where the name leads out of it."""
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None
