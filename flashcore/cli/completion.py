"""What the shell offers when Tab is pressed after an option: names of systems, disciplines, decks and option keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flashcore.errors import StoreError, UsageError


def systems(incomplete: str) -> list[str]:
    """The slugs of the organ systems that begin so."""
    from flashcore.domain.taxonomy import systems as names

    return _beginning(incomplete, names())


def disciplines(incomplete: str) -> list[str]:
    """The slugs of the disciplines that begin so."""
    from flashcore.domain.taxonomy import disciplines as names

    return _beginning(incomplete, names())


def decks(incomplete: str) -> list[str]:
    """The decks of the collection that begin so; none where it cannot be read."""
    return _beginning(incomplete, _quietly(_deck_names))


def bundled(incomplete: str) -> list[str]:
    """The decks that come with flashcore, as ``import`` takes them."""
    return _beginning(incomplete, _quietly(_bundled_names))


def _deck_names() -> list[str]:
    from flashcore.cli.config import collection_path
    from flashcore.study.collection import Collection

    with Collection.open_for_reading(collection_path(None)) as collection:
        return [row.deck for row in collection.decks()]


def _bundled_names() -> list[str]:
    from flashcore.study.bundled import bundled_decks

    return ["bundled", *(f"bundled:{deck.name}" for deck in bundled_decks())]


def _quietly(names: Callable[[], list[str]]) -> list[str]:
    try:
        return names()
    except (StoreError, UsageError, OSError):
        return []


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    # a name with control characters would reach the terminal through the shell, so it has to be typed
    return [name for name in names if name.casefold().startswith(incomplete.casefold()) and name.isprintable()]
