"""The sentences of plain mode: one fact a line, words and no symbols, and no system before the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from flashcore.cli.output import counted
from flashcore.domain.review import Rating
from flashcore.study.card_face import CardFace, OptionFace, hints, plain_answer
from flashcore.study.prompt import Prompt, interval_words
from flashcore.study.rich_text import CardText, Paragraph, Span, Style, plain
from flashcore.study.session import SessionCounts
from flashcore.study.typed import Comparison, compared

MOST_DIFFERENCES = 5
"""Differences of a typed answer that are told; with more the two texts say it better."""
RATING_WORDS = {Rating.AGAIN: "again", Rating.HARD: "hard", Rating.GOOD: "good", Rating.EASY: "easy"}

HELP = (
    "Enter on a question: show the answer.",
    "A letter on a vignette: choose that option. Enter there: show the answer without choosing.",
    "A text on a card that is typed: compare it with the answer. Enter there: show the answer without typing.",
    "1 to 4 on an answer: again, hard, good, easy. Enter there: the usual one, which the line names.",
    "u: undo the newest answer or change. Its card comes back.",
    "b: bury this card until tomorrow.",
    "s: suspend this card until told otherwise.",
    "f 3: give this card flag 3, from 1 to 7. f 0 takes the flag away.",
    "e: edit the note.",
    "h: the hints of this card.",
    "i: what is known of this card.",
    "o: open its picture or sound. o 2: the second of them.",
    "q: quit. Every answer is saved already.",
    "On the question of a vignette or a card that is typed a letter is an answer, so there write :u, :b, :s, :f 3, :e, "
    ":h, :i, :o, :q.",
)


@dataclass(frozen=True, slots=True)
class Medium:
    """A picture or sound of a card: its file as the card gives it, and the words that stand for it."""

    target: str
    kind: str
    words: str = ""

    @property
    def name(self) -> str:
        """The name of the file."""
        return PurePosixPath(unquote(self.target)).name or self.kind


def opening_line(counts: SessionCounts, is_cram: bool) -> str:
    """What is left, and the commands that are needed first."""
    minutes = f"about {counted(counts.minutes, 'minute')}"
    what = (f"{counted(counts.total, 'card')}, {minutes}, none of it moves the schedule" if is_cram
            else f"{counts.due} due, {counts.learning} learning, {counts.new} new, {minutes}")
    return f"{what}. Enter: answer. 1 again, 2 hard, 3 good, 4 easy. u undo, q quit, ? all commands."


def question_lines(prompt: Prompt) -> Iterator[str]:
    """The question side, without anything that would give the answer away."""
    options = prompt.face.options
    kind = f"Vignette, {len(options)} options." if options else f"{prompt.face.kind_name.capitalize()}."
    yield f"Card {prompt.position} of {prompt.total}. {kind}"
    if prompt.show_system_before:
        yield from _system_lines(prompt)
    yield from _labelled("Question", prompt.face.question, is_question=True)
    yield from (f"Blank, hint: {hint}." for hint in hints(prompt.face) if hint)
    for option in options:
        yield from _labelled(option.letter, option.text, is_question=True)
    yield from (f"Hint {clue.name}. {':h' if prompt.face.type_in else 'h'} shows it." for clue in prompt.face.clues)
    if options:
        yield f"Letter {letters(options)}:"
    elif prompt.face.type_in is not None:
        yield "Type the answer:"


def clue_lines(prompt: Prompt) -> Iterator[str]:
    """The hints that a question keeps folded away."""
    if not prompt.face.clues:
        yield "This card has no hints."
    for clue in prompt.face.clues:
        yield from _labelled(f"Hint {clue.name}" if clue.name else "Hint", clue.text, names_pictures=True)


def answer_lines(prompt: Prompt, choice: str | None) -> Iterator[str]:
    """The answer side: whether the letter was right, the answer, the reasons, then where the card belongs."""
    face, options = prompt.face, prompt.face.options
    if options:
        yield from _verdict_lines(options, choice)
        yield from _reasons(options, choice)
    elif face.type_in is not None and choice is not None:
        yield from _typed_lines(compared(face.type_in, choice))
    is_told = face.type_in is not None and choice is not None and plain(face.answer) == face.type_in.expected
    if not options and not is_told:
        yield from _told_answer(face)
    for extra in face.extras:
        yield from _labelled(extra.name or "More", extra.text, names_pictures=True)
    yield from _labelled("Why", prompt.face.why)
    yield from _labelled("Source", prompt.face.source)
    if not prompt.show_system_before:
        yield from _system_lines(prompt)


def ratings_line(prompt: Prompt, usual: Rating) -> str:
    """The four ratings, when each would bring the card back, and which one Enter gives."""
    parts = []
    for rating, word in RATING_WORDS.items():
        outcome = prompt.outcomes.get(rating)
        when = f" in {interval_words(outcome, prompt.shown_at)}" if outcome is not None else ""
        parts.append(f"{int(rating)} {word}{when}" + (" (Enter)" if rating is usual else ""))
    return ", ".join(parts) + ":"


def saved_line(prompt: Prompt, rating: Rating, left: int) -> str:
    """That an answer is on disk, and how many cards are left."""
    outcome = prompt.outcomes.get(rating)
    when = f", {interval_words(outcome, prompt.shown_at)}" if outcome is not None else ""
    return f"Saved: {RATING_WORDS[rating]}{when}. {left} left."


def letters(options: Sequence[OptionFace]) -> str:
    """The letters of a vignette: ``A to D``."""
    return f"{options[0].letter} to {options[-1].letter}"


def media_of(prompt: Prompt, *, with_answer: bool) -> list[Medium]:
    """The pictures and sounds that the learner can see at this step, in order."""
    face = prompt.face
    texts = [face.question, *(option.text for option in face.options)]
    if with_answer:
        texts += [face.answer, *(extra.text for extra in face.extras),
                  *(option.explanation for option in face.options), face.why, face.source]
    found = [medium for text in texts for paragraph in text for medium in _media(paragraph)]
    return list(dict.fromkeys(found))


def _told_answer(face: CardFace) -> Iterator[str]:
    """The answer; of a cloze what the blank held, and what the answer has besides, since the rest was just heard."""
    if not _has_blank(face.answer):
        yield from _labelled("Answer", face.answer)
        return
    yield f"Answer: {' '.join(plain_answer(face).split())}"
    heard = {paragraph.text for paragraph in face.question}
    yield from _labelled("More", tuple(
        paragraph for paragraph in face.answer if paragraph.text not in heard and not _has_blank((paragraph,))))


def _has_blank(text: CardText) -> bool:
    return any(span.style is Style.CLOZE for paragraph in text for span in paragraph.spans)


def _typed_lines(comparison: Comparison) -> Iterator[str]:
    """What was typed beside what is right, and every place where they differ."""
    typed, right = ("".join(part.text for part in parts) for parts in (comparison.typed, comparison.expected))
    if comparison.is_right:
        yield f"Right: {right}"
        return
    yield f"Wrong. You typed: {typed}"
    yield f"Right is: {right}"
    for one in comparison.differences[:MOST_DIFFERENCES]:
        wrong, missed = _quoted(one.wrong), _quoted(one.right)
        if one.wrong and one.right:
            yield f"Typed {wrong} where {missed} is right."
        else:
            yield f"Too much: {wrong}." if one.wrong else f"Missing: {missed}."


def _quoted(letters: str) -> str:
    return "a space" if letters == " " else f"'{letters}'"


def _verdict_lines(options: Sequence[OptionFace], choice: str | None) -> Iterator[str]:
    right = next((option for option in options if option.is_right), None)
    if right is None:
        return
    chosen = next((option for option in options if option.letter == choice), None)
    if chosen is None:
        yield f"Right is {right.letter}, {_sentence(right.text)}"
    elif chosen.is_right:
        yield f"Right. You chose {right.letter}, {_sentence(right.text)}"
    else:
        yield f"Wrong. You chose {chosen.letter}, {_sentence(chosen.text)} Right is {right.letter}, " \
              f"{_sentence(right.text)}"


def _reasons(options: Sequence[OptionFace], choice: str | None) -> Iterator[str]:
    """The explanations: of the option chosen and of the right one first, then of the others."""
    for option in sorted(options, key=lambda one: (one.letter != choice, not one.is_right)):
        yield from _labelled(f"Why {option.letter}" if option.is_right else f"Why not {option.letter}",
                             option.explanation)


def _system_lines(prompt: Prompt) -> Iterator[str]:
    if prompt.axes.primary:
        yield f"System {prompt.axes.primary}."


def _labelled(label: str, text: CardText, *, is_question: bool = False, names_pictures: bool = False) -> Iterator[str]:
    """A text as lines behind its label, then what stands in it that is no text; nothing where it is empty.

    With ``names_pictures`` the label is said of a picture or sound without words too, and on a line of its own before
    a table.
    """
    lines = [line for paragraph in text for line in _lines(paragraph, is_question)]
    if lines and names_pictures and text[0].preformatted:
        yield f"{label}:"
        yield from lines
    elif lines:
        yield f"{label}: {lines[0]}"
        yield from lines[1:]
    elif names_pictures:
        yield f"{label}:"
    for paragraph in text:
        for medium in _media(paragraph):
            about = f": {medium.words}" if medium.words else ""
            yield f"{medium.kind.capitalize()} {medium.name}{about}. o opens it."


def _lines(paragraph: Paragraph, is_question: bool) -> Iterator[str]:
    text = _spoken(paragraph, is_question)
    marker = paragraph.marker if any(char.isalnum() for char in paragraph.marker) else ""
    for line in text.split("\n"):
        if line.strip():
            yield marker + (line if paragraph.preformatted else line.strip())
            marker = ""


def _spoken(paragraph: Paragraph, is_question: bool) -> str:
    """The text of a paragraph with blanks and media as words; media that stand alone are left to their own line."""
    spans = [span for span in paragraph.spans
             if span.style in _MEDIA or (span.style is Style.CLOZE and is_question)]
    stands_alone = not _replaced(paragraph.text, [(span, "") for span in spans if span.style in _MEDIA]).strip()
    return _replaced(paragraph.text, [
        (span, "blank" if span.style is Style.CLOZE else "" if stands_alone else f"({_medium(paragraph, span).name})")
        for span in spans])


def _replaced(text: str, words: Sequence[tuple[Span, str]]) -> str:
    """The text with each span replaced by its words; of spans that overlap the first counts."""
    parts: list[str] = []
    end = 0
    for span, word in words:
        if span.start >= end:
            parts += [text[end:span.start], word]
            end = span.end
    return "".join(parts) + text[end:]


_MEDIA = {Style.IMAGE: "picture", Style.SOUND: "sound"}


def _media(paragraph: Paragraph) -> Iterator[Medium]:
    for span in paragraph.spans:
        if span.style in _MEDIA:
            yield _medium(paragraph, span)


def _medium(paragraph: Paragraph, span: Span) -> Medium:
    kind = _MEDIA[span.style]
    words = paragraph.text[span.start:span.end].removeprefix(f"[{kind}").removesuffix("]").removeprefix(":").strip()
    medium = Medium(span.target, kind, words)
    return medium if words != medium.name else Medium(span.target, kind)


def _sentence(text: CardText) -> str:
    """An option as the end of a sentence."""
    words = " ".join(line for paragraph in text for line in _lines(paragraph, is_question=False))
    return words if words.endswith((".", "?", "!")) else words + "."
