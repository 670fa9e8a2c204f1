"""Any text, however hostile, as a label that shows exactly what it is."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

# A token comes as bytes and is shown with its spaces; words of ours come as str.
Label = str | bytes

LONGEST_TOKEN = 16
MOST_TICKS = 28

OUR_SPACES = " \u00a0\u202f"  # in words of ours: French holds "22 %" together with the last two
WORD_JOINER = "\u2060"
# What a font draws as nothing though its category is that of a letter, a mark or a sign: "Default_Ignorable_Code_Point"
# in DerivedCoreProperties.txt of the Unicode Character Database, and a few that are blank by their own names.
IGNORABLE = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
BLANK = "\u2800\ufffc\ufffd\U00013441\U00013442\U00016fe4\U0001d159"
INVISIBLE = re.compile(f"[{BLANK}{''.join(f'{chr(first)}-{chr(last)}' for first, last in IGNORABLE)}]")
MARKS = {" ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥"}


def _hex(codes: Sequence[int]) -> str:
    return "⟨" + " ".join(f"{code:02x}" for code in codes) + "⟩"


def is_invisible(char: str) -> bool:
    """Controls, format and bidi marks, surrogates, private and unassigned code points, separators, fillers, U+FFFD."""
    return unicodedata.category(char)[0] in "CZ" or bool(INVISIBLE.match(char))


def visible(piece: Label, *, longest: int = LONGEST_TOKEN) -> str:
    """A token as a reader can see it: ␣ ⏎ ⇥ for white space, ⟨hex⟩ for what has no shape, … where it was cut.

    >>> visible(b" caf\\xc3\\xa9"), visible(b"\\xe2\\x9c"), visible("a\\u202eb"), visible("")
    ('␣café', '⟨e2 9c⟩', 'a⟨202e⟩b', '⟨⟩')
    """
    text = piece.decode("utf-8", "surrogateescape") if isinstance(piece, bytes) else piece
    parts: list[str] = []
    stray: list[int] = []  # bytes that are not valid UTF-8, collected so that neighbours share one pair of brackets
    for char in text[: 4 * longest]:
        if isinstance(piece, bytes) and "\udc80" <= char <= "\udcff":
            stray.append(ord(char) - 0xDC00)
            continue
        if stray:
            parts.append(_hex(stray))
            stray = []
        parts.append(MARKS.get(char) or (_hex([ord(char)]) if is_invisible(char) else char))
    if stray:
        parts.append(_hex(stray))
    if parts and unicodedata.category(parts[0][0])[0] == "M":
        parts.insert(0, "◌")
    shown = "".join(parts) or "⟨⟩"
    return shown if len(shown) <= longest and len(text) <= 4 * longest else shown[: longest - 1] + "…"


def shortened(label: Label, longest: int = 12) -> Label:
    """A token cut to `longest` signs, for pictures too narrow for whole ones; words of ours stay as they are.

    >>> shortened(b" grandmother"), shortened(b" unbelievably"), shortened("unbelievably so")
    ('␣grandmother', '␣unbelievab…', 'unbelievably so')
    """
    return visible(label, longest=longest) if isinstance(label, bytes) else label


def shown(text: Label) -> str:
    """A token with its marks, or words of ours, whose no-break spaces are meant."""
    if isinstance(text, bytes):
        return visible(text)
    return "".join(char if char in OUR_SPACES or not is_invisible(char) else _hex([ord(char)]) for char in text)


def _isolated(shown: str, sent: str) -> str:
    """`sent` on its own, where `shown` has letters that are read from the right."""
    if any(unicodedata.bidirectional(char) in {"R", "AL", "AN"} for char in shown):
        return f"\u2068{sent}\u2069"
    return sent


@lru_cache(maxsize=4096)
def plotly_text(text: Label) -> str:
    """The same text for a tick, hover, title, legend or annotation of Plotly, which reads those as HTML of a kind.

    `$x^2$` would be set as TeX, `%{x}` replaced, `#000001` recoloured by Streamlit, and Hebrew would turn its
    neighbours round.

    >>> plotly_text("<b>50%</b>")
    '&#60;b&#62;50&#37;&#60;/b&#62;'
    """
    seen = shown(text)
    return _isolated(seen, re.sub(r"[&<>$#%]", lambda found: f"&#{ord(found[0])};", seen))


@lru_cache(maxsize=4096)
def solid_text(text: Label) -> str:
    """The same text for a label or an axis title in three dimensions, where Plotly reads tags but no entities.

    A word joiner, which has no width, keeps `<b>` from being a tag.

    >>> solid_text("50% of <b>").replace(WORD_JOINER, "|")
    '50% of <|b>'
    """
    seen = shown(text)
    return _isolated(seen, seen.replace("<", f"<{WORD_JOINER}"))


def tick_labels(
    tokens: Sequence[Label], *, emphasised: int | None = None, colour: str = "inherit"
) -> tuple[list[int], list[str]]:
    """Positions and texts of at most `MOST_TICKS` ticks: every k-th, and always the emphasised one, in bold.

    Positions, because Plotly merges equal categories and a text may hold "the" twice.
    """
    step = -(-len(tokens) // MOST_TICKS) or 1
    positions = [
        i
        for i in range(0, len(tokens), step)
        if emphasised is None or i == emphasised or _far_enough(i, emphasised, step)
    ]
    if emphasised is not None and emphasised not in positions:
        positions = sorted([*positions, emphasised])
    texts = [plotly_text(tokens[i]) for i in positions]
    if emphasised is not None:
        at = positions.index(emphasised)
        texts[at] = f'<b><span style="color:{colour}">{texts[at]}</span></b>'
    return positions, texts


def _far_enough(i: int, emphasised: int, step: int) -> bool:
    return abs(i - emphasised) * 2 >= step
