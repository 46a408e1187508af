import pytest

from flashcore.study.terminal_math import LONGEST_TEX, lowered, raised, tex_to_text


@pytest.mark.parametrize(("tex", "text"), [
    (r"x^{10}_i", "x¹⁰ᵢ"),
    (r"\frac{a+b}{c}", "(a+b)/c"),
    (r"\frac12 mv^2", "1/2 mv²"),
    (r"pH = pK_a + \log\frac{[A^-]}{[HA]}", "pH = pKₐ + log([A⁻]/[HA])"),
    (r"\sqrt{x+1} \le 5\%", "√(x+1) ≤ 5%"),
    (r"\alpha \to \beta", "α → β"),
    (r"\Delta G = -RT \ln K", "ΔG = -RT ln K"),
    (r"P_{aO_2}", "P_{aO₂}"),
    (r"37^\circ C", "37°C"),
    (r"\text{if } x \ne 3", "if x ≠ 3"),
    (r"5\,\mathrm{mg/dL}", "5 mg/dL"),
    (r"\left( \frac{1}{2} \right)", "(1/2)"),
    (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", "[a b; c d]"),
    (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a = b\nc = d"),
    (r"\ce{SO4^2- + 2H+ <=> H2SO4}", "SO₄²⁻ + 2H⁺ ⇌ H₂SO₄"),
    (r"\ce{CO2 + H2O ->[CA] HCO3- + H+}", "CO₂ + H₂O →(CA) HCO₃⁻ + H⁺"),
    (r"\ce{Ca^{2+}}", "Ca²⁺"),
])
def test_formulas_can_be_read(tex: str, text: str) -> None:
    assert tex_to_text(tex) == text


@pytest.mark.parametrize("tex", [
    r"\nosuchmacro{x} + 1", "{", r"\frac{1}", r"\begin{tabular}{c} a \end{tabular}", r"\input{/etc/passwd}",
    "{" * 3_000, r"\ce{\alpha}", "x" * (LONGEST_TEX + 1), r"\sqrt{" * 300 + "}" * 300,
])
def test_what_is_not_understood_is_shown_as_it_is_written(tex: str) -> None:
    assert tex_to_text(tex) == tex


def test_only_what_exists_whole_is_raised_or_lowered() -> None:
    assert (raised("2+"), raised("2q"), lowered("10"), lowered("aQ")) == ("²⁺", None, "₁₀", None)
