"""Choosing the next token, again and again: temperature, top-k, top-p, and a die with a known seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from gpt_core.gpt import GPT
from gpt_core.intervention import Intervention

COLDEST = 1e-6  # anything colder counts as 0: logits divided by it would overflow


@dataclass(frozen=True)
class Step:
    """One choice: the probabilities the model gave, what was left after cutting, and the id that was drawn."""

    id: int
    logits: Float[Tensor, " vocab_size"]
    probs: Float[Tensor, " vocab_size"]  # softmax(logits): before temperature and cutting
    final_probs: Float[Tensor, " vocab_size"]  # after temperature, top-k and top-p; 0 for what was cut; sums to 1


def tempered(logits: Float[Tensor, "... vocab_size"], temperature: float) -> Float[Tensor, "... vocab_size"]:
    """Probabilities at a temperature: below 1 sharper, above 1 flatter, and at 0 all on the highest logit."""
    if not temperature >= 0:
        raise ValueError(f"temperature={temperature} is not a number of at least 0")
    if temperature < COLDEST:
        winner = logits.argmax(dim=-1, keepdim=True)
        return torch.zeros_like(logits).scatter(-1, winner, 1.0)
    highest = logits.amax(dim=-1, keepdim=True)  # subtracted first, or a tiny temperature would overflow
    return ((logits - highest) / temperature).softmax(dim=-1)


def kept(
    probs: Float[Tensor, " vocab_size"], *, top_k: int | None = None, top_p: float | None = None
) -> Bool[Tensor, " vocab_size"]:
    """Which tokens survive: among the `top_k` likeliest, and in the smallest set whose sum reaches `top_p`.

    A probability of 0 never survives. Equal probabilities at the edge of top-k all stay. Top-p looks at what top-k
    left, made to sum to 1 again.
    Source: Holtzman et al. 2019, "The Curious Case of Neural Text Degeneration".
    """
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k={top_k} leaves no token to choose from")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p={top_p} is not in (0, 1]")
    survives = probs > 0
    if top_k is not None and top_k < probs.shape[-1]:
        survives = survives & (probs >= probs.topk(top_k).values[-1])
    if top_p is not None and top_p < 1:
        left = probs * survives
        ordered, order = (left / left.sum()).sort(descending=True, stable=True)
        before = ordered.cumsum(dim=-1) - ordered  # what the likelier ones already sum to
        survives = survives & torch.zeros_like(survives).scatter(-1, order, before < top_p)
    return survives


def cut(
    probs: Float[Tensor, " vocab_size"], *, top_k: int | None = None, top_p: float | None = None
) -> Float[Tensor, " vocab_size"]:
    """`probs` with all but the survivors at 0, and the survivors made to sum to 1 again."""
    left = probs * kept(probs, top_k=top_k, top_p=top_p)
    return left / left.sum()


def generate(
    model: GPT,
    ids: Sequence[int],
    *,
    max_new_tokens: int = 20,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 123,
    use_cache: bool = True,
    intervention: Intervention | None = None,
) -> Iterator[Step]:
    """Continue `ids` one token at a time.

    Keys and values of earlier tokens are kept, so that each step computes one token (`use_cache=False`: all again).
    When the text outgrows `context_length`, the oldest tokens fall out and the pass starts afresh, as in the book.

    Args:
        model: any GPT.
        ids: the prompt, at least one id; only its last `context_length` are read.
        max_new_tokens: how many steps to take.
        temperature: 0 takes the likeliest token (greedy); 1 draws from the model's own probabilities.
        top_k: draw among this many likeliest tokens only.
        top_p: draw among the fewest tokens that together have this probability.
        seed: the same seed gives the same draws; the global random generator is not touched.
        use_cache: keep keys and values; the tokens are the same either way.
        intervention: applied at every step.

    Raises:
        ValueError: at the first step, for no ids or a setting out of range.
    """
    generator = torch.Generator().manual_seed(seed)
    cacheable = use_cache and (intervention is None or intervention.cacheable)
    text, memory = list(ids), None
    for _ in range(max_new_tokens):
        fits = memory is not None and len(text) <= model.config.context_length
        new = text[-1:] if fits else text[-model.config.context_length :]
        with torch.inference_mode():
            trace = model.trace(torch.tensor(new, dtype=torch.long), intervention, past=memory if fits else None)
            memory = trace.memory if cacheable else None
            logits = trace.next_logits
            final_probs = cut(tempered(logits, temperature), top_k=top_k, top_p=top_p)
            chosen = int(torch.multinomial(final_probs, 1, generator=generator))
            probs = logits.softmax(dim=-1)
        yield Step(chosen, logits, probs, final_probs)
        text.append(chosen)
