"""Words in the reader's language: labels from gettext catalogues, lesson prose from Markdown files, numbers."""

import gettext
import io
import json
import math
import re
import string
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_compact_decimal, format_decimal, get_decimal_symbol, get_group_symbol

from pages.figures import visible
from pages.settings import DEVELOPER
from pages.ui import session

T = TypeVar("T")

ASSETS = Path(__file__).parent.parent.parent / "assets"
BREAKS = r"[^\S\u00a0\u202f]+"  # white space, save the spaces that hold a number and its unit together
LONG = 1e15
SMALLEST_PERCENT = 1e-4  # that is written with all its zeros
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SPEC = re.compile(r"(\+?)(?:\.(\d+))?(f|%|,|tiny|words)(\(\))?")  # of numbers in sentences
LANGUAGES = {"en": "English", "fr": "Français"}
SPOKEN: ContextVar[str] = ContextVar("the language of the page that is drawn", default="")


def remembered(read: Callable[..., T]) -> Callable[..., T]:
    """A reader of files that reads each once; in developer mode every time, or an edited text would not be seen."""
    return read if DEVELOPER else lru_cache(maxsize=256)(read)


@remembered
def catalogue(language: str) -> gettext.NullTranslations:
    """The labels of one language: all .po files of its folder as one. English is what the code itself says."""
    together = gettext.NullTranslations()
    for path in sorted((ASSETS / "locale" / language).glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=language))
        compiled.seek(0)
        translations = gettext.GNUTranslations(compiled)
        translations.add_fallback(together)
        together = translations
    return together


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Within this block that is the reader's language: a page asks for it some hundred times."""
    token = SPOKEN.set(lang)
    try:
        yield
    finally:
        SPOKEN.reset(token)


def language() -> str:
    """What the reader of this run chose, or their browser."""
    return SPOKEN.get() or session.get("lang", "en")


def _(message: str) -> str:
    """A label in the reader's language."""
    return catalogue(language()).gettext(message)


def N_(message: str) -> str:
    """Marks a label that is translated only when it is shown, by `_`."""
    return message


def plural(one: str, many: str, n: int) -> str:
    """`one` or `many` in the reader's language, as `n` asks."""
    return catalogue(language()).ngettext(one, many, n)


def number(value: float, digits: int | None = None, *, raised: str = "") -> str:
    """A number as it is written in the reader's language, `digits` after the point, or whole with groups.

    Very small numbers are written in powers of ten, so that they do not read as 0: 3·10⁻⁸, or with the exponent as
    `raised` has it; so are those that have more digits than a reader counts.
    """
    if digits is None:
        return _decimal(value)
    if value and (abs(value) <= 0.5 * 10**-digits or LONG <= abs(value) < math.inf):
        return in_powers(value, raised=raised)
    return _decimal(value, "#,##0." + "0" * digits if digits else "#,##0")


def _decimal(value: float, pattern: str | None = None) -> str:
    """With the minus sign of mathematics, as on the axes of charts; the one of the locales is a hyphen."""
    return format_decimal(value, format=pattern, locale=language()).replace("-", "−")


def in_a_cell(value: float) -> str:
    """A number in a table of thousands, where Babel would be slow: at most four decimals, as Streamlit writes them."""
    if value and abs(value) < 0.5e-4:
        return in_powers(value)
    plain = f"{value:,.4f}".rstrip("0").rstrip(".") if math.isfinite(value) else str(value)
    return plain.translate(_signs(language()))


@lru_cache
def _signs(language: str) -> dict[int, str]:
    return str.maketrans({",": get_group_symbol(language), ".": get_decimal_symbol(language), "-": "−"})


def bracketed(value: float, digits: int) -> str:
    """A number behind a sign of reckoning: a negative one stands in brackets."""
    written = number(value, digits)
    return f"({written})" if written.startswith("−") else written


def listed(parts: Iterable[str]) -> str:
    """Numbers one after the other; a mere comma would be part of a number in French."""
    return _("; ").join(parts)


def in_powers(value: float, digits: int = 1, *, raised: str = "") -> str:
    """A number in powers of ten, `digits` after the point of the first factor: 3.0·10⁻⁸."""
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    power = str(int(exponent))
    high = raised.format(power) if raised else power.translate(RAISED)
    return f"{_decimal(float(mantissa), '0.' + '0' * digits)}·10{high}"


def tiny(deviation: float) -> str:
    """How far two numbers are apart that ought to be equal: 0, or in powers of ten."""
    return number(abs(deviation), 3 if deviation else 0)


def in_words(value: float) -> str:
    """A large number as it is said: 7.3 million."""
    return format_compact_decimal(value, format_type="long", fraction_digits=1, locale=language())


def briefly(value: float) -> str:
    """A large number in as few letters as an axis has room for: 205K, 7.3M."""
    digits = 1 if 1e6 <= value < 1e7 else 0
    short = format_compact_decimal(value, format_type="short", locale=language(), fraction_digits=digits)
    return short.replace("\u00a0", "\u202f")


