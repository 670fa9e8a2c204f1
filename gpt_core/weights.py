"""From a file to a model: published names become ours, and every one of them must be there and fit."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from gpt_core import packing
from gpt_core.config import GPTConfig
from gpt_core.gpt import GPT
from gpt_core.model_file import (
    BUFFERS,
    CONFIG_FILE,
    MODEL_FILE,
    WeightsError,
    check_digest,
    check_finite,
    read_config,
    read_tensors,
    refuse_other_formats,
)

DTYPES = (torch.float32, torch.float16, torch.bfloat16)

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
TABLE, HEAD = "wte.weight", "lm_head.weight"


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
        try:
            return build(config, packing.unpack(tensors, config), path)
        except ValueError as error:
            raise WeightsError(f"{path.name}: {error}") from error
    return build(config, renamed(tensors, config, path), path)


def renamed(tensors: dict[str, Tensor], config: GPTConfig, path: Path) -> dict[str, Tensor]:
    """Published names and layouts to ours. Views only: nothing is copied, so mapped weights stay mapped."""
    given = {name.removeprefix("transformer."): t for name, t in tensors.items() if not name.endswith(BUFFERS)}
    if config.tied_head and HEAD in given and TABLE in given and not torch.equal(given.pop(HEAD), given[TABLE]):
        raise WeightsError(f"{path.name}: {HEAD} is not {TABLE}, although the configuration ties them")
    state = {}
    for name, ours in _wanted(config):
        if name not in given:
            raise WeightsError(f"{path.name} lacks {name}")
        tensor = given.pop(name)
        if tensor.ndim == 0 or tensor.shape[-1] % len(ours):
            raise WeightsError(f"{path.name}: {name} of shape {tuple(tensor.shape)} cannot be cut into {len(ours)}")
        columns = tensor.chunk(len(ours), dim=-1)
        turned = [column.mT if name.endswith(TURNED) and column.ndim == 2 else column for column in columns]
        state |= dict(zip(ours, turned, strict=True))
    if given:
        raise WeightsError(f"{path.name} holds {min(given)}, which a GPT-2 of this size does not have")
    return state


def _wanted(config: GPTConfig) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from NAMES.items()
    for layer in range(config.n_layers):
        for name, ours in BLOCK_NAMES.items():
            yield f"h.{layer}.{name}", tuple(f"blocks.{layer}.{our}" for our in ours)
    if not config.tied_head:
        yield HEAD, ("out_head.weight",)


def build(config: GPTConfig, state: dict[str, Tensor], path: Path) -> GPT:
    """Put a checked state into a model that computes and is never trained: every name, shape and dtype must fit."""
    with torch.device("meta"):
        model = GPT(config)
    wanted = dict(model.named_parameters(remove_duplicate=False))
    if config.tied_head and "embedding.tok_emb.weight" in state:
        state = state | {"out_head.weight": state["embedding.tok_emb.weight"]}
    for name, expected in wanted.items():
        if name not in state:
            raise WeightsError(f"{path.name} lacks {name}")
        found = state[name]
        if found.shape != expected.shape:
            raise WeightsError(f"{path.name}: {name} has shape {tuple(found.shape)}, expected {tuple(expected.shape)}")
        if found.dtype not in DTYPES:
            raise WeightsError(f"{path.name}: {name} is {found.dtype}, expected float32, float16 or bfloat16")
    for name in state.keys() - wanted.keys():
        raise WeightsError(f"{path.name} holds {name}, which a GPT of this size does not have")
    modules = dict(model.named_modules())
    for name in wanted:
        owner, _, attribute = name.rpartition(".")
        setattr(modules[owner], attribute, nn.Parameter(state[name].float(), requires_grad=False))
    if config.tied_head:
        model.out_head.weight = model.embedding.tok_emb.weight
    return model.eval()
