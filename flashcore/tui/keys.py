"""Every key of the app, once: the bindings, the line at the foot, the help screen and the palette are made from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the table.

    ``keys`` are Textual's names, separated by commas; with ``is_each`` every one of them calls ``action`` with itself
    as the argument. ``shown`` is how help and foot write the key, ``does`` what it does in a few words, ``short`` its
    word at the foot of the screen. What is not in the palette needs the key itself to make sense.
    """

    keys: str
    action: str
    shown: str
    does: str
    short: str = ""
    is_each: bool = False
    is_in_palette: bool = True
    is_in_help: bool = True


def bindings(table: Iterable[Key]) -> list[BindingType]:
    """The bindings of a screen."""
    made: list[BindingType] = []
    for key in table:
        if key.is_each:
            made += [Binding(name, f"{key.action}('{name}')", key.does, show=False) for name in key.keys.split(",")]
        elif key.keys:
            made.append(Binding(key.keys, key.action, key.does, show=False))
    return made


EVERYWHERE = (
    Key("question_mark,f1", "app.show_help", "?", "these keys", "help"),
    Key("", "app.command_palette", "ctrl+p", "every action by name", is_in_palette=False),
    Key("", "app.change_colours", "", "light or dark colours", is_in_help=False),
    Key("", "app.quit", "ctrl+q", "leave flashcore at once"),
)

SCROLLING = (
    Key("j,down", "scroll_lines(1)", "j k", "scroll", is_in_palette=False),
    Key("k,up", "scroll_lines(-1)", "", "scroll up", is_in_palette=False, is_in_help=False),
    Key("ctrl+d,pagedown", "scroll_pages(1)", "", "scroll a page", is_in_palette=False, is_in_help=False),
    Key("ctrl+u,pageup", "scroll_pages(-1)", "", "scroll a page up", is_in_palette=False, is_in_help=False),
    Key("g,home", "scroll_to_end(False)", "g G", "to the top, to the end", is_in_palette=False),
    Key("G,end", "scroll_to_end(True)", "", "to the end", is_in_palette=False, is_in_help=False),
)

HOME = (
    Key("space", "study_today", "space", "study what is due today, systems mixed", "study"),
    Key("x", "study_missed", "x", "the missed of the last 2 days, without schedule", "missed"),
    Key("enter", "study_row", "enter", "study the highlighted system or deck", "system"),
    Key("tab,shift+tab", "switch_rows", "tab", "systems or decks", "decks"),
    Key("j", "move_row(1)", "j k", "down and up the list", is_in_palette=False),
    Key("k", "move_row(-1)", "", "up the list", is_in_palette=False, is_in_help=False),
    Key("g", "row_to_end(False)", "", "first line", is_in_palette=False, is_in_help=False),
    Key("G", "row_to_end(True)", "", "last line", is_in_palette=False, is_in_help=False),
    Key("i", "import", "i", "import a deck file", "import"),
    Key("u,ctrl+z", "undo", "u", "take back the newest answer or change"),
    Key("q", "leave", "q", "quit", "quit"),
)

OPTIONS = (
    Key("a,b,c,d,e,f,g,h", "choose", "a-h", "choose an option; enter confirms it", is_each=True, is_in_palette=False),
    Key("A,B,C,D,E,F,G,H", "strike", "A-H", "strike an option out", is_each=True, is_in_palette=False),
)
"""They come before the other keys of a card: while a vignette asks, these letters are options only."""

REVIEW = (
    *OPTIONS,
    Key("space,enter", "go_on", "space", "show the answer, then Good (Again if wrong)"),
    Key("1", "digit(1)", "1", "Again: you did not know it"),
    Key("2", "digit(2)", "2", "Hard: you knew it, barely (a pass)"),
    Key("3", "digit(3)", "3", "Good: you knew it"),
    Key("4", "digit(4)", "4", "Easy: at once"),
    Key("0,5,6,7", "digit", "", "a flag", is_each=True, is_in_palette=False, is_in_help=False),
    Key("u,ctrl+z", "undo", "u", "take back the newest answer", "undo"),
    Key("e", "edit", "e", "edit the note in $EDITOR", "edit"),
    Key("minus", "bury_card", "-", "bury the card until tomorrow", "bury"),
    Key("equals_sign", "bury_note", "=", "bury all cards of the note"),
    Key("at", "suspend_card", "@", "suspend the card until told", "suspend"),
    Key("exclamation_mark", "suspend_note", "!", "suspend all cards of the note"),
    Key("f", "flag", "f 0-7", "flag the card; 0 takes the flag off"),
    Key("asterisk", "mark", "*", "mark the note, or unmark it"),
    Key("i", "info", "i", "card info"),
    Key("h", "clue", "h", "show the hints that the card keeps folded", "hint"),
    Key("t", "type", "t", "type the answer; esc leaves the line", "type"),
    *SCROLLING,
    Key("r", "retry", "r", "try again what could not be saved"),
    Key("escape", "calm", "esc", "never mind", "other keys", is_in_palette=False, is_in_help=False),
    Key("q", "leave", "q", "stop; every answer is saved", "stop"),
)

SUMMARY = (
    Key("x", "again", "x", "see the missed ones again, without schedule", "missed again"),
    Key("e,enter", "edit", "e", "edit the highlighted one", "edit"),
    Key("u,ctrl+z", "undo", "u", "take back the newest answer", "undo"),
    Key("j", "move_row(1)", "", "down the list", is_in_palette=False, is_in_help=False),
    Key("k", "move_row(-1)", "", "up the list", is_in_palette=False, is_in_help=False),
    Key("q,space,escape", "leave", "q", "back", "back"),
)

READING = (*SCROLLING, Key("q,escape,enter,space,i", "leave", "q", "back", "back"))
"""Help and card info."""

ASKING = (Key("escape", "leave", "esc", "back", "back"),)
"""Where a line is typed, letters are text."""

HELP_GROUPS = (
    ("On a card", REVIEW),
    ("Home", HOME),
    ("After a session", SUMMARY),
    ("Everywhere", EVERYWHERE),
)
