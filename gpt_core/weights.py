"""From a file to a model: published names become ours, and nothing is taken on trust."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from gpt_core import packing
from gpt_core.config import GPTConfig
from gpt_core.gpt import GPT

MODEL_FILE, CONFIG_FILE = "model.safetensors", "config.json"
DTYPES = (torch.float32, torch.float16, torch.bfloat16)
SETTINGS = {  # what GPT-2 files may say of themselves; anything else is another model
    "model_type": "gpt2",
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
}

# Names in published GPT-2 files, within a block and around the blocks, and ours. Three names: cut into three.
BLOCK_NAMES = {
    "ln_1.weight": ("norm1.scale",),
    "ln_1.bias": ("norm1.shift",),
    "attn.c_attn.weight": ("att.W_query.weight", "att.W_key.weight", "att.W_value.weight"),
    "attn.c_attn.bias": ("att.W_query.bias", "att.W_key.bias", "att.W_value.bias"),
    "attn.c_proj.weight": ("att.out_proj.weight",),
    "attn.c_proj.bias": ("att.out_proj.bias",),
    "ln_2.weight": ("norm2.scale",),
    "ln_2.bias": ("norm2.shift",),
    "mlp.c_fc.weight": ("ff.up.weight",),
    "mlp.c_fc.bias": ("ff.up.bias",),
    "mlp.c_proj.weight": ("ff.down.weight",),
    "mlp.c_proj.bias": ("ff.down.bias",),
}
NAMES = {
    "wte.weight": ("embedding.tok_emb.weight",),
    "wpe.weight": ("embedding.pos_emb.weight",),
    "ln_f.weight": ("final_norm.scale",),
    "ln_f.bias": ("final_norm.shift",),
}
TURNED = ("c_attn.weight", "c_proj.weight", "c_fc.weight")  # stored inputs x outputs; torch's Linear: outputs x inputs
HEAD = "lm_head.weight"
BUFFERS = (".attn.bias", ".attn.masked_bias")  # old files carry their causal mask along


class WeightsError(ValueError):
    """A model file that is not what it should be. The message names the file, what came and what was wanted."""


def load_folder(folder: Path, *, sha256: str | None = None) -> GPT:
    """A GPT from `config.json` and `model.safetensors` in the Hugging Face GPT-2 layout, or packed by `packing`.

    Weights stay mapped to the file where they are float32: loading reads only the header.

    Args:
        folder: where the two files are.
        sha256: the digest the weights must have; None leaves that unchecked (finiteness is always checked).

    Raises:
        WeightsError: a file is missing, unreadable, of another kind, or holds other names, shapes or numbers.
    """
    config = read_config(folder / CONFIG_FILE)
    path = folder / MODEL_FILE
    refuse_other_formats(path)
    if sha256 is not None:
        check_digest(path, sha256)
    tensors, metadata = read_tensors(path)
    check_finite(path)
    if metadata.get("format") == packing.FORMAT:
        return build(config, packing.unpack(tensors, config), path)
    return build(config, renamed(tensors, config, path), path)


def read_config(path: Path) -> GPTConfig:
    """Sizes from a GPT-2 `config.json`; a setting this code does not compute is refused, not ignored."""
    try:
        settings = json.loads(path.read_text("utf-8"))
        for name, wanted in SETTINGS.items():
            if settings.get(name, wanted) != wanted:
                raise WeightsError(f"{path.name} says {name}={settings[name]!r}, but this is a GPT with {wanted!r}")
        return GPTConfig(
            vocab_size=settings["vocab_size"],
            context_length=settings["n_positions"],
            emb_dim=settings["n_embd"],
            n_heads=settings["n_head"],
            n_layers=settings["n_layer"],
            qkv_bias=settings.get("qkv_bias", True),
            tied_head=settings.get("tie_word_embeddings", True),
        )
    except OSError as error:
        raise WeightsError(f"{path.name} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, WeightsError):
            raise
        raise WeightsError(f"{path.name} is not a GPT-2 configuration: {error!r}") from error


def refuse_other_formats(path: Path) -> None:
    """Look at a file's ending and first bytes; a pickle is refused without being opened by anything."""
    if path.suffix != ".safetensors":
        raise WeightsError(f"{path.name}: only .safetensors files are read, never pickles (.bin, .pt, .ckpt)")
    try:
        with path.open("rb") as file:
            first = file.read(64)
    except OSError as error:
        raise WeightsError(f"{path.name} cannot be read: {error.strerror}") from error
    kinds = {b"PK\x03\x04": "a zipped pickle", b"\x80": "a pickle", b"version https://git-lfs": "a Git LFS pointer"}
    kinds |= {b"<": "a web page"}
    for start, kind in kinds.items():
        if first.lstrip().startswith(start) and first[8:9] != b"{":
            raise WeightsError(f"{path.name} holds {kind} instead of safetensors weights")


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Mapped tensors and metadata. safetensors accepts a header that names a tensor twice; this does not."""
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path.name} is not a whole safetensors file: {error}") from error
    with path.open("rb") as file:
        header = file.read(int.from_bytes(file.read(8), "little"))
    names = [name for name, _ in json.loads(header, object_pairs_hook=list)]
    if len(names) != len(set(names)):
        raise WeightsError(f"{path.name} names a tensor twice in its header")
    return tensors, metadata


def check_digest(path: Path, sha256: str) -> None:
    """Raise WeightsError unless the file's SHA-256 is `sha256`. Each version of a file is read once a process."""
    found = _digest(path, path.stat().st_mtime_ns, path.stat().st_size)
    if found != sha256:
        raise WeightsError(f"{path.name}: SHA-256 is {found[:12]}…, expected {sha256[:12]}…")


