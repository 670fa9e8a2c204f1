"""Model folders in the Hugging Face layout, really written to disk by the library they come from, then spoilt."""

import json
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from gpt_core import GPTConfig
from gpt_core.model.seeding import seeded
from tests.conftest import TINY


def random_gpt2(config: GPTConfig = TINY, seed: int = 5) -> GPT2LMHeadModel:
    """transformers' own GPT-2, every parameter random: biases too, or a forgotten one would go unnoticed."""
    settings = GPT2Config(
        vocab_size=config.vocab_size,
        n_positions=config.context_length,
        n_embd=config.emb_dim,
        n_head=config.n_heads,
        n_layer=config.n_layers,
        tie_word_embeddings=config.tied_head,
        bos_token_id=config.vocab_size - 1,
        eos_token_id=config.vocab_size - 1,
    )
    with seeded(seed):
        settings._attn_implementation = "eager"
        model = GPT2LMHeadModel(settings)
        for name, parameter in model.named_parameters():
            parameter.data.normal_(1.0 if ".ln_" in name and name.endswith("weight") else 0.0, 0.2)
    return model.eval().requires_grad_(requires_grad=False)


def write(folder: Path, *, prefix: str = "transformer.", **changes: Tensor | None) -> Path:
    """A tiny model in `folder`, with tensors replaced, added or (None) left out. Names as in `state_dict`."""
    random_gpt2().save_pretrained(folder)
    path = folder / "model.safetensors"
    tensors = load_file(path) | changes
    kept = {name.replace("transformer.", prefix): t.clone() for name, t in tensors.items() if t is not None}
    save_file(kept, path)
    return folder


def set_config(folder: Path, **settings: object) -> Path:
    """Change `config.json`."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | settings), "utf-8")
    return folder


def with_header(folder: Path, edit) -> Path:
    """Rewrite the header of the weights as text; `edit` takes and returns it."""
    path = folder / "model.safetensors"
    raw = path.read_bytes()
    n_header = int.from_bytes(raw[:8], "little")
    header = edit(raw[8 : 8 + n_header].decode()).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(len(header).to_bytes(8, "little") + header + raw[8 + n_header :])
    return folder
