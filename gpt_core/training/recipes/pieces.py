"""Pieces: what a token is made of. Shown at random in place of the whole, so that training meets short tokens too."""

from functools import cache
from itertools import pairwise

import torch
from jaxtyping import Int
from torch import Tensor

from gpt_core.tokenizer.bpe import Tokenizer

WHOLE = -1  # in the table of halves: a token that is no merge, as a single byte


@cache
def halves() -> Int[Tensor, "vocab_size 2"]:
    """The two tokens that the last merge of each token joined; `WHOLE` twice for single bytes and `<|endoftext|>`.

    >>> tokenizer = Tokenizer()
    >>> [tokenizer.token(int(half)) for half in halves()[tokenizer.encode(" king")[0]]]
    [b' k', b'ing']
    """
    tokenizer = Tokenizer("gpt2")
    ranks = tokenizer.ranks
    table = torch.full((tokenizer.vocab_size, 2), WHOLE)
    for token, id in ranks.items():
        if len(token) > 1:
            table[id] = torch.tensor([ranks[part] for part in _before_the_last_merge(token, ranks)])
    return table


def _before_the_last_merge(token: bytes, ranks: dict[bytes, int]) -> list[bytes]:
    """Merge as the tokenizer does, but never to the whole: two parts are left."""
    parts = [bytes([byte]) for byte in token]
    while len(parts) > 2:
        found = [(ranks.get(a + b, len(ranks)), at) for at, (a, b) in enumerate(pairwise(parts))]
        at = min(found)[1]
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def with_pieces(ids: Int[Tensor, " n_ids"]) -> Int[Tensor, " n_all"]:
    """These ids and all that they are made of, down to single bytes."""
    table, found, fresh = halves(), ids.unique(), ids.unique()
    while len(fresh):
        parts = table[fresh].flatten().unique()
        parts = parts[parts != WHOLE]
        fresh = parts[~torch.isin(parts, found)]
        found = torch.cat([found, fresh])
    return found.sort().values


def undone(
    window: Int[Tensor, " n_tokens"], table: Int[Tensor, "n_rows 2"], chance: float, generator: torch.Generator
) -> Int[Tensor, " n_more"]:
    """The same text in more tokens: each falls into its halves with probability `chance`, and so do the halves."""
    while True:
        parts = table[window]
        falls = (parts[:, 0] != WHOLE) & (torch.rand(len(window), generator=generator) < chance)
        if not falls.any():
            return window
        parts[~falls, 0], parts[~falls, 1] = window[~falls], WHOLE
        window = parts.flatten()
        window = window[window != WHOLE]