@lru_cache
def _digest(path: Path, changed: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_finite(path: Path) -> None:
    """Raise WeightsError if any number in the file is NaN or infinite. Once a process for each version of a file."""
    name = _not_finite(path, path.stat().st_mtime_ns, path.stat().st_size)
    if name is not None:
        raise WeightsError(f"{path.name}: {name} holds NaN or infinite numbers")


@lru_cache
def _not_finite(path: Path, changed: int, size: int) -> str | None:
    for name, tensor in read_tensors(path)[0].items():
        if tensor.is_floating_point() and not name.endswith(BUFFERS) and not tensor.sum(dtype=torch.float32).isfinite():
            return name
    return None


def renamed(tensors: dict[str, Tensor], config: GPTConfig, path: Path) -> dict[str, Tensor]:
    """Published names and layouts to ours. Views only: nothing is copied, so mapped weights stay mapped."""
    given = {name.removeprefix("transformer."): t for name, t in tensors.items() if not name.endswith(BUFFERS)}
    table = {name: ("", ours) for name, ours in NAMES.items()}
    for layer in range(config.n_layers):
        table |= {f"h.{layer}.{name}": (f"blocks.{layer}.", ours) for name, ours in BLOCK_NAMES.items()}
    if not config.tied_head:
        table[HEAD] = ("", ("out_head.weight",))
    state = {}
    for name, (block, ours) in table.items():
        if name not in given:
            raise WeightsError(f"{path.name} lacks {name}")
        tensor = given.pop(name)
        if tensor.ndim == 0 or tensor.shape[-1] % len(ours):
            raise WeightsError(f"{path.name}: {name} of shape {tuple(tensor.shape)} cannot be cut into {len(ours)}")
        columns = tensor.chunk(len(ours), dim=-1)
        turned = [column.mT if name.endswith(TURNED) and column.ndim == 2 else column for column in columns]
        state |= {block + our: piece for our, piece in zip(ours, turned, strict=True)}
    if config.tied_head:
        given.pop(HEAD, None)  # some files repeat the token table under this name
    if given:
        raise WeightsError(f"{path.name} holds {min(given)}, which a GPT-2 of this size does not have")
    return state


def build(config: GPTConfig, state: dict[str, Tensor], path: Path) -> GPT:
    """Put a checked state into a model that computes and is never trained: every name, shape and dtype must fit."""
    with torch.device("meta"):
        model = GPT(config)
    wanted = model.state_dict()
    if config.tied_head:
        state = state | {"out_head.weight": state["embedding.tok_emb.weight"]}
    for name, expected in wanted.items():
        if name not in state:
            raise WeightsError(f"{path.name} lacks {name}")
        found = state[name]
        if found.shape != expected.shape:
            raise WeightsError(f"{path.name}: {name} has shape {tuple(found.shape)}, expected {tuple(expected.shape)}")
        if found.dtype not in DTYPES:
            raise WeightsError(f"{path.name}: {name} is {found.dtype}, expected one of {DTYPES}")
    model.load_state_dict({name: state[name].float() for name in wanted}, assign=True)
    if config.tied_head:
        model.out_head.weight = model.embedding.tok_emb.weight
    return model.eval().requires_grad_(requires_grad=False)
