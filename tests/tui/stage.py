"""What the tests of the app are made of: sample notes, a clock that stands still, keys, the text on the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from textual import events
from textual.pilot import Pilot

from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED, VIGNETTE, NoteKind, NoteType, Template
from flashcore.domain.review import Rating
from flashcore.domain.vignette import Option, options_to_field
from flashcore.study.clock import Clock
from flashcore.study.collection import Collection
from flashcore.tui.app import FlashcoreApp

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class StillClock:
    """A moment that moves only when it is told to; names are numbers."""

    now: datetime = MONDAY
    numbers: Iterator[int] = field(default_factory=lambda: count(1000))

    def clock(self) -> Clock:
        return Clock(lambda: self.now, UTC, lambda: f"{next(self.numbers):012}")


WHY_FLAT = ("Why does lying flat make a patient with left heart failure short of breath?",
            "Venous return rises, and a failing left ventricle cannot pump it on:\n\n"
            "- pulmonary venous pressure rises\n- fluid leaves the capillaries faster than the lymph vessels can "
            "carry it away, first at the bases of the lungs (orthopnea)",
            "Gravity no longer keeps blood in the legs.", "own; checked 2026-11")
SIADH = ("A 61-year-old man with small cell lung cancer is confused. His serum sodium is 118 mEq/L and his urine "
         "osmolality 620 mOsm/kg. He is euvolemic. Which of the following most directly lowers his serum sodium?",
         options_to_field([
             Option("Osmotic shift of water out of cells", False, "Glucose would be high; it is normal."),
             Option("Decreased aldosterone secretion", False,
                    "Lack of aldosterone would raise K+ and lower volume; neither is so."),
             Option("Aquaporin-2 insertion in the collecting duct", True,
                    "The tumor makes ADH; V2 receptors insert aquaporin-2, and water is kept."),
             Option("Primary polydipsia", False, "The urine would be dilute.")]),
         "Water is kept, sodium is not lost at first.", "own; checked 2026-11", "fixed")
TYPED_NOTE = Note("typed", NoteType("Basic (type in the answer)", NoteKind.STANDARD, ("Front", "Back"), (
    Template("Card 1", "{{Front}}\n\n{{type:Back}}", "{{Front}}\n\n<hr id=answer>\n\n{{type:Back}}"),)),
    ("Which enzyme is <b>rate-limiting</b> in the urea cycle?", "carbamoyl phosphate synthetase I"), markup=Markup.HTML)
CLOZE_NOTE = Note("buttons", NoteType("Cloze with buttons", NoteKind.CLOZE, ("Text", "Extra", "Lecture Notes"), (
    Template("Cloze", "{{cloze:Text}}", "<script>go()</script>{{cloze:Text}}<b>Extra</b> {{Extra}}<a onclick='x()'>"
             "Lecture Notes</a><div style='display: none'>{{Lecture Notes}}</div>"),)),
    ("The {{c1::<i>mitral</i> valve::structure}} has two leaflets; the <font color='#d00'>tricuspid</font> three.",
     "H<sub>2</sub>O and <img src='valve.png'>",
     "<table><tr><th>valve<th>leaflets<tr><td>mitral<td>2</table><ul><li>both: <u>chordae</u></ul>"),
    markup=Markup.HTML)
OCCLUSION_NOTE = Note("occlusion", NoteType("Image Occlusion", NoteKind.CLOZE, ("Occlusion", "Image", "Header"), (
    Template("Card", "{{Header}}{{hint:Header}}<div style='display:none'>{{cloze:Occlusion}}</div><p>{{Image}}",
             "{{Header}}<div style='display:none'>{{cloze:Occlusion}}</div><p>{{Image}}"),)),
    ("{{c1::image-occlusion:rect:left=.1:top=.05:width=.12:height=.08:oi=1}}"
     "{{c2::image-occlusion:ellipse:left=.7:top=.7:rx=.1:ry=.1:oi=1}}", "<img src='heart.png'>",
     "Chambers of the heart"),
    markup=Markup.HTML)
"""Notes as they come from Anki: an answer to be typed, fields behind buttons, a picture with hidden parts."""

CARDIO = ("system::cardiovascular", "discipline::physiology", "topic::heart-failure")
RENAL = ("system::renal-urinary", "discipline::physiology", "topic::sodium::siadh")
DECK = "Step 1::Cardiovascular"


def fill(collection: Collection) -> dict[str, tuple[int, ...]]:
    """Adds the sample notes; the card ids of each by a short name."""
    return {
        "why": collection.add_note(BASIC, WHY_FLAT, DECK, CARDIO).card_ids,
        "vignette": collection.add_note(VIGNETTE, SIADH, "Step 1::Renal", RENAL).card_ids,
        "cloze": collection.add_note(
            CLOZE, ("Heart failure with reduced ejection fraction means an ejection fraction of [40%::percent] or "
                    "less.", "", ""), DECK, CARDIO).card_ids,
        "term": collection.add_note(
            REVERSED, ("Cor pulmonale", "Right heart failure caused by lung disease, through pulmonary hypertension.",
                       "", ""), DECK, CARDIO).card_ids,
        "untagged": collection.add_note(BASIC, ("Which vitamin is made by gut bacteria?", "Vitamin K", "", ""),
                                        "Odds", ()).card_ids,
    }


def study(path: Path, still: StillClock, ratings: dict[int, str], *, days_ago: int) -> None:
    """Answers cards some days before now; ratings as in ``good``."""
    now, still.now = still.now, still.now - timedelta(days=days_ago)
    with Collection.open(path, clock=still.clock()) as collection:
        for card_id, word in ratings.items():
            session = collection.review(card_ids=[card_id])
            session.answer(Rating[word.upper()], 9_000)
    still.now = now


async def settle(pilot: Pilot[None]) -> None:
    """Waits until everything that was asked for is done and drawn."""
    app, before, quiet_rounds = pilot.app, None, 0
    while app.is_running and quiet_rounds < 3:
        await app.workers.wait_for_complete()
        await pilot._wait_for_screen()
        app.screen._on_timer_update()  # draws a frame now, after which what waited for it runs
        await asyncio.sleep(0.001)
        now = [strip.text for strip in app.screen._compositor.render_strips()]
        quiet_rounds = quiet_rounds + 1 if now == before and not len(app.workers) else 0
        before = now


_CHARACTERS = {"space": " ", "question_mark": "?", "minus": "-", "at": "@", "asterisk": "*", "equals_sign": "=",
               "exclamation_mark": "!", "-": "-", "enter": "\r", "tab": "\t"}


class Keys:
    """Presses keys and waits for what follows each."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self.pilot = pilot

    async def __call__(self, *keys: str) -> None:
        for key in keys:
            # As a terminal sends it; Pilot.press waits after each key until the processor is idle.
            character = _CHARACTERS.get(key, key if len(key) == 1 else None)
            event = events.Key(key, character)
            self.pilot.app.post_message(event)
            await settle(self.pilot)


MakeApp = Callable[..., FlashcoreApp]
RunApp = Callable[..., AbstractAsyncContextManager[tuple[FlashcoreApp, Keys]]]


def screen_text(app: FlashcoreApp) -> str:
    """What stands on the screen, line by line, without the blanks at the ends."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


def log_of(path: Path) -> list[tuple[int, str, str, str | None]]:
    """The answers that stand, oldest first: card, rating, kind, chosen option as it stands in the note."""
    with Collection.open_for_reading(path) as collection:
        rows = [review for card_id in collection.find("") for review in collection.card_details(card_id).reviews]
    return [(row.card_id, row.rating.name.lower() if row.rating else "", str(row.kind), row.choice)
            for row in sorted(rows, key=lambda row: row.seq)]
