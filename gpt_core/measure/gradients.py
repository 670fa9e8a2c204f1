"""How the surprise at the next token reaches back through the blocks: with shortcuts it arrives, without it fades."""

from dataclasses import dataclass, replace
from math import log

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from gpt_core.model.gpt import GPT
from gpt_core.model.intervention import Intervention, Patch


@dataclass(frozen=True)
class StreamGradients:
    """The gradient of the loss with respect to the residual stream, at each station.

    Station 0 is what enters the first block, station n what leaves the n-th.
    """

    loss: float  # mean surprise at the next token, in nats
    gradients: Float[Tensor, "station T emb_dim"]

    @property
    def bits(self) -> float:
        """The mean surprise in bits: how many yes-or-no questions the next token was worth."""
        return self.loss / log(2)

    @property
    def norms(self) -> Float[Tensor, "station T"]:
        """Length of the gradient at each station and token. The last token has no next token: 0 there at the end."""
        return self.gradients.norm(dim=-1)

    @property
    def mean_abs(self) -> Float[Tensor, " station"]:
        """One number per station, as the book's print_gradients has it for weights."""
        return self.gradients.abs().mean(dim=(-2, -1))


def gradients_by_layer(model: GPT, ids: Int[Tensor, " T"], intervention: Intervention | None = None) -> StreamGradients:
    """Run the model forwards and backwards; `without_shortcuts(n_layers)` shows what the shortcuts are for.

    The model is neither changed nor told: its parameters need no gradient and get none. What is followed backwards is
    the stream, which enters the first block as a patch of itself.

    Raises:
        ValueError: fewer than two ids, or whatever `GPT.trace` refuses.
    """
    if len(ids) < 2:
        raise ValueError(f"{len(ids)} tokens: at least two are needed, one to read and one to be surprised at")
    change = intervention or Intervention()
    with torch.inference_mode(mode=False), torch.enable_grad():
        own_ids = ids.clone()  # a tensor made under inference_mode could not take part
        embedded = model.embedding.trace(own_ids, positions=not change.positions_off).out
        start = change.patched(embedded, "resid_pre", 0).detach().requires_grad_()
        elsewhere = {patch for patch in change.patches if (patch.site, patch.layer) != ("resid_pre", 0)}
        itself = {Patch("resid_pre", 0, token, vector) for token, vector in enumerate(start)}
        trace = model.trace(own_ids, replace(change, patches=elsewhere | itself))
        loss = F.cross_entropy(trace.logits[:-1], own_ids[1:])
        stream = [*(block.resid_pre for block in trace.blocks), trace.blocks[-1].resid_post]
        gradients = torch.autograd.grad(loss, stream)
    return StreamGradients(loss.item(), torch.stack(gradients))


def without_shortcuts(n_layers: int) -> Intervention:
    """Every shortcut of every block cut: each sub-layer's result replaces the stream instead of being added to it."""
    return Intervention(shortcuts_off={(layer, which) for layer in range(n_layers) for which in (1, 2)})
