"""Layouts: how a GPT-2's tensors are called and which way its matrices lie, a table for each house."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from gpt_core.model.config import GPTConfig

Names = Mapping[str, tuple[str, ...]]  # a tensor's name there, and ours; three of ours: it is cut into three
QKV_WEIGHTS = ("att.W_query.weight", "att.W_key.weight", "att.W_value.weight")
QKV_BIASES = ("att.W_query.bias", "att.W_key.bias", "att.W_value.bias")
BIASES = (".bias", ".shift")  # what may be absent, all together: zeros do the same
TOKENS, POSITIONS, HEAD = "embedding.tok_emb.weight", "embedding.pos_emb.weight", "out_head.weight"


@dataclass(frozen=True)
class Layout:
    """One house's names. `turned` are stored inputs x outputs, where torch has outputs x inputs."""

    name: str
    around: Names
    block: str  # what stands before a name within a block; `{}` is its number
    within: Names
    turned: tuple[str, ...] = ()

    def wanted(self, n_layers: int) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every tensor of a model with so many blocks: its name there, and ours."""
        yield from self.around.items()
        for layer in range(n_layers):
            for name, ours in self.within.items():
                yield self.block.format(layer) + name, tuple(f"blocks.{layer}.{our}" for our in ours)

    def name_of(self, ours: str) -> str:
        """What a tensor of ours outside the blocks, or in the first block, is called there."""
        return next(name for name, parts in self.wanted(1) if ours in parts)


GPT2_AROUND = {
    "wte.weight": (TOKENS,),
    "wpe.weight": (POSITIONS,),
    "ln_f.weight": ("final_norm.scale",),
    "ln_f.bias": ("final_norm.shift",),
    "lm_head.weight": (HEAD,),
}
GPT2_WITHIN = {
    "ln_1.weight": ("norm1.scale",),
    "ln_1.bias": ("norm1.shift",),
    "attn.c_attn.weight": QKV_WEIGHTS,
    "attn.c_attn.bias": QKV_BIASES,
    "attn.c_proj.weight": ("att.out_proj.weight",),
    "attn.c_proj.bias": ("att.out_proj.bias",),
    "ln_2.weight": ("norm2.scale",),
    "ln_2.bias": ("norm2.shift",),
    "mlp.c_fc.weight": ("ff.up.weight",),
    "mlp.c_fc.bias": ("ff.up.bias",),
    "mlp.c_proj.weight": ("ff.down.weight",),
    "mlp.c_proj.bias": ("ff.down.bias",),
}
OURS_WITHIN = {
    **{f"norm{i}.{part}": (f"norm{i}.{part}",) for i in (1, 2) for part in ("scale", "shift")},
    **{name: (name,) for name in (*QKV_WEIGHTS, *QKV_BIASES, "att.out_proj.weight", "att.out_proj.bias")},
}
BOOK_AROUND = ("final_norm.scale", "final_norm.shift", HEAD)

HUGGING_FACE = Layout(  # transformers: GPT2LMHeadModel, whose Conv1D stores inputs x outputs
    "Hugging Face", GPT2_AROUND, "h.{}.", GPT2_WITHIN, turned=("c_attn.weight", "c_proj.weight", "c_fc.weight")
)
NANOGPT = Layout("nanoGPT", GPT2_AROUND, "h.{}.", GPT2_WITHIN)  # karpathy/nanoGPT, model.py: nn.Linear
BOOK = Layout(  # Raschka, section 4.6: GPTModel
    "Raschka",
    {"tok_emb.weight": (TOKENS,), "pos_emb.weight": (POSITIONS,), **{name: (name,) for name in BOOK_AROUND}},
    "trf_blocks.{}.",
    {
        **OURS_WITHIN,
        "ff.layers.0.weight": ("ff.up.weight",),
        "ff.layers.0.bias": ("ff.up.bias",),
        "ff.layers.2.weight": ("ff.down.weight",),
        "ff.layers.2.bias": ("ff.down.bias",),
    },
)
OURS = Layout(
    "gpt_core",
    {name: (name,) for name in (TOKENS, POSITIONS, *BOOK_AROUND)},
    "blocks.{}.",
    {
        **OURS_WITHIN,
        **{f"ff.{side}.{part}": (f"ff.{side}.{part}",) for side in ("up", "down") for part in ("weight", "bias")},
    },
)
LAYOUTS = (HUGGING_FACE, NANOGPT, BOOK, OURS)


def recognise(given: Mapping[str, Tensor]) -> Layout | None:
    """The layout that these names are of; where two houses call them the same, the joint matrix's shape tells."""
    named = [layout for layout in LAYOUTS if layout.name_of(TOKENS) in given and layout.name_of(POSITIONS) in given]
    if HUGGING_FACE not in named:
        return named[0] if named else None
    joint = given.get(HUGGING_FACE.block.format(0) + "attn.c_attn.weight")
    lies_otherwise = joint is not None and joint.ndim == 2 and joint.shape[0] == 3 * joint.shape[1]
    return NANOGPT if lies_otherwise else HUGGING_FACE


def n_blocks(given: Mapping[str, Tensor], layout: Layout) -> int:
    """How many blocks there are names for, from 0 on."""
    first = next(iter(layout.within))
    n = 0
    while layout.block.format(n) + first in given:
        n += 1
    return n


def shape_of(ours: str, config: GPTConfig) -> tuple[int, ...]:
    """The shape of one of our parameters, by the end of its name."""
    width, inner = config.emb_dim, config.ff_dim
    if ours in (TOKENS, HEAD):
        return config.vocab_size, width
    if ours == POSITIONS:
        return config.context_length, width
    if ours.endswith(".weight"):
        return {"up": (inner, width), "down": (width, inner)}.get(ours.split(".")[-2], (width, width))
    return (inner,) if ours.endswith("up.bias") else (width,)
