"""The command line: words in, words out. ``app`` wires; one file per group of commands."""

from flashcore.cli.app import main

__all__ = ["main"]
