"""A desk for every test of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import Desk


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with no collection on it yet."""
    folder = tmp_path / "desk"
    folder.mkdir()
    for variable, name in (("HOME", "home"), ("XDG_CONFIG_HOME", "config"), ("XDG_DATA_HOME", "data"),
                           ("XDG_STATE_HOME", "state")):
        monkeypatch.setenv(variable, str(tmp_path / name))
    for variable in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("FLASHCORE_COLLECTION", str(folder / "collection.db"))
    return Desk(folder, capsys, monkeypatch)
