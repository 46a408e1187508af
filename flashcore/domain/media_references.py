"""The pictures and sounds that a text names, put under other names. Only whole references count: ``aa.png`` is not
``a.png``, and a name in running text is no reference."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

_LONGEST = 1000
"""A longer reference names no file; the limit keeps looking for the end of one linear."""
_REFERENCE = re.compile(
    r"""\b(?:src|data|href|poster|background)\s{0,9}=\s{0,9}
        (?:"(?P<double>[^"<>\x1f]{1,%(most)d})"|'(?P<single>[^'<>\x1f]{1,%(most)d})'|(?P<bare>[^\s"'<>\x1f]{1,%(most)d}))
      | \[sound:(?P<sound>[^\[\]\n\x1f]{1,%(most)d})\]
      | url\(\s{0,9}(?P<mark>["']?)(?P<url>[^"'()<>\n\x1f]{1,%(most)d})(?P=mark)\s{0,9}\)
      | \]\((?:<(?P<angled>[^<>\n\x1f]{1,%(most)d})>|(?P<plain>[^\s()<>\x1f]{1,%(most)d}(?:\([^\s()<>\x1f]{1,99}\)
        [^\s()<>\x1f]{0,%(most)d})?))""" % {"most": _LONGEST}, re.IGNORECASE | re.VERBOSE)  # noqa: UP031
_GROUPS = ("double", "single", "bare", "sound", "url", "angled", "plain")


def with_media_names(text: str, names: Mapping[str, str]) -> str:
    """A text, or several fields in one, with what it refers to under other names: old -> new.

    References may be written as they are, with HTML's entities, or percent-encoded; each stays as it was written.
    A field that is nothing but a name is one too: templates put such into their own references.
    """
    if not names:
        return text
    if not any(mark in text for mark in ("=", "[sound:", "](", "url(")):
        return _bare_names(text, names) if "." in text else text

    def renamed(found: re.Match[str]) -> str:
        group = next(name for name in _GROUPS if found[name])
        new = _new_name(found[group], group, names)
        if new is None:
            return found[0]
        start, end = (place - found.start() for place in found.span(group))
        return found[0][:start] + new + found[0][end:]

    return _bare_names(_REFERENCE.sub(renamed, text), names)


def _bare_names(text: str, names: Mapping[str, str]) -> str:
    return "\x1f".join(names.get(field, field) for field in text.split("\x1f"))


def _new_name(reference: str, group: str, names: Mapping[str, str]) -> str | None:
    """What stands in place of a reference; None where it is none of those."""
    plain = html.unescape(reference)
    for spelling, write in ((reference, str), (plain, html.escape), (unquote(reference), quote),
                            (unquote(plain), quote)):
        name = names.get(spelling)
        if name is None:
            continue
        if (group == "single" and "'" in name) or (group == "bare" and re.search(r"[\s'\"=`]", name)):
            return quote(name)
        if group == "plain" and re.search(r"[\s()<>]", name):
            return f"<{name}>"
        return write(name)
    return None
