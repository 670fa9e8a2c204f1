"""What if? A change to one forward pass, written down as data: what is switched off, what is replaced."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Literal, get_args

from jaxtyping import Float
from torch import Tensor

from gpt_core.config import GPTConfig

Place = Literal["resid_pre", "att.out", "resid_mid", "ff.out", "resid_post"]
FINAL = -1  # the layer number of the norm after the last block


@dataclass(frozen=True, eq=False)
class Patch:
    """Replace one token's vector at one place of one block, usually by that of another trace."""

    place: Place
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
    patches: Collection[Patch] = frozenset()

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self) if field.name != "positions_off"):
            object.__setattr__(self, name, frozenset(getattr(self, name)))

    def __bool__(self) -> bool:
        """False when it changes nothing."""
        return any(getattr(self, field.name) for field in fields(self))

    @property
    def cacheable(self) -> bool:
        """Whether earlier tokens stay as they are when later ones come: not with the mask off or with patches."""
        return not (self.mask_off or self.patches)

    def check(self, config: GPTConfig) -> None:
        """Raise ValueError for a layer, head, norm, shortcut or place that a model of this size does not have."""
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
        for patch in self.patches:
            if patch.place not in get_args(Place) or patch.layer not in layers or patch.token < 0:
                raise ValueError(f"no place {patch.place!r}, layer {patch.layer}, token {patch.token} in this model")
            if patch.vector.shape != (config.emb_dim,):
                raise ValueError(f"a patch has shape {tuple(patch.vector.shape)}, expected ({config.emb_dim},)")

    def patched(self, x: Float[Tensor, "... T emb_dim"], place: Place, layer: int) -> Float[Tensor, "... T emb_dim"]:
        """`x`, or a copy of it in which the patched tokens' vectors are replaced."""
        here = [patch for patch in self.patches if (patch.place, patch.layer) == (place, layer)]
        if not here:
            return x
        copy = x.clone()
        for patch in here:
            if patch.token >= x.shape[-2]:
                raise ValueError(f"a patch names token {patch.token}, but there are {x.shape[-2]} tokens")
            copy[..., patch.token, :] = patch.vector
        return copy


NOTHING = Intervention()
