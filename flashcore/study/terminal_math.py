"""Mathematics and chemistry as one can read them in a terminal: ``\\frac{a+b}{c}`` is (a+b)/c, ``\\ce{SO4^2-}`` SO₄²⁻.

Raised and lowered characters are those of Unicode where it has them all, else ``^{x}`` and ``_{x}``. TeX that is not
understood is shown as it is written, never half.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

LONGEST_TEX = 4_000
"""Characters of one formula that are read; a longer one is shown as it is written."""

_RAISED = str.maketrans(
    "0123456789+-−–=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδεθφχ*′°∘",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᵋᶿᵠᵡ*′°°")
_LOWERED = str.maketrans(
    "0123456789+-−–=()aehijklmnoprstuvxβγρφχ",
    "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ")


def raised(text: str) -> str | None:
    """The text in superscript characters; None where one of them does not exist."""
    return _shifted(text, _RAISED)


def lowered(text: str) -> str | None:
    """The text in subscript characters; None where one of them does not exist."""
    return _shifted(text, _LOWERED)


def _shifted(text: str, table: Mapping[int, int]) -> str | None:
    found = [table.get(ord(char)) for char in text]
    return "".join(chr(code) for code in found if code is not None) if None not in found else None


def tex_to_text(tex: str) -> str:
    """What stands between the delimiters of a formula, readable; the TeX itself where it is not understood."""
    if len(tex) > LONGEST_TEX:
        return tex
    try:
        return _tidy(_reader()(tex)) or tex
    except Exception:  # the library raises what it likes on TeX that is wrong; nothing of it may reach a card
        return tex


def latex_to_text(latex: str) -> str:
    """A piece of a LaTeX document, as Anki has between ``[latex]`` and ``[/latex]``: words with formulas in ``$``."""
    latex = latex.strip()
    if latex.count("$") < 2 or len(latex) > LONGEST_TEX:
        return tex_to_text(latex)
    pieces = re.split(r"(?<!\\)\$\$?", latex)
    read = [piece if not piece.strip() else _spaced(piece, tex_to_text(piece)) for piece in pieces]
    return _tidy("".join(read))


def _spaced(tex: str, text: str) -> str:
    """The text with the space around it that the TeX had."""
    return f"{' ' if tex[0].isspace() else ''}{text}{' ' if tex[-1].isspace() else ''}"


class _NotUnderstood(ValueError):
    """The formula holds something that has no form in text."""


def _tidy(text: str) -> str:
    text = re.sub(r"[^\S\n]+", " ", text)
    text = re.sub(r" *\n[\n ]*", "\n", text)
    return re.sub(r"(?<=[(\[]) | (?=[)\],;])", "", text).strip()


def _script(kind: str, text: str) -> str:
    text = text.strip()
    return (raised(text) if kind == "^" else lowered(text)) or f"{kind}{{{text}}}"


def _operand(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"[^\s+\-−±·×*/=<>,;]+", text) else f"({text})"


_ARROWS = {"<=>>": "⇌", "<<=>": "⇌", "<=>": "⇌", "<->": "↔", "->": "→", "<-": "←"}
_CHEMISTRY = re.compile(
    r"(?P<arrow><?<=>>?|<->|->|<-)(?:\[(?P<label>[^\]]*)\])?"
    r"|(?P<kind>[\^_])(?:\{(?P<group>[^{}]*)\}|(?P<plain>\d*[+-]?))"
    r"|(?<=[A-Za-z)\]])(?P<count>\d+)"
    r"|(?<=[A-Za-z0-9)\]])(?P<charge>[+-])(?=[\s)\],;]|$)"
)


def _chemistry(formula: str) -> str:
    """A formula of mhchem: digits after a letter count atoms, a sign after them is the charge."""

    def replaced(found: re.Match[str]) -> str:
        if arrow := found["arrow"]:
            label = found["label"]
            return f"{_ARROWS[arrow]}({label})" if label else _ARROWS[arrow]
        if kind := found["kind"]:
            inner = found["group"] if found["group"] is not None else found["plain"]
            return _script(kind, inner) if inner else kind
        return _script("_", found["count"]) if found["count"] else _script("^", found["charge"])

    if "\\" in formula:
        raise _NotUnderstood(formula)
    return _CHEMISTRY.sub(replaced, formula)


def _named(piece: str, before: str, name: str, has_space_after: bool) -> str:
    """What a name of TeX stands for, with the spaces that a reader needs around operators, words and fractions."""
    if name in _FRACTIONS and before[-1:].isalnum():
        return f"({piece})"
    if not has_space_after or not piece.strip():
        return piece
    category = unicodedata.category(piece) if len(piece) == 1 else ""
    if category.startswith("L"):
        return piece
    return f" {piece} " if category in ("Sm", "So") and before[-1:].isalnum() else f"{piece} "


_FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac")
_NOTHING = (
    "left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "bigg", "Bigg", "displaystyle", "textstyle",
    "scriptstyle", "limits", "nolimits", "nonumber", "middle", "hline", "mathstrut", "label", "hspace", "vspace",
    "phantom", "color", "require",
)
_FUNCTIONS = ("cot", "sec", "csc", "lg", "det", "dim", "ker", "gcd", "arg", "deg", "Pr", "Re", "Im", "bmod")
_SYMBOLS = {
    "degree": "°", "celsius": "°C", "micro": "µ", "ohm": "Ω", "permil": "‰", "lvert": "|", "rvert": "|", "lVert": "‖",
    "rVert": "‖", "implies": "⇒", "impliedby": "⇐", "iff": "⇔", "longrightarrow": "→", "longleftarrow": "←",
    "rightleftharpoons": "⇌", "to": "→", "gets": "←", "dots": "…", "ldots": "…", "cdots": "…", "cdot": "·", "neg": "¬",
    "lnot": "¬", "land": "∧", "lor": "∨", "ne": "≠", "lt": "<", "gt": ">", "bot": "⊥", "models": "⊨", "triangle": "△",
    "ddagger": "‡", "checkmark": "✓", "backslash": "\\", "colon": ":", "lbrack": "[", "rbrack": "]", "space": " ",
    "enspace": " ", "thinspace": " ", "nobreakspace": " ", ";": " ", ":": " ", "!": "", " ": " ", "\\": "\n",
}
_CONTENT = (
    "boxed", "fbox", "cancel", "bcancel", "xcancel", "operatorname", "mathop", "mathbin", "mathrel", "ensuremath", "pu",
    "mbox", "hbox", "mathbf", "mathit", "mathsf", "mathtt", "boldsymbol", "bm", "pmb", "texttt", "textsf", "underbrace",
    "overbrace",
)
_ENVIRONMENTS = (
    "aligned", "align", "align*", "gathered", "gather", "gather*", "split", "cases", "equation", "equation*", "math",
    "displaymath",
)
_MATRICES = ("matrix", "vmatrix", "Bmatrix", "Vmatrix")


@cache
def _reader() -> Callable[[str], str]:
    """The reader of TeX, made when the first formula is met."""
    from pylatexenc import latex2text, latexwalker, macrospec

    def argument(node: Any, place: int) -> str:
        return str(text_of([node.nodeargd.argnlist[place]]))

    def fraction(node: Any) -> str:
        return f"{_operand(argument(node, 0))}/{_operand(argument(node, 1))}"

    def over_arrow(node: Any) -> str:
        return f" {'→' if 'right' in node.macroname else '←'}({argument(node, 1)}) "

    def chemistry(node: Any) -> str:
        inner = str(node.nodeargd.argnlist[0].latex_verbatim())
        return _chemistry(inner[1:-1] if inner.startswith("{") else inner)

    def unknown(node: Any) -> str:
        raise _NotUnderstood(node.latex_verbatim())

    def text_of(nodes: Any) -> str:
        out = script = ""
        after_fraction = False
        for node in nodes:
            is_name = node is not None and node.isNodeType(latexwalker.LatexMacroNode)
            is_text = node is not None and node.isNodeType(latexwalker.LatexCharsNode)
            for piece in node.chars if is_text else [str(converter.node_to_text(node))]:
                if script:
                    if not piece.isspace():
                        out, script = out + _script(script, piece), ""
                elif is_text and piece in "^_":
                    script = piece
                elif is_name:
                    out += _named(piece, out, node.macroname, bool(node.macro_post_space))
                else:
                    out += f" {piece}" if after_fraction and piece[:1].isalnum() else piece
                after_fraction = is_name and node.macroname in _FRACTIONS
        return out + script

    arguments = {**dict.fromkeys(_FRACTIONS, "{{"), "binom": "{{", "ce": "{", "overline": "{",
                 "xrightarrow": "[{", "xleftarrow": "[{", "overset": "{{", "underset": "{{", "stackrel": "{{",
                 "textcolor": "{{", "textsuperscript": "{", "textsubscript": "{", "pmod": "{", "tag": "{",
                 **dict.fromkeys((*_CONTENT, "color", "require", "label", "hspace", "vspace", "phantom"), "{")}
    syntax = latexwalker.get_default_latex_context_db()
    syntax.add_context_category(
        "cards", prepend=True, macros=[macrospec.MacroSpec(name, spec) for name, spec in arguments.items()])
    forms: dict[str, Any] = {
        **dict.fromkeys(_FRACTIONS, fraction),
        **dict.fromkeys(("xrightarrow", "xleftarrow"), over_arrow),
        **dict.fromkeys(_CONTENT, lambda node: argument(node, 0)),
        **dict.fromkeys(_NOTHING, lambda _node: ""), **_SYMBOLS, **{name: name for name in _FUNCTIONS},
        "binom": lambda node: f"({argument(node, 0)} over {argument(node, 1)})",
        "ce": chemistry,
        "overset": lambda node: argument(node, 1) + _script("^", argument(node, 0)),
        "stackrel": lambda node: argument(node, 1) + _script("^", argument(node, 0)),
        "underset": lambda node: argument(node, 1) + _script("_", argument(node, 0)),
        "overline": lambda node: "".join(f"{char}\u0305" for char in argument(node, 0)),
        "textcolor": lambda node: argument(node, 1),
        "textsuperscript": lambda node: _script("^", argument(node, 0)),
        "textsubscript": lambda node: _script("_", argument(node, 0)),
        "pmod": lambda node: f" (mod {argument(node, 0)})", "tag": lambda node: f" ({argument(node, 0)})",
        "input": unknown, "include": unknown,
    }
    words = latex2text.get_default_latex_context_db()
    words.add_context_category(
        "cards", prepend=True,
        macros=[latex2text.MacroTextSpec(name, simplify_repl=form, discard=False) for name, form in forms.items()],
        environments=[
            *(latex2text.EnvironmentTextSpec(name, discard=False) for name in _ENVIRONMENTS),
            *(latex2text.EnvironmentTextSpec(name, simplify_repl=latex2text.fmt_matrix_environment_node)
              for name in _MATRICES)])
    words.set_unknown_macro_spec(latex2text.MacroTextSpec("", simplify_repl=unknown))
    words.set_unknown_environment_spec(latex2text.EnvironmentTextSpec("", simplify_repl=unknown))
    converter: Any = latex2text.LatexNodes2Text(latex_context=words, math_mode="text", keep_comments=True)
    converter.nodelist_to_text = text_of

    def read(tex: str) -> str:
        walker = latexwalker.LatexWalker(tex, latex_context=syntax, tolerant_parsing=False)
        return text_of(walker.get_latex_nodes()[0])

    return read
