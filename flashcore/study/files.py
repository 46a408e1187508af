"""Write a file so that it is there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from flashcore.errors import FileError


def write_atomically(path: Path, data: bytes) -> None:
    """Replace or make a file; after a kill or a full disk the old one is still there.

    Raises:
        FileError: it cannot be written; whatever stood there is kept.
    """
    target = path.resolve()
    unfinished = ""
    try:
        descriptor, unfinished = tempfile.mkstemp(prefix=f".{target.name[:50]}.", dir=target.parent)
        with os.fdopen(descriptor, "wb") as file:
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, target)
    except OSError as error:
        if unfinished:
            Path(unfinished).unlink(missing_ok=True)
        raise FileError(path, f"it cannot be written ({error.strerror or error})",
                        "free some space or choose another place", "the old file, if there was one, is kept") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
