"""The collection that a command works on, opened for reading or for writing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flashcore.cli.config import collection_path
from flashcore.cli.output import say

if TYPE_CHECKING:
    from flashcore.study.clock import Clock
    from flashcore.study.collection import Collection


@dataclass(slots=True)
class Setting:
    """What is known before a command runs: ``--collection`` as it stood before the command, and the clock."""

    clock: Clock | Callable[[], datetime] | None = None
    collection: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the collection is. Nothing is opened, and no file touched, before a command asks for it."""

    path: Path
    clock: Clock | Callable[[], datetime] | None = None

    def reading(self) -> Collection:
        """The collection for reading, which works while another program writes; empty where there is no file.

        Raises:
            StoreError: it cannot be opened.
        """
        from flashcore.study.collection import Collection

        collection = Collection.open_for_reading(self.path, clock=self.clock)
        if not collection.exists:
            say(f"There is no collection at {self.path} yet, so this is what an empty one says. "
                "flashcore import makes it.")
        return collection

    def writing(self) -> Collection:
        """The collection for writing, made where there is none.

        Raises:
            StoreError: it cannot be opened; CollectionInUse where another program writes to it.
        """
        from flashcore.study.collection import Collection

        return Collection.open(self.path, clock=self.clock)


def _place(context: typer.Context, given: str | None) -> Place | None:
    if context.resilient_parsing:
        return None
    setting: Setting = context.obj
    return Place(collection_path(given or setting.collection), setting.clock)


Here = Annotated[
    Place,
    typer.Option("--collection", metavar="PATH", callback=_place, parser=str, default_factory=lambda: None,
                 show_default=False, help="The collection to use instead of yours."),
]
"""The parameter that gives every command its collection."""
