"""What if? A change to one forward pass, written down as data: what is switched off, what is replaced."""

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Literal, TypeVar, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from gpt_core.model.config import GPTConfig
from gpt_core.model.trace import AttentionTrace, FeedForwardTrace

Site = Literal["resid_pre", "att.out", "resid_mid", "ff.out", "resid_post"]
Activation = Literal["relu", "silu"]
FINAL = -1  # the layer number of the norm after the last block

SubLayer = TypeVar("SubLayer", AttentionTrace, FeedForwardTrace)


@dataclass(frozen=True, eq=False)
class Patch:
    """Replace one token's vector at one site of one block, usually by that of another trace."""

    site: Site
    layer: int
    token: int
    vector: Float[Tensor, " emb_dim"]


@dataclass(frozen=True)
class Intervention:
    """Frozen, and passed to `GPT.trace` each time: nothing is ever changed on the model itself.

    >>> Intervention(heads_off={(0, 1)}) == Intervention(heads_off=[(0, 1)])
    True
    """

    heads_off: Collection[tuple[int, int]] = frozenset()  # (layer, head): its context vectors are zeros
    attention_off: Collection[int] = frozenset()  # layers whose attention adds nothing to the stream
    feed_forward_off: Collection[int] = frozenset()  # layers whose feed-forward adds nothing to the stream
    norms_off: Collection[tuple[int, int]] = frozenset()  # (layer, 1 or 2), or (FINAL, 1): hands its input on unchanged
    shortcuts_off: Collection[tuple[int, int]] = frozenset()  # (layer, 1 or 2): the sub-layer replaces the stream
    mask_off: Collection[int] = frozenset()  # layers in which a token may see the later ones
    positions_off: bool = False  # zeros instead of position vectors
    heads_times: Collection[tuple[int, int, float]] = (
        frozenset()
    )  # (layer, head, factor): its context vectors, multiplied
    activation: Activation | None = None  # what every feed-forward bends with, in place of GELU
    patches: Collection[Patch] = frozenset()

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self) if field.name not in ("positions_off", "activation")):
            object.__setattr__(self, name, frozenset(getattr(self, name)))

    def __bool__(self) -> bool:
        """False when it changes nothing."""
        return any(getattr(self, field.name) for field in fields(self))

    @property
    def cacheable(self) -> bool:
        """Whether earlier tokens stay as they are when later ones come: not with the mask off or with patches."""
        return not (self.mask_off or self.patches)

    def check(self, config: GPTConfig) -> None:
        """Raise ValueError for a layer, head, norm, shortcut or site that a model of this size does not have."""
        layers, either = range(config.n_layers), (1, 2)
        heads = {(layer, head) for layer in layers for head in range(config.n_heads)}
        norms = {(layer, norm) for layer in layers for norm in either}
        allowed = {"heads_off": heads, "norms_off": norms | {(FINAL, 1)}, "shortcuts_off": norms}
        allowed |= {name: set(layers) for name in ("attention_off", "feed_forward_off", "mask_off")}
        for name, parts in allowed.items():
            for part in getattr(self, name) - parts:
                raise ValueError(
                    f"{name} has {part}, which is not in a model of {config.n_layers} layers and {config.n_heads} heads"
                )
        for layer, head, factor in self.heads_times:
            if (layer, head) not in heads or not isfinite(factor):
                raise ValueError(
                    f"heads_times has {(layer, head, factor)}, which is not a head of this model and a factor"
                )
        if self.activation is not None and self.activation not in get_args(Activation):
            raise ValueError(f"activation={self.activation!r} is none of {get_args(Activation)}")
        for patch in self.patches:
            if patch.site not in get_args(Site) or patch.layer not in layers or patch.token < 0:
                raise ValueError(f"no site {patch.site!r}, layer {patch.layer}, token {patch.token} in this model")
            if patch.vector.shape != (config.emb_dim,):
                raise ValueError(f"a patch has shape {tuple(patch.vector.shape)}, expected ({config.emb_dim},)")

    def at(self, layer: int) -> "LayerIntervention":
        """What is changed in the block number `layer`."""
        return LayerIntervention(self, layer)

    def patched(self, x: Float[Tensor, "... T emb_dim"], site: Site, layer: int) -> Float[Tensor, "... T emb_dim"]:
        """`x`, or a copy of it in which the patched tokens' vectors are replaced."""
        here = [patch for patch in self.patches if (patch.site, patch.layer) == (site, layer)]
        if not here:
            return x
        copy = x.clone()
        for patch in here:
            if patch.token >= x.shape[-2]:
                raise ValueError(f"a patch names token {patch.token}, but there are {x.shape[-2]} tokens")
            copy[..., patch.token, :] = patch.vector
        return copy


NOTHING = Intervention()


@dataclass(frozen=True)
class LayerIntervention:
    """An intervention as one block meets it on its way: what to skip, what to silence, what to put in its place."""

    whole: Intervention
    layer: int

    @property
    def causal(self) -> bool:
        """Whether this layer's attention keeps its mask."""
        return self.layer not in self.whole.mask_off

    @property
    def heads_off(self) -> tuple[int, ...]:
        """The heads of this layer whose context vectors are zeros."""
        return tuple(head for layer, head in self.whole.heads_off if layer == self.layer)

    @property
    def heads_times(self) -> dict[int, float]:
        """By how much the context vectors of some heads of this layer are multiplied."""
        return {head: factor for layer, head, factor in self.whole.heads_times if layer == self.layer}

    def skips_norm(self, which: int) -> bool:
        """Whether norm 1 or 2 hands its input on unchanged."""
        return (self.layer, which) in self.whole.norms_off

    def enter(self, x: Float[Tensor, "... T emb_dim"]) -> Float[Tensor, "... T emb_dim"]:
        """The stream as the block reads it."""
        return self.whole.patched(x, "resid_pre", self.layer)

    def output(self, sub_layer: SubLayer) -> SubLayer:
        """A sub-layer's trace with the output it adds to the stream: its own, zeros, or what is patched in."""
        attends = isinstance(sub_layer, AttentionTrace)
        off = self.whole.attention_off if attends else self.whole.feed_forward_off
        out = zeroed(sub_layer.out) if self.layer in off else sub_layer.out
        return replace(sub_layer, out=self.whole.patched(out, "att.out" if attends else "ff.out", self.layer))

    def add(
        self, stream: Float[Tensor, "... T emb_dim"], out: Float[Tensor, "... T emb_dim"], *, shortcut: int
    ) -> Float[Tensor, "... T emb_dim"]:
        """`stream + out`; without the shortcut, `out` alone."""
        added = out if (self.layer, shortcut) in self.whole.shortcuts_off else stream + out
        return self.whole.patched(added, "resid_mid" if shortcut == 1 else "resid_post", self.layer)


def zeroed(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Zeros instead of `x`, but still computed from it, so that a gradient can be asked for (and is 0)."""
    return x.masked_fill(torch.ones_like(x, dtype=torch.bool), 0.0)
