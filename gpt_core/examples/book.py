"""The book's worked examples, small enough to follow with a pencil: same inputs, same seeds, same numbers.

Raschka, "Build a Large Language Model (From Scratch)", chapters 2 to 5; each function names its section.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from gpt_core.examples.book_matrices import Version, inputs, trainable_matrices
from gpt_core.model.attention import attend, causal_mask, renormalised
from gpt_core.model.feed_forward import gelu
from gpt_core.model.seeding import seeded
from gpt_core.model.trace import AttentionTrace

WORDS = ("Your", "journey", "starts", "with", "one", "step")
JOURNEY = 1  # the query that the book follows
PROMPT = "Hello, I am"  # section 4.6; the model is `load_model("random-124m")`
NEXT_WORDS = ("closer", "every", "effort", "forward", "inches", "moves", "pizza", "toward", "you")  # section 5.3.1
TOKENIZER_TEXT = "Hello, do you like tea? <|endoftext|> In the sunlit terracesof someunknownPlace."  # section 2.5


@dataclass(frozen=True)
class SimpleAttention:
    """Self-attention without weights: every word is its own query, key and value. A row is a query."""

    inputs: Float[Tensor, "key dim"]
    products: Float[Tensor, "query key dim"]  # number by number; summed over `dim` they are the scores
    scores: Float[Tensor, "query key"]
    normalised_by_sum: Float[Tensor, "query key"]  # the book's first attempt at weights; fails for negative scores
    weights: Float[Tensor, "query key"]  # softmax
    context: Float[Tensor, "query dim"]


def simple_attention(words: Float[Tensor, "key dim"] | None = None) -> SimpleAttention:
    """Section 3.3, for the book's six words or for any vectors. No scaling yet: that comes with the weights."""
    x = inputs() if words is None else words
    products = x[:, None, :] * x[None, :, :]
    scores = x @ x.T
    weights = scores.softmax(dim=-1)
    return SimpleAttention(x, products, scores, scores / scores.sum(dim=-1, keepdim=True), weights, weights @ x)


def trainable_attention(version: Version = "parameters", *, causal: bool = False) -> AttentionTrace:
    """Sections 3.4 and 3.5: one head that turns three numbers into queries, keys and values of two.

    Section 3.5 masks the "linear" version. There is no output projection: `out` is the context.
    """
    x = inputs()
    queries, keys, values = ((x @ matrix)[None] for matrix in trainable_matrices(version))
    mask = causal_mask(len(x), len(x)) & causal
    scores, weights, context = attend(queries, keys, values, mask)
    return AttentionTrace(queries, keys, values, scores, weights, context, out=context[0], mask=mask)


def multi_head_attention() -> AttentionTrace:
    """Section 3.6.2: two causal heads of one number each, side by side, then the output projection (seed 123)."""
    x = inputs()
    with seeded(123):
        W_query, W_key, W_value = (nn.Linear(3, 2, bias=False).requires_grad_(requires_grad=False) for _ in range(3))
        out_proj = nn.Linear(2, 2).requires_grad_(requires_grad=False)
    queries, keys, values = (W(x).unflatten(-1, (2, 1)).transpose(-3, -2) for W in (W_query, W_key, W_value))
    mask = causal_mask(len(x), len(x))
    scores, weights, context = attend(queries, keys, values, mask)
    out = out_proj(context.transpose(-3, -2).flatten(-2))
    return AttentionTrace(queries, keys, values, scores, weights, context, out, mask)


@dataclass(frozen=True)
class CausalMask:
    """Two ways to the same matrix: mask the weights and renormalise, or put minus infinity before the softmax."""

    weights: Float[Tensor, "query key"]
    zeroed: Float[Tensor, "query key"]
    renormalised: Float[Tensor, "query key"]
    masked_scores: Float[Tensor, "query key"]
    minus_infinity: Float[Tensor, "query key"]


def causal_attention() -> CausalMask:
    """Section 3.5.1, on the "linear" attention."""
    free, masked = trainable_attention("linear"), trainable_attention("linear", causal=True)
    weights, mask = free.weights[0], masked.mask
    return CausalMask(
        weights, weights.masked_fill(mask, 0.0), renormalised(weights, mask), masked.masked[0], masked.weights[0]
    )


