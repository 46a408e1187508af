"""flashcore: spaced-repetition flashcards by organ system, in the terminal.

The layers, and who may import whom::

    cli --> tui
      \\------\\--> study --> scheduling --\\
                    |-----> store --------|--> domain --> errors
                    \\-----> formats -----/

    domain      what a learner would recognise: notes, cards, decks, reviews, schedules, systems; values, no I/O
    scheduling  pure functions: memory states (FSRS-6), the four outcomes of an answer, replay of the log
    store       the only package that knows SQL: tables, transactions, selections
    formats     files <-> bundles of notes: the plain-text deck, Anki packages, a dozen others
    study       what the program does, and the front ends' only door
    cli, tui    words in and out: the command line with its plain mode, the Textual app

Where is ...?

    the interval on a button          scheduling/scheduler.py (outcomes), study/prompt.py (interval_label)
    the memory model                  scheduling/memory.py
    what counts as today              domain/study_day.py; the clock: study/clock.py
    which card comes next             study/day_plan.py (what a day asks), study/card_queue.py (in which order)
    the answer being saved            study/session.py (_record), store/history.py (record_review)
    undo                              study/undo.py, store/changes.py
    the tables                        store/schema.py; pragmas, lock, transactions: store/database.py;
                                      collections of earlier versions: store/migrate.py
    the search language               domain/query.py (reading), store/selection.py (SQL)
    the plain-text deck               formats/markdown_deck.py (reading), formats/markdown_writer.py (writing)
    a note of a file = which note?    study/identity.py; merging both: study/merge.py; the import: study/transfer.py
    which format is this file?        formats/__init__.py (by suffix), formats/recognise.py (by content)
    a file nobody vouches for         formats/child.py, formats/child_job.py (the limited process), formats/archive.py
    a package on its way in           domain/staging.py (its tables), formats/anki_collection.py (filling them),
                                      study/staged_import.py, study/staged_notes.py (merging), store/ingest_notes.py
    reviews and schedules merged      study/learning.py, store/ingest_learning.py; rebuilt: scheduling/batch.py
    export                            study/export.py, store/extract.py; formats/anki_writer.py and the like
    systems, disciplines, depths      domain/taxonomy.py and taxonomy.toml; from tags of others: domain/tag_trees.py
    card text on a terminal           study/card_face.py, study/rich_text.py; made safe: domain/visible.py;
                                      Anki's templates: study/anki_template.py; a typed answer: study/typed.py
    options                           study/options.py
    the counts on the home screen     study/counts.py
    the screens                       tui/home.py, tui/review.py, tui/summary.py ...; keys: tui/keys.py
    the commands                      cli/app.py; a session line by line: cli/plain.py
    every exception                   errors.py

The Python interface::

    from flashcore import Collection, Rating
    with Collection.open("my.db") as collection:
        collection.import_file("deck.md")
        session = collection.review("system:cardiology")
        while (prompt := session.show()) is not None:
            session.answer(Rating.GOOD, duration_ms=4200)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Clock", "Collection", "FlashcoreError", "Rating", "__version__"]

if TYPE_CHECKING:
    from flashcore.domain.review import Rating
    from flashcore.errors import FlashcoreError
    from flashcore.study.clock import Clock
    from flashcore.study.collection import Collection

_HOMES = {"Clock": "flashcore.study.clock", "Collection": "flashcore.study.collection",
          "FlashcoreError": "flashcore.errors", "Rating": "flashcore.domain.review"}


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first asked for, so that ``--help`` does not wait for a database."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
