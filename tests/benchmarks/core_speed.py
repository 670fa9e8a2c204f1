"""The core against its limits, in one run: the bare matrix products of the same shapes, and the memory's speed.

    python -m tests.benchmarks.core_speed --threads 2

The weights lie as in GPT-2's own files (each matrix with its sides exchanged). Printed are ratios, with their goals: a
pass without logits and with all of them to the bare products in the faster of the two layouts; the speed of
decoding at a context of 256 to that at which memory could bring all weights; and the time of the whole logit lens.
All calls of a line take turns, and the fastest of each counts: on a shared machine that is what repeats.
"""

import argparse
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from gpt_core import GPT, GPTConfig
from gpt_core.measure.lens import lens_grid
from gpt_core.weights.fast_linear import accelerate, transposed_onednn_works
from tests.benchmarks.trace_speed import CLOCKS, theirs_and_ours, timed

LENS_AT = 64  # positions
CONTEXT = 256


def matrices(model: GPT) -> list[Tensor]:
    """All large matrices of the blocks, [outputs, inputs] as the model holds them."""
    layers = [layer for block in model.blocks for layer in block.modules()]
    return [layer.weight for layer in layers if isinstance(layer, torch.nn.Linear)]


def products(weights: list[Tensor], config: GPTConfig, n_tokens: int) -> Callable[[], None]:
    """The products of one pass and nothing else: weights, queries with keys, attention with values."""
    inputs = {width: torch.randn(n_tokens, width) for width in {weight.shape[1] for weight in weights}}
    heads = torch.randn(config.n_heads, n_tokens, config.emb_dim // config.n_heads)
    square = torch.randn(config.n_heads, n_tokens, n_tokens)

    def multiply() -> None:
        for weight in weights:
            F.linear(inputs[weight.shape[1]], weight)
        for _ in range(config.n_layers):
            torch.matmul(heads, heads.mT)
            torch.matmul(square, heads)

    return multiply


def fastest(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Milliseconds of each on the wall's clock."""
    return {name: min(found) for name, found in timed(calls, rounds=rounds, clock=CLOCKS["wall"]).items()}


def passes(model: GPT, config: GPTConfig, n_tokens: int, rounds: int) -> None:
    """A pass, without logits and with all of them, to the bare products."""
    ids = torch.arange(n_tokens) * 97 % config.vocab_size
    turned, straight = matrices(model), [weight.contiguous() for weight in matrices(model)]
    head, stream = model.out_head.weight, torch.randn(n_tokens, config.emb_dim)
    took = fastest(
        {
            "turned": products(turned, config, n_tokens),
            "straight": products(straight, config, n_tokens),
            "head": partial(F.linear, stream, head),
            "trace": partial(model.trace, ids),
            "all logits": lambda: model.trace(ids).logits,
        },
        rounds,
    )
    bare = min(took["turned"], took["straight"])
    print(
        f"T={n_tokens:3}: bare products {bare:6.1f} ms (turned {took['turned']:.1f}, straight {took['straight']:.1f}); "
        f"pass without logits {took['trace']:6.1f} ms, {took['trace'] / bare:.2f} x (goal 1.15); "
        f"with all logits {took['all logits']:6.1f} ms, {took['all logits'] / (bare + took['head']):.2f} x (goal 1.2)"
    )


def decoding(model: GPT, config: GPTConfig, rounds: int) -> None:
    """One more token at a context of 256, to what it takes to bring all weights from memory once."""
    ids = torch.arange(CONTEXT) * 97 % config.vocab_size
    past = model.trace(ids).kv_cache
    weights = [*matrices(model), model.out_head.weight]
    took = fastest(
        {
            "read": lambda: [weight.sum() for weight in weights],
            "decode": lambda: model.trace(ids[-1:], past=past).next_logits,
        },
        rounds,
    )
    print(
        f"decoding at {CONTEXT}: {1000 / took['decode']:.1f} tokens a second; memory would allow "
        f"{1000 / took['read']:.1f}: {took['read'] / took['decode']:.2f} of it (goal 0.6)"
    )


def lens(model: GPT, config: GPTConfig) -> None:
    """All stations and positions of the logit lens."""
    trace = model.trace(torch.arange(LENS_AT) * 97 % config.vocab_size)
    took = fastest({"lens": lambda: lens_grid(model, trace)}, 3)
    print(f"logit lens, {2 * config.n_layers + 1} stations x {LENS_AT} positions: {took['lens']:.0f} ms (goal 300)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tokens", type=int, nargs="+", default=[16, 64, 256])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--width", type=int, default=768)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    config = GPTConfig(emb_dim=asked.width, n_layers=asked.layers, n_heads=asked.width // 64)
    _theirs, model = theirs_and_ours(config)
    accelerate(model)
    amx = torch.cpu._is_amx_tile_supported()
    print(f"{config}\n{asked.threads} threads; AMX {amx}; exchanged sides by oneDNN {transposed_onednn_works()}")
    with torch.inference_mode():
        for n_tokens in asked.tokens:
            passes(model, config, n_tokens, asked.rounds)
        decoding(model, config, asked.rounds)
        lens(model, config)


if __name__ == "__main__":
    main()
