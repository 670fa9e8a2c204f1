"""Switching parts off one at a time, and moving activations from one text to another: what does the prediction do?

Each number is one more pass of the same model with another `Intervention`. What it shows is what this text's
prediction loses without the part, while all others stay: not what the part is for, nor what it does elsewhere.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gpt_core.model.gpt import GPT
from gpt_core.model.intervention import Intervention, Patch, Site
from gpt_core.model.trace import GPTTrace

Part = Literal["attention", "feed_forward", "norm1", "norm2", "shortcut1", "shortcut2", "mask"]

WITHOUT: dict[Part, Callable[[int], Intervention]] = {
    "attention": lambda layer: Intervention(attention_off={layer}),
    "feed_forward": lambda layer: Intervention(feed_forward_off={layer}),
    "norm1": lambda layer: Intervention(norms_off={(layer, 1)}),
    "norm2": lambda layer: Intervention(norms_off={(layer, 2)}),
    "shortcut1": lambda layer: Intervention(shortcuts_off={(layer, 1)}),
    "shortcut2": lambda layer: Intervention(shortcuts_off={(layer, 2)}),
    "mask": lambda layer: Intervention(mask_off={layer}),
}


def scored(trace: GPTTrace, token: int, *, position: int) -> tuple[float, float]:
    """The logit of vocabulary entry `token` at `position`, and the log2 of its probability."""
    logits = trace.logits_at(position)
    return float(logits[token]), float(logits.log_softmax(dim=-1)[token]) / float(torch.log(torch.tensor(2.0)))


def _effects(
    model: GPT, trace: GPTTrace, changes: list[Intervention], token: int, position: int
) -> Float[Tensor, "changes 2"]:
    before = torch.tensor(scored(trace, token, position=position))
    after = [scored(model.trace(trace.ids, change), token, position=position) for change in changes]
    return torch.tensor(after) - before


def head_effects(
    model: GPT, trace: GPTTrace, *, layer: int, token: int, position: int = -1, heads: Sequence[int] | None = None
) -> Float[Tensor, "heads 2"]:
    """What switching off each head of one layer does to a token: change of its logit, and of its log2 probability.

    Without `heads`, that of all its heads.
    """
    changes = [
        Intervention(heads_off={(layer, head)}) for head in (range(model.config.n_heads) if heads is None else heads)
    ]
    return _effects(model, trace, changes, token, position)


def part_effects(
    model: GPT, trace: GPTTrace, *, layer: int, token: int, position: int = -1, parts: Sequence[Part] = tuple(WITHOUT)
) -> Float[Tensor, "parts 2"]:
    """The same for each part of one layer; without `parts`, all of them in the order of `WITHOUT`."""
    return _effects(model, trace, [WITHOUT[part](layer) for part in parts], token, position)


def rivals(here: GPTTrace, there: GPTTrace) -> tuple[int, int]:
    """The token whose probability is most above, and the one whose is most below, in the other text's prediction."""
    gain = there.next_logits.softmax(dim=-1) - here.next_logits.softmax(dim=-1)
    return int(gain.argmax()), int(gain.argmin())


def moved_over(
    model: GPT,
    here: GPTTrace,
    there: GPTTrace,
    *,
    site: Site,
    layer: int,
    tokens: Sequence[int],
    rivals: tuple[int, int],
) -> Float[Tensor, " tokens"]:
    """How far each token's vector, taken from another text at one site, moves the last prediction towards that text's.

    Measured on the lead of one rival's logit over the other's: 0 = as in this text, 1 = as in the other. Both texts
    have the same number of tokens. Source: Meng et al. 2022, "Locating and Editing Factual Associations in GPT".
    """
    if here.ids.shape != there.ids.shape:
        raise ValueError(f"the texts have {len(here.ids)} and {len(there.ids)} tokens, and should have as many")
    vectors = at_site(there, site, layer)

    def lead(trace: GPTTrace) -> Float[Tensor, ""]:
        return trace.next_logits[rivals[0]] - trace.next_logits[rivals[1]]

    start, end = lead(here), lead(there)
    changes = (Intervention(patches=[Patch(site, layer, token, vectors[token])]) for token in tokens)
    leads = [lead(model.trace(here.ids, change)) for change in changes]
    return (torch.stack(leads) - start) / (end - start)


def at_site(trace: GPTTrace, site: Site, layer: int) -> Float[Tensor, "T emb_dim"]:
    """The vectors that a `Patch` at this site replaces."""
    block = trace.blocks[layer]
    parts = {"att.out": block.att.out, "ff.out": block.ff.out}
    return parts[site] if site in parts else getattr(block, site)


def with_token(ids: Int[Tensor, " T"], position: int, token: int) -> Int[Tensor, " T"]:
    """The same text with one token replaced, so that every other token keeps its place."""
    changed = ids.clone()
    changed[position] = token
    return changed
