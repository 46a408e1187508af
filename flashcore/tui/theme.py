"""The colours: one theme for dark terminals, one for light ones, and the terminal's own for NO_COLOR.

Style names used in content: ``$quiet`` (less important), ``$right``, ``$wrong``, ``$mark`` (chosen, filled in),
``$rule`` (lines). No meaning rests on a colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

DARK, LIGHT, PLAIN = "flashcore-dark", "flashcore-light", "flashcore-plain"

_PLAIN_VARIABLES = {
    "quiet": "ansi_default", "right": "ansi_default", "wrong": "ansi_default", "mark": "ansi_default",
    "rule": "ansi_default", "row": "ansi_default", "ansi-background": "ansi_default", "ansi-foreground": "ansi_default",
    "block-cursor-foreground": "ansi_default", "block-cursor-background": "ansi_default",
    "block-cursor-text-style": "reverse", "block-cursor-blurred-text-style": "reverse",
    "scrollbar": "ansi_default", "scrollbar-hover": "ansi_default", "scrollbar-active": "ansi_default",
    "scrollbar-background": "ansi_default", "scrollbar-background-hover": "ansi_default",
    "scrollbar-background-active": "ansi_default", "border": "ansi_default", "border-blurred": "ansi_default",
    "input-selection-background": "ansi_default",
}

THEMES = (
    Theme(
        name=DARK, dark=True, background="#16181d", surface="#1e2127", panel="#262a32", foreground="#d9dce2",
        primary="#82aaff", secondary="#a9b8d8", success="#93c47d", error="#ef8a8a", warning="#e0b36a",
        accent="#e0b36a",
        variables={"quiet": "#959ba8", "right": "#93c47d", "wrong": "#ef8a8a", "mark": "#e0b36a",
                   "rule": "#4a505c", "row": "#2a3040", "block-cursor-foreground": "#d9dce2",
                   "block-cursor-background": "#2f3a52", "block-cursor-text-style": "none"},
    ),
    Theme(
        name=LIGHT, dark=False, background="#fbfaf7", surface="#f1efe9", panel="#e7e4dc", foreground="#23262c",
        primary="#2557a7", secondary="#44597f", success="#2c6e36", error="#ab2f31", warning="#7d5200",
        accent="#7d5200",
        variables={"quiet": "#636975", "right": "#2c6e36", "wrong": "#ab2f31", "mark": "#7d5200",
                   "rule": "#b9b5aa", "row": "#e4e9f3", "block-cursor-foreground": "#23262c",
                   "block-cursor-background": "#d6e0f2", "block-cursor-text-style": "none"},
    ),
    Theme(
        name=PLAIN, dark=True, ansi=True, background="ansi_default", surface="ansi_default", panel="ansi_default",
        foreground="ansi_default", primary="ansi_default", secondary="ansi_default", success="ansi_default",
        error="ansi_default", warning="ansi_default", accent="ansi_default", boost="ansi_default",
        variables=_PLAIN_VARIABLES,
    ),
)

FOREIGN_DEFAULTS = {"quiet": "#888888", "right": "#4f9a4f", "wrong": "#c85f5f", "mark": "#b98a3a",
                    "rule": "#777777", "row": "#555555"}
"""For a theme of Textual's own, which has none of these names."""


def first_theme(environment: Mapping[str, str]) -> str:
    """The theme to start with: TEXTUAL_THEME if it is set, else by the background that COLORFGBG tells, else dark."""
    if named := environment.get("TEXTUAL_THEME"):
        return named
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT if background in ("7", "15") else DARK
