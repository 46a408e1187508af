"""A new database that is open for writing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcore.store.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a collection may be made; nothing is there yet."""
    return tmp_path / "collection.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """A new collection file at ``path``."""
    opened = Database.open(path, "the test")
    yield opened
    opened.close()
