"""What every test stands on: hypothesis without deadlines, a watch that is set by hand, an empty collection."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import Watch, a_collection
from hypothesis import HealthCheck, settings

from flashcore.study.collection import Collection

settings.register_profile("flashcore", deadline=None, derandomize="CI" in os.environ,
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("flashcore")


@pytest.fixture
def watch() -> Watch:
    """Monday, 2 March 2026, 09:00 UTC."""
    return Watch()


@pytest.fixture
def collection(tmp_path: Path, watch: Watch) -> Iterator[Collection]:
    """A new collection that is open for writing and lives by ``watch``."""
    with a_collection(tmp_path, watch) as opened:
        yield opened
