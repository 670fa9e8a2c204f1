"""The same numbers on a second road: from the weights alone, by PyTorch's own functions.

`gpt_core.model` goes step by step, so that every step can be seen. Nothing of it is called here: only the weights are
shared, and a mistake on one road does not come back on the other. What a page shows must be what both roads give.
"""

from functools import partial
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from gpt_core.model.attention import SelfAttention
from gpt_core.model.block import Block
from gpt_core.model.gpt import GPT
from gpt_core.model.layer_norm import LayerNorm
from gpt_core.model.trace import GPTTrace


class Head(NamedTuple):
    """What one head computes for a whole text, in double precision."""

    queries: Float[Tensor, "query head_dim"]
    keys: Float[Tensor, "key head_dim"]
    weights: Float[Tensor, "query key"]
    context: Float[Tensor, "query head_dim"]


def embedded(model: GPT, ids: Int[Tensor, " T"]) -> Float[Tensor, "T emb_dim"]:
    """Row `id` of the token table plus row `i` of the position table."""
    return F.embedding(ids, model.embedding.tok_emb.weight) + model.embedding.pos_emb.weight[: len(ids)]


def layer_norm(part: LayerNorm, x: Float[Tensor, "T emb_dim"]) -> Float[Tensor, "T emb_dim"]:
    """`torch.layer_norm`; its ε of 1e-5 is the one that GPT-2 was trained with."""
    return F.layer_norm(x, x.shape[-1:], part.scale.to(x.dtype), part.shift.to(x.dtype))


def one_head(
    queries: Float[Tensor, "query head_dim"],
    keys: Float[Tensor, "key head_dim"],
    values: Float[Tensor, "key out_dim"],
    *,
    causal: bool,
) -> Head:
    """`scaled_dot_product_attention` in double precision; where every key has a value of its own, it gives weights."""
    q, k, v = (part.double()[None, None] for part in (queries, keys, values))
    one_each = torch.eye(len(keys), dtype=q.dtype)[None, None]
    weights, context = (F.scaled_dot_product_attention(q, k, given, is_causal=causal) for given in (one_each, v))
    return Head(q[0, 0], k[0, 0], weights[0, 0], context[0, 0])


def head_from_weights(model: GPT, trace: GPTTrace, layer: int, head: int) -> Head:
    """One head of the model, from the stream that enters its block."""
    block = model.blocks[layer]
    x = layer_norm(block.norm1, trace.blocks[layer].resid_pre.double())
    width = x.shape[-1] // block.att.n_heads
    own = slice(head * width, (head + 1) * width)
    parts = (block.att.W_query, block.att.W_key, block.att.W_value)
    return one_head(*(_linear(part, x, rows=own) for part in parts), causal=True)


def attention(part: SelfAttention, x: Float[Tensor, "T emb_dim"]) -> Float[Tensor, "T emb_dim"]:
    """All heads of a layer and the projection that joins them."""
    matrices = (part.W_query, part.W_key, part.W_value)
    q, k, v = (_linear(W, x).unflatten(-1, (part.n_heads, -1)).transpose(0, 1)[None] for W in matrices)
    context = F.scaled_dot_product_attention(q, k, v, is_causal=True)[0]
    return _linear(part.out_proj, context.transpose(0, 1).flatten(1))


def block_output(model: GPT, trace: GPTTrace, layer: int) -> Float[Tensor, "T emb_dim"]:
    """What leaves a block, from the stream that enters it."""
    return _through(model.blocks[layer], trace.blocks[layer].resid_pre)


def final_vectors(
    model: GPT, ids: Int[Tensor, " T"], activation: Literal["gelu", "relu", "silu"] = "gelu"
) -> Float[Tensor, "T emb_dim"]:
    """A whole forward pass, from the ids to what the output head reads."""
    x = embedded(model, ids)
    for block in model.blocks:
        x = _through(block, x, activation)
    return layer_norm(model.final_norm, x)


def encoder_layer(block: Block, x: Float[Tensor, "T emb_dim"], *, norm_first: bool) -> Float[Tensor, "T emb_dim"]:
    """A block as PyTorch's own encoder layer computes it, norms before the sub-layers or after the sums."""
    att, ff = block.att, block.ff
    matrices = (att.W_query, att.W_key, att.W_value)
    biases = [torch.zeros(len(W.weight)) if W.bias is None else W.bias for W in matrices]
    weights = {
        "self_attn.in_proj_weight": torch.cat([W.weight for W in matrices]),
        "self_attn.in_proj_bias": torch.cat(biases),
        "norm1.weight": block.norm1.scale,
        "norm1.bias": block.norm1.shift,
        "norm2.weight": block.norm2.scale,
        "norm2.bias": block.norm2.shift,
    }
    for name, part in (("self_attn.out_proj", att.out_proj), ("linear1", ff.up), ("linear2", ff.down)):
        weights |= {f"{name}.weight": part.weight, f"{name}.bias": part.bias}
    layer = nn.TransformerEncoderLayer(
        x.shape[-1],
        att.n_heads,
        len(ff.up.weight),
        dropout=0.0,
        activation=partial(F.gelu, approximate="tanh"),
        norm_first=norm_first,
        device="meta",
    )
    mask = torch.ones(len(x), len(x), dtype=torch.bool).triu(diagonal=1)
    return torch.func.functional_call(layer, weights, (x[:, None], mask))[:, 0]


def encoder_stack(model: GPT, ids: Int[Tensor, " T"], *, norm_first: bool) -> Float[Tensor, "T emb_dim"]:
    """What leaves the last block, all of them computed as PyTorch's own encoder layers."""
    x = embedded(model, ids)
    for block in model.blocks:
        x = encoder_layer(block, x, norm_first=norm_first)
    return x


def next_probs(model: GPT, final: Float[Tensor, " emb_dim"]) -> Float[Tensor, " vocab_size"]:
    """From one of `final_vectors`, the probability of every token to come next; the softmax in double precision."""
    return _linear(model.out_head, final).double().log_softmax(dim=-1).exp()


def _through(block: Block, x: Float[Tensor, "T emb_dim"], activation: str = "gelu") -> Float[Tensor, "T emb_dim"]:
    x = x + attention(block.att, layer_norm(block.norm1, x))
    wide = _linear(block.ff.up, layer_norm(block.norm2, x))
    others = F.relu(wide) if activation == "relu" else F.silu(wide)
    bent = F.gelu(wide, approximate="tanh") if activation == "gelu" else others
    return x + _linear(block.ff.down, bent)


def _linear(part: nn.Linear, x: Float[Tensor, "... inputs"], *, rows: slice = slice(None)) -> Float[Tensor, "... out"]:
    """`x @ weight.T + bias` of a layer's weights, or of some rows of them."""
    bias = None if part.bias is None else part.bias[rows].to(x.dtype)
    return F.linear(x, part.weight[rows].to(x.dtype), bias)
