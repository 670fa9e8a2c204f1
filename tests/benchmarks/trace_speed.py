"""Our full trace against transformers' GPT-2 with attentions and hidden states: the same weights, taking turns.

    python -m tests.benchmarks.trace_speed --threads 1 --tokens 16 64 256 --rounds 15

Times are processor time unless `--clock wall`: on a busy machine that is what repeats (with one thread it is what a
clock on the wall would show on an idle one). Both sides do all they can before the clock starts.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median, quantiles

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from gpt_core import GPT, GPTConfig
from gpt_core.weights.translate import translate

CLOCKS = {"cpu": time.process_time, "wall": time.perf_counter}


def theirs_and_ours(config: GPTConfig) -> tuple[GPT2LMHeadModel, GPT]:
    """Random weights, held once in memory: ours are views of theirs."""
    settings = GPT2Config(
        vocab_size=config.vocab_size,
        n_positions=config.context_length,
        n_embd=config.emb_dim,
        n_head=config.n_heads,
        n_layer=config.n_layers,
    )
    settings._attn_implementation = "eager"
    theirs = GPT2LMHeadModel(settings).eval().requires_grad_(requires_grad=False)
    with torch.device("meta"):
        ours = GPT(config)
    state = translate(dict(theirs.state_dict()), {"n_heads": config.n_heads}, "memory").state
    ours.load_state_dict({**state, "out_head.weight": state["embedding.tok_emb.weight"]}, assign=True)
    ours.out_head.weight = ours.embedding.tok_emb.weight
    return theirs, ours.eval().requires_grad_(requires_grad=False)


def timed(calls: dict[str, Callable[[], object]], *, rounds: int, clock: Callable[[], float]) -> dict[str, list[float]]:
    """Milliseconds of each call, the calls taking turns; the first round is not counted."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            start = clock()
            call()
            if turn:
                times[name].append(1_000 * (clock() - start))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tokens", type=int, nargs="+", default=[16, 64, 128, 256])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--clock", choices=CLOCKS, default="cpu")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--width", type=int, default=768)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    config = GPTConfig(emb_dim=arguments.width, n_layers=arguments.layers, n_heads=arguments.width // 64)
    theirs, ours = theirs_and_ours(config)
    print(f"{config}\n{arguments.threads} threads, {arguments.clock} time in ms: median (p90), theirs / ours")
    for n_tokens in arguments.tokens:
        ids = torch.arange(n_tokens) * 97 % config.vocab_size
        calls = {
            "transformers": lambda ids=ids: theirs(ids[None], output_attentions=True, output_hidden_states=True).logits,
            "trace, all logits": lambda ids=ids: ours.trace(ids).logits,
            "trace, last logits": lambda ids=ids: ours.trace(ids).next_logits,
        }
        with torch.inference_mode():
            error = (calls["transformers"]()[0] - calls["trace, all logits"]()).abs().max().item()
            times = timed(calls, rounds=arguments.rounds, clock=CLOCKS[arguments.clock])
        print(f"T={n_tokens}, largest difference of a logit {error:.1e}")
        for name, found in times.items():
            ratio = median(times["transformers"]) / median(found)
            p90 = quantiles(found, n=10)[-1]
            print(f"  {name:20} {median(found):8.1f} ({p90:.1f})  {ratio:.2f}x")


if __name__ == "__main__":
    main()
