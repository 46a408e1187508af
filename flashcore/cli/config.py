"""Where the collection is: the flag, else FLASHCORE_COLLECTION, else the config file, else the platform's folder."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flashcore.errors import UsageError, nearest

ENVIRONMENT_VARIABLE = "FLASHCORE_COLLECTION"
_KEYS = ("collection",)


def collection_path(given: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """The path of the collection; ``given`` is what the command line says.

    Raises:
        UsageError: the config file cannot be read, or a key of it is unknown or has a wrong value.
    """
    named = given or environment.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named).expanduser()
    return _from_config_file(config_file()) or _default()


def config_file() -> Path:
    """The TOML file of this user's settings, in the platform's config folder. It need not exist."""
    from platformdirs import user_config_path

    return user_config_path("flashcore", appauthor=False) / "config.toml"


def _default() -> Path:
    from flashcore.study.collection import default_collection_path

    return default_collection_path()


def _from_config_file(path: Path) -> Path | None:
    try:
        text = path.read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}; mend it or move it away") from error
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: no TOML: {error}; mend it or move it away") from error
    for key in values:
        if key not in _KEYS:
            near = nearest(key, _KEYS)
            hint = f"did you mean {near!r}?" if near else f"the keys are {', '.join(_KEYS)}"
            raise UsageError(f"{path}:{_line_of(key, text)}: unknown key {key!r}; {hint}")
    named = values.get("collection")
    if named is None:
        return None
    if not isinstance(named, str) or not named or "\0" in named:
        raise UsageError(f"{path}:{_line_of('collection', text)}: 'collection' is the path of a file, in quotes, "
                         f"not {named!r}")
    return path.parent / Path(named).expanduser()


def _line_of(key: str, text: str) -> int:
    """The 1-based line on which a key of the file is set; 1 where it is written in a way that hides it."""
    written = re.compile(rf"""^\s*\[*\s*["']?{re.escape(key)}["']?\s*(?:[=.\]]|$)""", re.MULTILINE)
    found = written.search(text)
    return text.count("\n", 0, found.end()) + 1 if found else 1
