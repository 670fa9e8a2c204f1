"""Small sums for pencil and paper with a reader's own numbers: what is asked, what is right, and three hints.

What is right is computed from the numbers as they are written, rounded, for that is what a reader has. Sums whose
answer could be guessed are not made.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gpt_core import GPTConfig
from gpt_core.tokenizer.bpe import Merge, Word
from pages.figures import visible
from pages.ui.words import _, filled, listed, number, percent

SPREAD = (0.3, 2.5)  # between the least and the largest of three scores, so that each has a share worth computing
GUESSED = 0.02  # from a third: who shares out evenly must not be right
SIX = 6
Hints = tuple[str, str, str]


@dataclass(frozen=True)
class Sum:
    """A question, its answer, how far off an answer may be and how that is said, and hints, each of which says more."""

    question: str
    answer: float | bytes
    tolerance: float
    within: str
    hints: Hints

    def accepts(self, typed: str) -> bool | None:
        """Whether an answer is right; None where it is none at all."""
        if isinstance(self.answer, bytes):
            return as_piece(typed) == self.answer.decode("utf-8", "replace") if typed.strip("\n") else None
        found = as_number(typed, whole=not self.tolerance)
        return None if found is None else abs(found - self.answer) <= self.tolerance + 1e-9


def as_piece(typed: str) -> str:
    """A piece as a reader types it: in quotation marks or not, its space as it is or as the sign for it."""
    return typed.strip('“”"«»\u202f\u00a0').replace("␣", " ")


def as_number(typed: str, *, whole: bool) -> float | None:
    """A number as it is written in any of our languages: 0.25, 0,25, 25 %, 1,234 or 1 234; None where it is none.

    >>> [as_number(typed, whole=False) for typed in ("0,25", "25 %", "−1.5", "x")]
    [0.25, 0.25, -1.5, None]
    >>> [as_number(typed, whole=True) for typed in ("442,368", "442 368", "442.368")]
    [442368.0, 442368.0, 442368.0]
    """
    plain = "".join(typed.split()).replace("’", "").replace("'", "").replace("−", "-")
    share = plain.endswith("%")
    plain = plain.removesuffix("%")
    if whole:
        plain = plain.replace(",", "").replace(".", "")
    elif "," in plain and "." in plain:  # the one in front sets groups apart
        first, last = sorted(",.", key=plain.index)
        plain = plain.replace(first, "").replace(last, ".")
    plain = plain.replace(",", ".")
    if not plain.isascii() or set(plain) - set("+-.0123456789"):
        return None
    try:
        return float(plain) / (100 if share else 1)
    except ValueError:
        return None


def softmax_of_three(scores: Sequence[float], tokens: Sequence[bytes], *, query: int) -> Sum | None:
    """The share of one of three keys; of a row of scaled scores, the three nearest to each other at its top."""
    written = [round(score, 1) for score in scores]
    order = sorted(range(len(written)), key=lambda key: -written[key])
    near = (
        three
        for three in zip(order, order[1:], order[2:], strict=False)
        if SPREAD[0] <= round(written[three[0]] - written[three[2]], 1) <= SPREAD[1]
        and abs(_share([written[key] for key in three], 1) - 1 / 3) > GUESSED
    )
    found = next(near, None)
    if found is None:
        return None
    keys, largest = sorted(found), written[found[0]]
    asked = keys.index(found[1])
    powers = [math.exp(written[key] - largest) for key in keys]
    values: dict[str, object] = {"query": tokens[query], "asked": tokens[found[1]], "at": found[1]}
    for i, key in enumerate(keys):
        values |= {f"key{i}": tokens[key], f"at{i}": key, f"score{i}": written[key], f"power{i}": powers[i]}
    values |= {"largest": largest, "power": powers[asked]}
    question = _(
        "{query} looks at three keys: {key0} (position {at0}) with the scaled score {score0:.1f}, {key1} (position "
        "{at1}) with {score1:.1f} and {key2} (position {at2}) with {score2:.1f}. If there were only these three, what "
        "share would the softmax give to {asked} (position {at})?"
    )
    hints = (
        _("Take the largest score, {largest:.1f}, away from each: the shares stay the same."),
        _("e to each difference is {power0:.3f} for {key0}, {power1:.3f} for {key1} and {power2:.3f} for {key2}."),
        _("The share is {power:.3f} ÷ ({power0:.3f} + {power1:.3f} + {power2:.3f})."),
    )
    share = _share([written[key] for key in keys], asked)
    return _sum(question, values, share, 0.01, _("to within {n}").format(n=number(0.01, 2)), hints)


def _share(scores: Sequence[float], asked: int) -> float:
    """What the softmax gives to one of a few scores."""
    powers = [math.exp(score - max(scores)) for score in scores]
    return powers[asked] / sum(powers)


def variance_of_six(numbers: Sequence[float], token: bytes) -> Sum | None:
    """The variance of six numbers of a vector, the first six that are not all alike as they are written."""
    for start in range(0, len(numbers) - SIX + 1, SIX):
        some = numbers[start : start + SIX]
        largest = max(map(abs, some))
        if not math.isfinite(largest) or largest == 0:
            continue
        digits = max(0, 1 - math.floor(math.log10(largest)))
        written = [round(one, digits) for one in some]
        mean = sum(written) / SIX
        squares = [(one - mean) ** 2 for one in written]
        variance = sum(squares) / SIX
        if len(set(written)) > 2 and digits <= 6:
            break
    else:
        return None
    fine = 2 * digits + 2

    def said(values: Iterable[float], n: int) -> str:
        return listed(number(one, n) for one in values)

    values = {
        "first": start,
        "last": start + SIX - 1,
        "token": token,
        "numbers": said(written, digits),
        "mean": number(mean, fine),
        "squares": said(squares, fine),
        "total": number(sum(squares), fine),
    }
    question = _(
        "Before the norm, numbers {first} to {last} of the vector of {token} are {numbers}. What is their variance, "
        "divided by 6 as GPT-2 does?"
    )
    hints = (
        _("Their mean is their sum ÷ 6 = {mean}."),
        _("Their distances from the mean, squared, are {squares}."),
        _("The variance is the sum of these squares, {total}, ÷ 6."),
    )
    return _sum(question, values, variance, 0.02 * variance, _("to within {n}").format(n=percent(0.02, 0)), hints)


def next_merge(word: Word, rank_of: Callable[[bytes], int | None]) -> Sum | None:
    """Which piece of a word comes next, at the first of its stages that leaves a choice between pairs."""
    for merge, parts in zip(word.merges, word.stages, strict=False):
        pairs = {left + right: rank_of(left + right) for left, right in pairwise(parts)}
        known = {piece: rank for piece, rank in pairs.items() if rank is not None}
        if len(known) > 1 and all(_is_text(piece) for piece in (*parts, *known)):
            return _merge(word, merge, parts, known)
    return None


def _merge(word: Word, merge: Merge, parts: Sequence[bytes], known: Mapping[bytes, int]) -> Sum:
    values = {
        "word": word.text.encode(),
        "parts": " · ".join(map(visible, parts)),
        "pieces": listed(f"{visible(piece)} ({number(rank)})" for piece, rank in known.items()),
        "left": merge.left,
        "right": merge.right,
        "rank": merge.rank,
    }
    question = _(
        "{word} lies in these pieces: {parts}. Of its pairs these are in the vocabulary, each with its rank: {pieces}. "
        "Which piece comes into being next?"
    )
    hints = (
        _("Of all neighbours, the pair with the lowest rank merges first."),
        _("The lowest of these ranks is {rank:,}."),
        _("It is that of {left} and {right}: write the two as one."),
    )
    within = _("letter by letter, with its space (␣) where it has one")
    return _sum(question, values, merge.result, 0.0, within, hints)


def _is_text(piece: bytes) -> bool:
    """Whether a piece can be typed: half a letter cannot."""
    try:
        return piece.decode().isprintable()
    except UnicodeDecodeError:
        return False


def parameters_of_block(config: GPTConfig) -> Sum:
    """How many numbers one block of a model learns."""
    width, wide, n_biases = config.emb_dim, config.ff_dim, 4 if config.qkv_bias else 1
    attention = 4 * width * width + n_biases * width
    thought = 2 * width * wide + wide + width
    values = {"width": width, "wide": wide, "biases": n_biases, "attention": attention, "thought": thought}
    question = _(
        "A block of this model has width {width:,} and a feed-forward of {wide:,}. Of the four matrices of its "
        "attention {biases:,|has|have} a bias. How many numbers does the block learn?"
    )
    hints = (
        _("Attention: 4 matrices of {width:,} × {width:,}, and {biases:,|bias|biases} of {width:,}: {attention:,}."),
        _(
            "Feed-forward: {width:,} × {wide:,} there, {wide:,} × {width:,} back, and biases of {wide:,} and "
            "{width:,}: {thought:,}."
        ),
        _("Two norms have a scale and a shift of {width:,} each. Add {attention:,} and {thought:,}."),
    )
    return _sum(question, values, attention + thought + 4 * width, 0.0, _("exactly"), hints)


def _sum(
    question: str, values: Mapping[str, object], answer: float | bytes, tolerance: float, within: str, hints: Hints
) -> Sum:
    """A sum with its values filled in."""
    first, second, third = (filled(hint, **values) for hint in hints)
    return Sum(filled(question, **values), answer, tolerance, within, (first, second, third))
