from __future__ import annotations

import pytest
from stage import MakeApp, settle
from textual.color import Color

from flashcore.tui.theme import DARK, LIGHT, PLAIN, THEMES, first_theme

COLOURED = [theme for theme in THEMES if theme.name != PLAIN]
Cards = dict[str, tuple[int, ...]]


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2, 1-21."""
    def luminance(color: Color) -> float:
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", ["foreground", "quiet", "right", "wrong", "mark", "primary"])
def test_every_text_colour_stands_out_from_its_background(theme: object, name: str) -> None:
    text = Color.parse(getattr(theme, name, None) or theme.variables[name])  # type: ignore[attr-defined]
    for ground in ("background", "surface"):
        assert contrast(text, Color.parse(getattr(theme, ground))) >= 4.5


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_the_highlighted_line_can_be_read(theme: object) -> None:
    variables = theme.variables  # type: ignore[attr-defined]
    text = Color.parse(variables["block-cursor-foreground"])
    assert contrast(text, Color.parse(variables["block-cursor-background"])) >= 7


@pytest.mark.parametrize(("environment", "name"), [
    ({}, DARK), ({"COLORFGBG": "0;15"}, LIGHT), ({"COLORFGBG": "15;0"}, DARK), ({"COLORFGBG": "0;default;7"}, LIGHT),
    ({"TEXTUAL_THEME": "nord", "COLORFGBG": "0;15"}, "nord")])
def test_the_first_theme_fits_the_terminal(environment: dict[str, str], name: str) -> None:
    assert first_theme(environment) == name


@pytest.mark.parametrize("name", ["nord", "ansi-dark", "no-such-theme"])
async def test_a_theme_of_textual_works_too(make_app: MakeApp, cards: Cards, monkeypatch: pytest.MonkeyPatch,
                                            name: str) -> None:
    monkeypatch.setenv("TEXTUAL_THEME", name)
    app = make_app("Why")
    async with app.run_test() as pilot:
        await settle(pilot)
        assert app.theme == (name if name != "no-such-theme" else DARK)


async def test_without_colour_nothing_is_coloured_and_the_usual_button_is_reversed(
        make_app: MakeApp, cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app("system:renal")
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("b", "enter")
        await settle(pilot)
        filters = app.get_line_filters()
        segments = []
        for strip in app.screen._compositor.render_strips():
            line = list(strip)
            for one in filters:
                line = one.apply(line, Color(0, 0, 0))
            segments += line
    coloured = [segment for segment in segments if segment.style and not (
        (segment.style.color is None or segment.style.color.is_default)
        and (segment.style.bgcolor is None or segment.style.bgcolor.is_default))]
    assert coloured == []
    assert [segment.text.strip() for segment in segments if segment.style and segment.style.reverse
            and segment.text.strip()] == ["1", "Again 1 min"]
