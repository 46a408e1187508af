"""Temporary: vignettes."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from flashcore.domain.note import Note


@dataclass(frozen=True, slots=True)
class Option:
    text: str
    is_right: bool
    explanation: str = ""

@dataclass(frozen=True, slots=True)
class Vignette:
    stem: str
    options: tuple[Option, ...]
    fixed_order: bool = False

    @classmethod
    def from_note(cls, note: Note) -> Vignette:
        options: list[Option] = []
        for line in note.field("Options").split("\n"):
            m = re.match(r"- \[([ xX])\] (.*)", line)
            if m:
                options.append(Option(m[2], m[1] != " "))
            elif options:
                last, s = options[-1], line.strip()
                if s.startswith(">"):
                    options[-1] = Option(last.text, last.is_right, (last.explanation + "\n" + s[1:].strip()).strip())
                else:
                    options[-1] = Option(last.text + "\n" + s, last.is_right, last.explanation)
        return cls(note.field("Stem"), tuple(options), note.field("Order") == "fixed")

def options_to_field(options: Sequence[Option]) -> str:
    return "\n".join(f"- [{'x' if o.is_right else ' '}] {o.text}" + ("\n      > " + o.explanation if o.explanation else "") for o in options)

def showing_order(vignette: Vignette, seed: str) -> tuple[int, ...]:
    places = range(len(vignette.options))
    if vignette.fixed_order:
        return tuple(places)
    return tuple(sorted(places, key=lambda p: blake2b(f"{seed}:{p}".encode("utf-8", "surrogatepass"), digest_size=8).digest()))
