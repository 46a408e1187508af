"""What happens to an error that nobody expected: a sentence on stderr, the whole of it in a log file."""

from __future__ import annotations

import sys
import traceback
from datetime import datetime
from pathlib import Path

from flashcore.domain.visible import visible

_MOST_BYTES = 1_000_000


def log_path() -> Path:
    """The log file, in the folder where this platform keeps the state of programs."""
    from platformdirs import user_state_path

    return user_state_path("flashcore") / "app.log"


def tell_crash(error: BaseException, now: datetime) -> None:
    """Writes the traceback to the log, without the values of variables, and says where it is."""
    what = visible(f"{type(error).__name__}: {error}".splitlines()[0], keep="")
    sentence = f"flashcore stopped because of a fault in the program ({what}). Every answer given is saved."
    try:
        path = log_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = "w" if path.exists() and path.stat().st_size > _MOST_BYTES else "a"
        with path.open(mode, encoding="utf-8", errors="replace") as log:
            log.write(f"{now.isoformat()}\n{visible(''.join(traceback.format_exception(error)))}\n")
    except OSError as failure:
        where = f"Its log could not be written: {failure}."
    else:
        where = f"The log is in {path}."
    sys.stderr.write(f"{sentence}\n{visible(where, keep='')}\n")