@remembered
def lesson(language: str, chapter: str) -> dict[str, str]:
    """The parts of a lesson file by name: `# Title`, then `## part` lines with Markdown below each."""
    text = (ASSETS / "lessons" / language / f"{chapter}.md").read_text("utf-8")
    title, *parts = re.split(r"^## +(.+)$", text, flags=re.MULTILINE)
    named = {name.strip(): body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}
    return {"title": title.strip().removeprefix("# ").strip(), **named}


@remembered
def examples(language: str) -> list[dict[str, Any]]:
    """Ready texts, each with what it is for."""
    return json.loads((ASSETS / "examples.json").read_text("utf-8"))[language]


def literal(text: str) -> str:
    """Any text inside Markdown, exactly as it is: ASCII punctuation gets a backslash, line ends become spaces.

    A text that is read from the right is isolated, or it would turn the sentence around it.
    """
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", re.sub(BREAKS, " ", text).strip(" "))
    from_the_right = any(unicodedata.bidirectional(char) in {"R", "AL", "AN"} for char in text)
    return f"\u2068{escaped}\u2069" if from_the_right else escaped


def percent(share: float, digits: int = 1) -> str:
    """A share as it is said: 0.123 is 12.3%.

    One that would read as 0 has as many decimals as it takes, 0.0020%, and powers of ten only from 0.0001% on down.
    """
    value = 100 * share
    if SMALLEST_PERCENT <= abs(value) <= 0.5 * 10**-digits:
        digits = 1 - math.floor(math.log10(abs(value)))
    return _("{number}%").format(number=number(value, digits))


def percent_or_less(share: float, digits: int = 1) -> str:
    """A share in few characters: one too small for its digits is told as less than the least of them."""
    least = 10 ** -(digits + 2)
    return percent(share, digits) if 2 * share >= least else f"< {percent(least, digits)}"


def signed(value: float, digits: int = 2) -> str:
    """A change, with its sign also where it is positive."""
    return ("+" if value > 0 else "") + number(value, digits)


class Written(str):
    """A number as a sentence of its own way writes it, with the number itself for whoever computes it again."""

    value: float | list[float]

    def __new__(cls, text: str, value: float | list[float]) -> "Written":
        made = super().__new__(cls, text)
        made.value = value
        return made


def written(value: object, spec: str = "") -> str:
    """A value as a sentence writes it in the reader's language.

    `spec` is what stands behind the colon in `{share:.1%}`: `,` a whole number in groups, `.2f` two decimals, `+.2f`
    the same with its sign, `.2f()` with brackets around a negative one, `.1%` a share, `tiny` how far two numbers are
    apart that ought to be equal, `words` a large number as it is said. Whole numbers without a spec are written
    plainly: they count layers, heads and positions.

    Behind a bar may follow what is counted, as it is called for one and for many: `,|token|tokens`; with nothing before
    the first bar it stands alone: `|is|are`.

    Raises ValueError for a spec that is not one of these, or a number with a point that has none.
    """
    if "|" in spec and isinstance(value, int | float):
        return _counted(value, *spec.split("|"))
    if isinstance(value, bytes):
        return _("“{token}”").format(token=f"**{literal(visible(value))}**")
    if isinstance(value, str) or (isinstance(value, int) and not spec):
        return literal(str(value))
    found = SPEC.fullmatch(spec)
    if not found or not isinstance(value, int | float):
        raise ValueError(f"{value!r} cannot be written as {spec!r}")
    plus, digits, kind, brackets = found.groups()
    if kind == "%":
        text = percent(value, int(digits or 0))
    elif kind in ("tiny", "words"):
        text = tiny(value) if kind == "tiny" else in_words(value)
    elif plus:
        text = signed(value, int(digits or 0))
    elif brackets:
        text = bracketed(value, int(digits or 0))
    else:
        text = number(value, None if kind == "," else int(digits or 0))
    return literal(text)


def _counted(value: float, spec: str, one: str, many: str) -> str:
    """What is counted, in the form that the number takes as it is written: in French 1.9 tokens are one."""
    found = SPEC.fullmatch(spec)
    seen = Decimal(f"{value:.{int(found[2] or 0) if found else 0}f}")
    words = one if seen.is_finite() and Locale(language()).plural_form(seen) == "one" else many
    return f"{written(value, spec)} {words}" if spec else words


class _Sentence(string.Formatter):
    def format_field(self, value: object, format_spec: str) -> str:
        return written(value, format_spec)


def filled(sentence: str, **values: object) -> str:
    """A sentence as Markdown with its values in the reader's language (`written`).

    Tokens (bytes) and texts are shown exactly as they are; tokens stand in quotation marks, or one that is a comma
    would be read as the sentence's own.

    >>> filled("{share:.1%} of {n:,} for {token}", share=0.5, n=1234, token=b" a*")
    '50\\\\.0\\\\% of 1\\\\,234 for “**␣a\\\\***”'
    >>> filled("{n:,|cell|cells}, {n:|is|are} forbidden", n=1)
    '1 cell, is forbidden'
    """
    return _Sentence().vformat(sentence, (), values)
