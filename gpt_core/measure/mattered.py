"""Which words mattered for a prediction: left out one by one, exactly, and guessed at by gradient × input."""

from math import log

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gpt_core.model.gpt import GPT
from gpt_core.model.intervention import Intervention, Patch


def bits_lost(model: GPT, ids: Int[Tensor, " T"], *, token: int) -> Float[Tensor, " T"]:
    """For each token of the text: by how many bits `token` is less expected next where that one is left out.

    Exact: the shorter text is read again, and what came after the gap stands one position earlier. Below 0 where
    `token` is more expected without it. Of a text of one token nothing would be left: 0.
    """
    whole = _log2(model.trace(ids).next_logits, token)
    if len(ids) == 1:
        return torch.zeros(1)
    rest = [torch.cat([ids[:i], ids[i + 1 :]]) for i in range(len(ids))]
    return torch.stack([whole - _log2(model.trace(one).next_logits, token) for one in rest])


def gradient_times_input(model: GPT, ids: Int[Tensor, " T"], *, token: int) -> Float[Tensor, " T"]:
    """The same from one pass back: how the bits would change if they went on as they begin to, down to a zero vector.

    For each token its vector (without the position's) times the gradient with respect to what enters the first block.
    Source: Shrikumar et al. 2016, "Not Just a Black Box".
    """
    with torch.inference_mode(mode=False), torch.enable_grad():
        own_ids = ids.clone()  # a tensor made under inference_mode could not take part
        embedded = model.embedding.trace(own_ids)
        start = embedded.out.detach().clone().requires_grad_()
        itself = Intervention(patches={Patch("resid_pre", 0, i, vector) for i, vector in enumerate(start)})
        expected = _log2(model.trace(own_ids, itself).next_logits, token)
        (gradient,) = torch.autograd.grad(expected, start)
        return (gradient * embedded.token).sum(dim=-1).detach()


def _log2(logits: Float[Tensor, " vocab_size"], token: int) -> Float[Tensor, ""]:
    return logits.log_softmax(dim=-1)[token] / log(2)
