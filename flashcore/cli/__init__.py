"""The command line: words in, words out. ``app`` wires; one file per group of commands."""

import gc

# importing makes many objects and hardly any garbage; looking for it less often takes a tenth off every start
gc.set_threshold(50_000, 20, 20)

from flashcore.cli.app import main  # noqa: E402

__all__ = ["main"]
