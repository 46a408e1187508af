"""What the shell offers when Tab is pressed after an option: names of systems, disciplines and decks.

Typer leaves out the names that do not begin with what was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flashcore.errors import StoreError, UsageError


def systems() -> list[str]:
    """The slugs of the organ systems."""
    from flashcore.domain.taxonomy import systems as names

    return list(names())


def disciplines() -> list[str]:
    """The slugs of the disciplines."""
    from flashcore.domain.taxonomy import disciplines as names

    return list(names())


def decks() -> list[str]:
    """The decks of the collection; none where it cannot be read."""
    return _offered(_deck_names)


def bundled() -> list[str]:
    """The decks that come with flashcore, as ``import`` takes them."""
    return _offered(_bundled_names)


def _deck_names() -> Iterable[str]:
    from flashcore.cli.config import collection_path
    from flashcore.study.collection import Collection

    with Collection.open_for_reading(collection_path(None)) as collection:
        return [row.deck for row in collection.decks()]


def _bundled_names() -> Iterable[str]:
    from flashcore.study.bundled import bundled_decks

    return ["bundled", *(f"bundled:{deck.name}" for deck in bundled_decks())]


def _offered(names: Callable[[], Iterable[str]]) -> list[str]:
    try:
        # a name with control characters would reach the terminal through the shell, so it has to be typed
        return [name for name in names() if name.isprintable()]
    except (StoreError, UsageError, OSError):
        return []
