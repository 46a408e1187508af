"""Temporary: cloze deletions (replaced by the full scanner)."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deletion:
    ordinals: tuple[int, ...]
    pieces: tuple[str | Deletion, ...]
    hint: str = ""

_B = re.compile(r"\[([^\[\]]+)\]")

def parse_cloze(text: str, cloze_ordinals: Sequence[int] = ()) -> tuple[str | Deletion, ...]:
    out: list[str | Deletion] = []
    at = n = 0
    for m in _B.finditer(text):
        if at < m.start():
            out.append(text[at:m.start()])
        inner, _, hint = m[1].rpartition("::") if "::" in m[1] else (m[1], "", "")
        ordinal = cloze_ordinals[n] if n < len(cloze_ordinals) else n
        out.append(Deletion((ordinal,), (inner,), hint))
        n += 1
        at = m.end()
    if at < len(text):
        out.append(text[at:])
    return tuple(out)

def cloze_ordinals_of(pieces: Sequence[str | Deletion]) -> tuple[int, ...]:
    return tuple(sorted({o for p in pieces if isinstance(p, Deletion) for o in p.ordinals}))

def plain_text(pieces: Sequence[str | Deletion]) -> str:
    return "".join(p if isinstance(p, str) else plain_text(p.pieces) for p in pieces)

def carried_ordinals(old_text: str, old_ordinals: Sequence[int], new_text: str) -> tuple[int, ...]:
    return ()
