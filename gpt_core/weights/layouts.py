"""From a file to a model: published names become ours, and every one of them must be there and fit."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from gpt_core.model.config import GPTConfig
from gpt_core.model.gpt import GPT
from gpt_core.weights import packing
from gpt_core.weights.fast_linear import Unfilled, accelerate
from gpt_core.weights.model_file import (
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
BLOCK_NAMES: dict[str, tuple[str, ...]] = {
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
TRANSPOSED = (
    "c_attn.weight",
    "c_proj.weight",
    "c_fc.weight",
)  # stored inputs x outputs; torch: outputs x inputs
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
            raise WeightsError("{file} is not packed as it should be", file=path.name, detail=str(error)) from error
    return build(config, renamed(tensors, config, path), path)


def renamed(tensors: dict[str, Tensor], config: GPTConfig, path: Path) -> dict[str, Tensor]:
    """Published names and layouts to ours. Views only: nothing is copied, so mapped weights stay mapped."""
    given = {name.removeprefix("transformer."): t for name, t in tensors.items() if not name.endswith(BUFFERS)}
    if config.tied_head and HEAD in given and TABLE in given and not torch.equal(given.pop(HEAD), given[TABLE]):
        raise WeightsError(
            "{file}: {head} is not {table}, although the configuration ties them",
            file=path.name,
            head=HEAD,
            table=TABLE,
        )
    state = {}
    for name, ours in _wanted(config):
        if name not in given:
            raise WeightsError("{file} lacks {name}", file=path.name, name=name)
        tensor = given.pop(name)
        if tensor.ndim == 0 or tensor.shape[-1] % len(ours):
            raise WeightsError(
                "{file}: {name} of shape {shape} cannot be cut into {parts}",
                file=path.name, name=name, shape=tuple(tensor.shape), parts=len(ours),
            )  # fmt: skip
        columns = tensor.chunk(len(ours), dim=-1)
        transposed = [column.mT if name.endswith(TRANSPOSED) and column.ndim == 2 else column for column in columns]
        state |= dict(zip(ours, transposed, strict=True))
    if given:
        raise WeightsError(
            "{file} holds {name}, which a GPT-2 of this size does not have", file=path.name, name=min(given)
        )
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
    with torch.device("meta"), Unfilled():
        model = GPT(config)
    wanted = dict(model.named_parameters(remove_duplicate=False))
    if config.tied_head and "embedding.tok_emb.weight" in state:
        state = state | {"out_head.weight": state["embedding.tok_emb.weight"]}
    for name, expected in wanted.items():
        if name not in state:
            raise WeightsError("{file} lacks {name}", file=path.name, name=name)
        found = state[name]
        if found.shape != expected.shape:
            raise WeightsError(
                "{file}: {name} has shape {found}, expected {wanted}",
                file=path.name, name=name, found=tuple(found.shape), wanted=tuple(expected.shape),
            )  # fmt: skip
        if found.dtype not in DTYPES:
            raise WeightsError(
                "{file}: {name} is {found}, expected float32, float16 or bfloat16",
                file=path.name, name=name, found=found.dtype,
            )  # fmt: skip
    for name in state.keys() - wanted.keys():
        raise WeightsError("{file} holds {name}, which a GPT of this size does not have", file=path.name, name=name)
    modules = dict(model.named_modules())
    for name in wanted:
        owner, _, attribute = name.rpartition(".")
        setattr(modules[owner], attribute, nn.Parameter(state[name].float(), requires_grad=False))
    if config.tied_head:
        model.out_head.weight = model.embedding.tok_emb.weight
    return accelerate(model).eval()
