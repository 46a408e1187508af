"""What the program does; the front ends' only door.

The modules of this package are imported when they are first used as its attributes (``study.curation``), so a command
waits only for what it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flashcore.study import check, curation, details, editing, export, found, session, transfer, undo

__all__ = ["check", "curation", "details", "editing", "export", "found", "session", "transfer", "undo"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return import_module(f"{__name__}.{name}")
