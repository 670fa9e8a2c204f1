"""Choosing the next token, again and again: temperature, top-k, top-p, and a die with a known seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gpt_core.generation.sampling import apply_temperature, renormalise_over, top_k_top_p_mask
from gpt_core.model.gpt import GPT
from gpt_core.model.intervention import Intervention


@dataclass(frozen=True)
class Step:
    """One choice: the probabilities the model gave, what was left after cutting, and the id that was drawn."""

    id: int
    logits: Float[Tensor, " vocab_size"]
    probs: Float[Tensor, " vocab_size"]  # softmax(logits): before temperature and cutting
    sampling_probs: Float[Tensor, " vocab_size"]  # after temperature, top-k and top-p; 0 for what was cut; sums to 1


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
    text, cache = list(ids), None
    for _ in range(max_new_tokens):
        fits = cache is not None and len(text) <= model.config.context_length
        new = text[-1:] if fits else text[-model.config.context_length :]
        with torch.inference_mode():
            trace = model.trace(torch.tensor(new, dtype=torch.long), intervention, past=cache if fits else None)
            cache = trace.kv_cache if cacheable else None
            logits = trace.next_logits
            warmed = apply_temperature(logits, temperature)
            sampling_probs = renormalise_over(warmed, top_k_top_p_mask(warmed, top_k=top_k, top_p=top_p))
            chosen = int(torch.multinomial(sampling_probs, 1, generator=generator))
            probs = logits.softmax(dim=-1)
        yield Step(chosen, logits, probs, sampling_probs)
        text.append(chosen)
