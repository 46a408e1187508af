"""A line to type an answer into, and how the typed answer looks beside the right one."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.events import Paste
from textual.widgets import Input

from flashcore.domain.visible import visible
from flashcore.study.typed import Comparison, Fate, Part
from flashcore.tui.rendering import Block

_LABEL_WIDTH = 7


class TypeLine(Input):
    """Stands under a question whose answer is typed; while it has the focus every key but enter and esc is text."""

    DEFAULT_CSS = """
    TypeLine { display: none; margin-top: 0; }
    TypeLine.-asking { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(placeholder="type the answer", compact=True, select_on_focus=False)
        self.can_focus = False

    def ask(self) -> None:
        """Comes up empty and takes the keys."""
        self.value = ""
        self.can_focus = True
        self.add_class("-asking")
        self.focus()

    def rest(self) -> None:
        """Goes away; the keys are the screen's again."""
        self.can_focus = False
        self.remove_class("-asking")
        if self.has_focus:
            self.screen.set_focus(None)

    @property
    def is_asking(self) -> bool:
        """Whether a card waits for a text."""
        return self.has_class("-asking")

    def on_paste(self, event: Paste) -> None:
        """Textual hands the event on to the line itself, which takes what is left here."""
        event.text = visible(next(iter(event.text.splitlines()), ""), keep="")


def compared_blocks(comparison: Comparison) -> list[Block]:
    """The typed answer over the right one: what is wrong is struck out, what was missed underlined."""
    if comparison.is_right:
        return [_line("Right", "bold $right", comparison.expected)]
    return [_line("Yours", "bold $wrong", comparison.typed), _line("Right", "bold $right", comparison.expected)]


def _line(label: str, style: str, parts: Sequence[Part]) -> Block:
    words = Content.assemble(*((_seen(part), _STYLES[part.fate]) for part in parts))
    return Block(words, Content(label.ljust(_LABEL_WIDTH)).stylize(style), _LABEL_WIDTH)


def _seen(part: Part) -> str:
    """A blank that is wrong or was missed, so that one can see it."""
    return part.text if part.fate is Fate.SAME else part.text.replace(" ", "\N{OPEN BOX}")


_STYLES = {Fate.SAME: "", Fate.WRONG: "bold strike $wrong", Fate.MISSED: "bold underline $right"}
