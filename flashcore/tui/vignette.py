"""A vignette being answered: which letter is chosen, which are struck out, and how that looks on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual.content import Content

from flashcore.study.card_face import OptionFace
from flashcore.tui.rendering import Block, blocks_of, content_of

_INDENT = 5


@dataclass(frozen=True, slots=True)
class Picks:
    """What the learner did on the question side; letters are capitals, as shown."""

    chosen: str = ""
    struck: frozenset[str] = frozenset()

    def choose(self, letter: str) -> Picks:
        """The letter is the answer for now; a struck one stands again."""
        return Picks(letter, self.struck - {letter})

    def strike(self, letter: str) -> Picks:
        """Strikes an option out, or lets it stand again; a chosen one is chosen no more."""
        return Picks("" if letter == self.chosen else self.chosen, self.struck ^ {letter})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A vignette after the reveal: the options, the letter that counted (empty: revealed without an answer)."""

    options: Sequence[OptionFace]
    chosen: str

    @property
    def right(self) -> OptionFace | None:
        """The right option."""
        return next((option for option in self.options if option.is_right), None)

    @property
    def own(self) -> OptionFace | None:
        """The option that was chosen."""
        return next((option for option in self.options if option.letter == self.chosen), None)

    @property
    def is_wrong(self) -> bool:
        """Whether a letter was chosen and it is not the right one."""
        return self.own is not None and not self.own.is_right

    @property
    def others(self) -> list[OptionFace]:
        """The options that are neither chosen nor right, where they are explained."""
        return [option for option in self.options
                if option.explanation and not option.is_right and option.letter != self.chosen]


def letters_of(options: Sequence[OptionFace]) -> str:
    """``A to E``."""
    return f"{options[0].letter} to {options[-1].letter}" if options else ""


def asked_blocks(options: Sequence[OptionFace], picks: Picks) -> list[Block]:
    """The options on the question side; what is chosen carries a mark, what is struck out is struck out."""
    blocks: list[Block] = []
    for option in options:
        is_chosen, is_struck = option.letter == picks.chosen, option.letter in picks.struck
        style = "bold $mark" if is_chosen else "strike $quiet" if is_struck else ""
        sign = ">" if is_chosen else "x" if is_struck else " "
        blocks += _option_blocks(option, sign, style)
    return blocks


def judged_blocks(verdict: Verdict) -> list[Block]:
    """The options after the reveal, with words beside the chosen and the right one."""
    blocks: list[Block] = []
    for option in verdict.options:
        is_own = option.letter == verdict.chosen
        if option.is_right:
            note = Content("your answer: RIGHT" if is_own else "RIGHT")
            blocks += _option_blocks(option, "=", "bold $right", note.stylize("bold $right"))
        elif is_own:
            note = Content("your answer: WRONG").stylize("bold $wrong")
            blocks += _option_blocks(option, ">", "bold $wrong", note)
        else:
            blocks += _option_blocks(option, " ", "$quiet")
    return blocks


def _option_blocks(option: OptionFace, sign: str, style: str, note: Content | None = None) -> list[Block]:
    first = Content(f"{sign} {option.letter}  ").stylize(style)
    blocks = blocks_of(option.text, style=style, indent=_INDENT) or [Block(Content(""), indent=_INDENT)]
    blocks[0] = replace(blocks[0], first=first, note=note or Content(""))
    return blocks


def explained_blocks(verdict: Verdict) -> list[Block]:
    """The own explanation where the letter was wrong, then the right one."""
    blocks: list[Block] = []
    own, right = verdict.own, verdict.right
    if own is not None and verdict.is_wrong:
        blocks += _explanation(f"Yours ({own.letter}): ", "bold $wrong", own)
    if right is not None:
        blocks += _explanation(f"Right ({right.letter}): ", "bold $right", right)
    return blocks


def other_blocks(verdict: Verdict, *, shows_others: bool) -> list[Block]:
    """The explanations of the other options, or the key that shows them."""
    if not verdict.others or shows_others:
        return [block for option in verdict.others
                for block in _explanation(f"Not {option.letter}: ", "bold", option)]
    return [Block(Content.assemble("Others: ", ("j", "bold $foreground"), " for more.").stylize_before("$quiet"))]


def _explanation(lead: str, style: str, option: OptionFace) -> list[Block]:
    """Why an option is right or wrong; the option itself where nobody wrote why."""
    label = Content(lead).stylize(style)
    if option.explanation:
        return blocks_of(option.explanation, lead=label)
    return [Block(label + Content(" ").join(content_of(paragraph) for paragraph in option.text))]
