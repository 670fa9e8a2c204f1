"""How long a model takes to load, part by part: checks that are made once a process, and mapping and building.

    python -m tests.benchmarks.loading --rounds 15

GPT-2's size with random weights, written to a temporary folder in the Hugging Face layout; then the bundled models.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median, quantiles

import torch
from safetensors.torch import save_file

from gpt_core import GPTConfig, load_model
from gpt_core.weights.catalogue import CATALOGUE, folder_of
from gpt_core.weights.folder import load_folder
from gpt_core.weights.layouts import GPT2_WITHIN
from gpt_core.weights.model_file import MODEL_FILE, check_digest, check_finite
from tests.model_folders import set_config, write


def gpt2_sized(folder: Path) -> Path:
    """The names and shapes of GPT-2 124M, its numbers random."""
    config = GPTConfig()
    write(folder)
    sizes = {"n_positions": 1_024, "n_embd": config.emb_dim, "n_head": 12, "n_layer": 12, "vocab_size": 50_257}
    set_config(folder, **sizes)
    width, ff_dim = config.emb_dim, config.ff_dim
    shapes = {"attn.c_attn.weight": (width, 3 * width), "attn.c_attn.bias": (3 * width,)}
    shapes |= {"attn.c_proj.weight": (width, width), "mlp.c_fc.weight": (width, ff_dim), "mlp.c_fc.bias": (ff_dim,)}
    shapes |= {"mlp.c_proj.weight": (ff_dim, width)}
    tensors = {"wte.weight": torch.randn(50_257, width), "wpe.weight": torch.randn(1_024, width)}
    tensors |= {name: torch.randn(width) for name in ("ln_f.weight", "ln_f.bias")}
    for layer in range(config.n_layers):
        tensors |= {f"h.{layer}.{name}": torch.randn(shapes.get(name, (width,))) for name in GPT2_WITHIN}
    save_file(tensors, folder / MODEL_FILE)
    return folder


def milliseconds(call: Callable[[], object], rounds: int) -> str:
    times = []
    for _ in range(rounds):
        start = time.perf_counter(), time.process_time()
        call()
        times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    wall, cpu = ([1_000 * pair[i] for pair in times] for i in (0, 1))
    p90 = quantiles(wall, n=10)[-1] if rounds > 1 else wall[0]
    return f"{median(wall):8.1f} ms ({p90:.1f}), processor {median(cpu):.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    print("median (p90)")
    with tempfile.TemporaryDirectory() as name:
        folder = gpt2_sized(Path(name))
        path = folder / MODEL_FILE
        print(f"first use of safetensors     {milliseconds(lambda: load_folder(write(Path(name) / 'tiny')), 1)}")
        print(f"finiteness of 498 MB, once   {milliseconds(lambda: check_finite(path), 1)}")
        digest = "0" * 64

        def digested() -> None:
            with suppress(ValueError):
                check_digest(path, digest)

        print(f"SHA-256 of 498 MB, once      {milliseconds(digested, 1)}")
        print(f"map and build GPT-2 124M     {milliseconds(lambda: load_folder(folder), rounds)}")
    for model in CATALOGUE.values():
        if folder_of(model) is not None:
            print(f"{model.name:28} {milliseconds(lambda model=model: load_model(model.name), rounds)}")


if __name__ == "__main__":
    main()
