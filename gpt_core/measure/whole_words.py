"""Whole words as candidates: a first piece finished by the likeliest next pieces, up to where the next word begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gpt_core.model.gpt import GPT
from gpt_core.model.trace import GPTTrace, KeyValues

MOST_PIECES = 8  # of a word; what is longer is left unfinished


@dataclass(frozen=True)
class WholeWord:
    """Ids that make one word, and the product of their probabilities, each given the text and the pieces before it."""

    pieces: tuple[int, ...]
    probability: float


def continues_a_word(piece: bytes) -> bool:
    """Whether a token goes on with the word before it: it begins with a letter, a digit, or within a character.

    An apostrophe with a letter behind it goes on too, as in "don't" and "l'eau".

    >>> [continues_a_word(piece) for piece in (b"le", b" le", b".", b"'t", b"'", b"\\xa9")]
    [True, False, False, True, False, True]
    """
    if not piece:
        return False
    if 0x80 <= piece[0] < 0xC0:  # in UTF-8 no character begins so: the rest of one
        return True
    text = piece.decode("utf-8", "replace")
    return text[0].isalnum() or (text[0] in "'’" and text[1:2].isalpha())


def likeliest_words(
    model: GPT, trace: GPTTrace, token: Callable[[int], bytes], *, n: int = 3, among: int = 8
) -> list[WholeWord]:
    """The `n` likeliest of `among` words: those that begin with the `among` likeliest next tokens.

    Each first piece is finished greedily: while the model's first choice goes on with the word, it is taken. So no word
    is cut, and the probability is that of exactly these pieces; other ways to spell the same word are not added.

    Args:
        model: the model of the trace.
        trace: a whole text, read without a cache.
        token: the bytes of a token (`Tokenizer.token`).
        n: how many words are returned, the likeliest first.
        among: how many first pieces are tried.
    """
    probs = trace.next_logits.softmax(dim=-1)
    first = probs.topk(min(among, len(probs)))
    words = [
        _finished(model, trace.kv_cache, len(trace.ids), id, p, token)
        for id, p in zip(first.indices.tolist(), first.values.tolist(), strict=True)
    ]
    return sorted(words, key=lambda word: -word.probability)[:n]


def _finished(
    model: GPT,
    past: Sequence[KeyValues],
    n_past: int,
    id: int,
    probability: float,
    token: Callable[[int], bytes],
) -> WholeWord:
    pieces = [id]
    if not _is_wordlike(token(id)):
        return WholeWord((id,), probability)
    while len(pieces) < MOST_PIECES and n_past < model.config.context_length:
        trace = model.trace(torch.tensor(pieces[-1:]), past=past)
        past, n_past = trace.kv_cache, n_past + 1
        best, share = _first_choice(trace.next_logits)
        if not continues_a_word(token(best)):
            break
        pieces.append(best)
        probability *= share
    return WholeWord(tuple(pieces), probability)


def _is_wordlike(piece: bytes) -> bool:
    """Whether something could go on with it: its last sign is a letter, a digit, or a part of a character."""
    text = piece.decode("utf-8", "replace")
    return text[-1:].isalnum() or text[-1:] == "\ufffd"


def _first_choice(logits: Tensor) -> tuple[int, float]:
    probs = logits.softmax(dim=-1)
    best = int(probs.argmax())
    return best, float(probs[best])
