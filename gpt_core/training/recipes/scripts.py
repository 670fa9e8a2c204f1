"""Lines of signs from other scripts, so that the bytes that these are made of are met in an order that occurs."""

import unicodedata

import torch
from jaxtyping import Int
from torch import Tensor

SCRIPTS = (  # first and last code point, how often drawn
    (0x0391, 0x03C9, 2),  # Greek
    (0x0410, 0x044F, 4),  # Cyrillic
    (0x05D0, 0x05EA, 2),  # Hebrew
    (0x0621, 0x064A, 3),  # Arabic
    (0x0905, 0x094D, 3),  # Devanagari
    (0x0E01, 0x0E4C, 1),  # Thai
    (0x10D0, 0x10F0, 1),  # Georgian
    (0x3041, 0x3093, 3),  # Hiragana
    (0x30A1, 0x30F3, 3),  # Katakana
    (0x4E00, 0x9FA5, 6),  # Chinese and Japanese signs
    (0xAC00, 0xD7A3, 3),  # Korean
    (0x1F300, 0x1F64F, 5),  # emoji
    (0x1F680, 0x1F6C5, 1),
    (0x1F900, 0x1F9FF, 1),
    (0x2190, 0x22FF, 1),  # arrows and mathematics
    (0x2600, 0x26FF, 1),  # small pictures
    (0x00C0, 0x017F, 3),  # Latin letters with marks
    (0x0180, 0x02AF, 2),
    (0x0531, 0x0587, 1),  # Armenian
    (0x0710, 0x07BF, 1),  # Syriac, Arabic's further letters, Thaana
    (0xFE70, 0xFEFC, 1),  # Arabic as written
    (0xFF01, 0xFF9F, 1),  # wide and narrow signs
    (0x0021, 0x007E, 4),  # signs of programs among them
)
LONGEST = 24  # signs
NEW_LINE = 198  # "\n"


def bytes_in_disorder(n_lines: int, *, seed: int) -> Int[Tensor, "n_lines LONGEST_and_one"]:
    """Lines of single bytes at random: only so are those met that no text holds. The first 256 ids are the bytes."""
    drawn = torch.randint(256, (n_lines, LONGEST), generator=torch.Generator().manual_seed(seed))
    return torch.cat([drawn, torch.full((n_lines, 1), NEW_LINE)], dim=-1)


def lines(n_lines: int, *, seed: int) -> list[str]:
    """`n_lines` lines, each of one script: signs in their order in Unicode, or any, in one word or several.

    >>> len(lines(3, seed=1))
    3
    """
    generator = torch.Generator().manual_seed(seed)
    weights = torch.tensor([float(often) for *_, often in SCRIPTS])
    chosen = torch.multinomial(weights, n_lines, replacement=True, generator=generator).tolist()
    chance = torch.rand(n_lines, LONGEST + 4, generator=generator, dtype=torch.float64).tolist()
    return [_line(SCRIPTS[script][:2], *draws) for script, draws in zip(chosen, chance, strict=True)]


def _line(script: tuple[int, int], ordered: float, spaced: float, length: float, begin: float, *draws: float) -> str:
    first, last = script
    n_signs = 3 + int(length * (LONGEST - 3))
    places = [begin * (last - first - n_signs) + at for at in range(n_signs)]
    if ordered < 0.6:
        places = [draw * (last - first) for draw in draws[:n_signs]]
    signs = [chr(first + max(0, int(place))) for place in places]
    named = [sign for sign in signs if unicodedata.name(sign, "")]
    return (" " if spaced < 0.3 else "").join(named) + "\n"
