"""Neurons of the feed-forward network: each reads the stream in one direction and writes its own vector back to it."""

from dataclasses import dataclass
from math import pi, sqrt, tanh

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gpt_core.measure.activations import ACTIVATIONS, slope
from gpt_core.measure.lens import through_final_norm
from gpt_core.model.feed_forward import FeedForward
from gpt_core.model.gpt import GPT
from gpt_core.model.trace import GPTTrace

SILENT = 0.05  # an activation nearer to 0 than this counts as silent: ReLU makes zeros of them, GELU small numbers


def most_active(post: Float[Tensor, " ff_dim"], n: int) -> Int[Tensor, " n_neurons"]:
    """The neurons with the highest activations, the highest first; all of them where there are fewer than `n`."""
    return post.topk(min(n, len(post))).indices


def neuron_by_neuron(network: FeedForward, post: Float[Tensor, " ff_dim"]) -> Float[Tensor, " emb_dim"]:
    """What `down` computes, written out: every neuron's column times its activation, summed, and the bias."""
    return (post * network.down.weight).sum(dim=-1) + network.down.bias


def from_weights(
    network: FeedForward, x: Float[Tensor, " emb_dim"]
) -> tuple[Float[Tensor, " ff_dim"], Float[Tensor, " emb_dim"]]:
    """Activations and output once more from what the layer reads, by GELU's formula and neuron by neuron.

    gelu(x) = x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))); in double precision.
    """
    pre = network.up.weight.double() @ x.double() + network.up.bias.double()
    post = pre / 2 * (1 + torch.tanh(sqrt(2 / pi) * (pre + 0.044715 * pre**3)))
    return post, neuron_by_neuron(network, post)


def gelu_terms(x: float) -> tuple[float, float, float]:
    """Of one number: itself, what stands within the tanh, and GELU; by Python's own functions.

    >>> [round(term, 4) for term in gelu_terms(1.0)]
    [1.0, 0.8336, 0.8412]
    """
    inner = sqrt(2 / pi) * (x + 0.044715 * x**3)
    return x, inner, 0.5 * x * (1 + tanh(inner))


def written_lengths(network: FeedForward, post: Float[Tensor, "... ff_dim"]) -> Float[Tensor, "... ff_dim"]:
    """Length of the vector that each neuron adds to the stream."""
    return post.abs() * network.down.weight.norm(dim=0)


@dataclass(frozen=True)
class Push:
    """The tokens whose logits one neuron raises and lowers most, by how much; the strongest first."""

    up_ids: Int[Tensor, " n"]
    up: Float[Tensor, " n"]
    down_ids: Int[Tensor, " n"]
    down: Float[Tensor, " n"]


def direct_effects(
    model: GPT, trace: GPTTrace, *, layer: int, position: int, neuron: int
) -> Float[Tensor, " vocab_size"]:
    """What one neuron adds to every logit at `position`, straight through the final norm and the output head.

    What the neuron tells later layers is not counted: the effect is the direct one only.
    """
    written = trace.blocks[layer].ff.post[position, neuron] * model.blocks[layer].ff.down.weight[:, neuron]
    return model.out_head(through_final_norm(model, trace, written, position=position))


def push(model: GPT, trace: GPTTrace, *, layer: int, position: int, neuron: int, n: int = 8) -> Push:
    """The `n` tokens that a neuron pushes up most, and the `n` it pushes down most, by its direct effect."""
    effects = direct_effects(model, trace, layer=layer, position=position, neuron=neuron)
    up, down = effects.topk(n), effects.topk(n, largest=False)
    return Push(up.indices, up.values, down.indices, down.values)


@dataclass(frozen=True)
class ActivationSparsity:
    """Shares of a text's activations, over all its tokens, for each layer."""

    below_zero: Float[Tensor, " n_layers"]  # before the bend: what ReLU would make exactly 0
    silent: Float[Tensor, " n_layers"]  # after it: nearer to 0 than the threshold


def activation_sparsity(trace: GPTTrace, *, threshold: float = SILENT) -> ActivationSparsity:
    """How many neurons have nothing to say."""
    below = [(block.ff.pre < 0).float().mean() for block in trace.blocks]
    silent = [(block.ff.post.abs() < threshold).float().mean() for block in trace.blocks]
    return ActivationSparsity(torch.stack(below), torch.stack(silent))


def gelu_gap(pre: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The tanh form of GELU minus the exact one, at each number of `pre`."""
    return ACTIVATIONS["GELU (tanh)"](pre) - ACTIVATIONS["GELU (erf)"](pre)


def share_learning(pre: Float[Tensor, "*shape"]) -> dict[str, float]:
    """For each activation function, the share of these numbers at which its slope is not exactly 0."""
    return {name: float((slope(name, pre) != 0).float().mean()) for name in ACTIVATIONS}