@dataclass(frozen=True)
class TokenEmbedding:
    """Picking rows of a table, and the same by multiplication: a one-hot row times the table."""

    table: Float[Tensor, "vocab_size emb_dim"]
    ids: Int[Tensor, " T"]
    one_hot: Float[Tensor, "T vocab_size"]
    rows: Float[Tensor, "T emb_dim"]  # the table's rows at `ids`
    product: Float[Tensor, "T emb_dim"]  # one_hot @ table


def token_embedding(ids: tuple[int, ...] = (2, 3, 5, 1)) -> TokenEmbedding:
    """Section 2.7: six words, three numbers each."""
    with seeded(123):
        table = nn.Embedding(6, 3).weight.detach()
    picked = torch.tensor(ids)
    one_hot = F.one_hot(picked, len(table)).float()
    return TokenEmbedding(table, picked, one_hot, table[picked], one_hot @ table)


@dataclass(frozen=True)
class LayerNormExample:
    """Two examples of six numbers, step by step. The book divides by n - 1 here, and by n in its LayerNorm."""

    inputs: Float[Tensor, "example 5"]
    layer_output: Float[Tensor, "example 6"]
    mean: Float[Tensor, "example 1"]
    unbiased_variance: Float[Tensor, "example 1"]
    biased_variance: Float[Tensor, "example 1"]
    normalised: Float[Tensor, "example 6"]  # by the unbiased variance, as printed in the book
    normalised_biased: Float[Tensor, "example 6"]


def layer_norm_example() -> LayerNormExample:
    """Section 4.2: a linear layer with ReLU, then mean 0 and variance 1 for each example."""
    with seeded(123):
        x = torch.randn(2, 5)
        layer = nn.Linear(5, 6).requires_grad_(requires_grad=False)
    out = layer(x).relu()
    mean = out.mean(dim=-1, keepdim=True)
    unbiased, biased = (out.var(dim=-1, keepdim=True, correction=n) for n in (1, 0))
    centred = out - mean
    return LayerNormExample(x, out, mean, unbiased, biased, centred / unbiased.sqrt(), centred / biased.sqrt())


@dataclass(frozen=True)
class DeepNetwork:
    """What each of five layers gave out, and the mean of its weights' absolute gradients, first layer first."""

    outputs: tuple[Float[Tensor, "example _"], ...]
    loss: float
    mean_abs_gradients: Float[Tensor, " layer"]


def deep_network(*, shortcuts: bool) -> DeepNetwork:
    """Section 4.4: five small layers with GELU; without shortcuts the gradient all but vanishes on its way back."""
    sizes = (3, 3, 3, 3, 3, 1)
    with torch.inference_mode(mode=False), torch.enable_grad():
        with seeded(123):
            layers = [nn.Linear(n_in, n_out) for n_in, n_out in pairwise(sizes)]
        x, outputs = torch.tensor([[1.0, 0.0, -1.0]]), []
        for layer in layers:
            bent = gelu(layer(x))
            x = x + bent if shortcuts and x.shape == bent.shape else bent
            outputs.append(x.detach())
        loss = F.mse_loss(x, torch.zeros(1, 1))
        gradients = torch.autograd.grad(loss, [layer.weight for layer in layers])
    return DeepNetwork(tuple(outputs), loss.item(), torch.stack([gradient.abs().mean() for gradient in gradients]))


def next_word_logits() -> Float[Tensor, " word"]:
    """Section 5.3.1: what might come after "every effort moves you", among nine words."""
    return torch.tensor([4.51, 0.89, -1.90, 6.75, 1.63, -1.62, -1.89, 6.28, 1.79])


def next_word_draws(
    probs: Float[Tensor, " word"] | None = None, *, n: int = 1000, seed: int = 123
) -> Int[Tensor, " word"]:
    """Section 5.3.1: how often each of the nine words is drawn in `n` draws, one after the other.

    Drawn from `probs`, or from the softmax of `next_word_logits`.

    >>> dict(zip(NEXT_WORDS, next_word_draws().tolist()))["forward"]
    582
    """
    probs = next_word_logits().softmax(dim=-1) if probs is None else probs
    generator = torch.Generator().manual_seed(seed)
    draws = [torch.multinomial(probs, 1, generator=generator) for _ in range(n)]
    return torch.bincount(torch.cat(draws), minlength=len(NEXT_WORDS))
