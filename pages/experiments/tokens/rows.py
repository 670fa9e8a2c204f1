"""A text as rows of tokens with their ids, and boxes to type another text into."""

from collections.abc import Sequence

from gpt_core import Tokenizer
from gpt_core.tokenizer.bpe import TokenizerTrace
from pages.figures import visible
from pages.services.reading import tokenizer
from pages.ui.components.chips import Row
from pages.ui.words import number, plural

MOST_PIECES = 200


def tokenized(text: str, special: bool = False) -> TokenizerTrace:
    """How GPT-2's tokenizer cuts a text, with every merge on the way."""
    return tokenizer().trace(text, special=special)


def seen(pieces: Sequence[bytes]) -> list[str]:
    """Pieces as a reader can see them, not too many; “…” stands for the rest."""
    return [visible(piece) for piece in pieces[:MOST_PIECES]] + ["…"] * (len(pieces) > MOST_PIECES)


def tokens_row(
    label: str, ids: Sequence[int], *, first: int = 0, marked: Sequence[int] = (), vocabulary: Tokenizer | None = None
) -> Row:
    """Tokens from the `first` on above their ids, not too many; “…” stands for those left out at either end.

    `marked` are positions in `ids`; the vocabulary is GPT-2's unless another is given.
    """
    source = vocabulary or tokenizer()
    cut, last = first > 0, first + MOST_PIECES
    return Row(
        label,
        ["…"] * cut + seen([source.token(id) for id in ids[first : last + 1]]),
        [""] * cut + [str(id) for id in ids[first:last]],
        [at - first + cut for at in marked if first <= at < last],
    )


def counted(n: int) -> str:
    """A number of tokens, as the label of a row."""
    return plural("{n} token", "{n} tokens", n).format(n=number(n))
