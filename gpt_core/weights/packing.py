"""Packing: a small model in a small file. Numbers in half precision, tables with only the rows that training used.

A file holds, under our own names: matrices and gains as float16, or as int8 with one float16 scale a row; for each
table the rows of the tokens in `vocab_ids`, and in `<table>.unused` what all other tokens get, taken in turn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Float, Int
from safetensors import safe_open
from torch import Tensor

from gpt_core.model.config import GPTConfig

FORMAT = "glassbox-packed"
USED, UNUSED, SCALE = "vocab_ids", ".unused", ".row_scale"
TABLES = ("embedding.tok_emb.weight", "out_head.weight")
WHOLE_STEPS = 127  # int8 without its lowest number, so that the scale is the same up and down


def pack(
    state: Mapping[str, Tensor],
    used: Int[Tensor, " n_used"],
    unused: Mapping[str, Float[Tensor, "n_rows emb_dim"]],
    *,
    whole_numbers: bool = False,
) -> dict[str, Tensor]:
    """Parameters of a model over a small vocabulary, ready to be saved.

    Args:
        state: names and parameters; a row of a table belongs to the token at the same place in `used`.
        used: ids of the full vocabulary.
        unused: for each table in `state`, the rows that the other tokens share.
        whole_numbers: store matrices as int8 with a scale for each row: half the size, errors of up to 0.4 %.
    """
    packed = {USED: used.to(torch.int32)}
    for name, tensor in state.items():
        if whole_numbers and tensor.ndim == 2:
            scale = (tensor.abs().amax(dim=-1, keepdim=True) / WHOLE_STEPS).clamp(min=1e-7).half()
            packed[name] = (tensor / scale.float()).round().clamp(-WHOLE_STEPS, WHOLE_STEPS).to(torch.int8)
            packed[name + SCALE] = scale
        else:
            packed[name] = tensor.half()
    return packed | {name + UNUSED: rows.half() for name, rows in unused.items()}


def unpack(tensors: Mapping[str, Tensor], config: GPTConfig) -> dict[str, Tensor]:
    """The whole model in float32 again, with a row for every token of the vocabulary.

    Raises:
        ValueError: ids outside the vocabulary or given twice, more or fewer ids than rows, a table without its ids.
    """
    used = tensors.get(USED)
    state = {}
    for name, stored in tensors.items():
        if name == USED or name.endswith((UNUSED, SCALE)):
            continue
        scale = tensors.get(name + SCALE)
        numbers = stored.float() if scale is None else stored.float() * scale.float()
        if name not in TABLES:
            state[name] = numbers
            continue
        others = tensors.get(name + UNUSED)
        if used is None or others is None:
            raise ValueError(f"{name} is packed, but {USED if used is None else name + UNUSED} is missing")
        if len(numbers) != len(used):
            raise ValueError(f"{len(numbers)} rows are packed for {len(used)} ids")
        state[name] = _whole_table(numbers, used, others.float(), config.vocab_size)
    return state


def _whole_table(
    rows: Float[Tensor, "n_used emb_dim"],
    used: Int[Tensor, " n_used"],
    others: Float[Tensor, "n_rows emb_dim"],
    vocab_size: int,
) -> Float[Tensor, "vocab_size emb_dim"]:
    if int(used.min()) < 0 or int(used.max()) >= vocab_size or len(used.unique()) != len(used):
        raise ValueError(f"{USED} must hold different ids from 0 to {vocab_size - 1}")
    table = others[torch.arange(vocab_size) % len(others)]
    table[used.long()] = rows
    return table


def trained_ids(path: Path) -> Int[Tensor, " n_used"] | None:
    """As `tokens_trained`, read anew each time: for a file that may be exchanged."""
    with safe_open(path, framework="pt") as file:
        return file.get_tensor(USED).long() if USED in set(file.keys()) else None


@dataclass(frozen=True)
class Packed:
    """What a packed file keeps: tokens with a row of their own, rows that all others share, whether it is rounded."""

    n_own: int
    n_shared: int
    whole_numbers: bool  # matrices as int8


@lru_cache
def kept_in(path: Path) -> Packed | None:
    """What a packed file keeps of a model; None where it is not packed. Reads the header alone."""
    with safe_open(path, framework="pt") as file:
        sizes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118 (not a dict)
    shared = sizes.get(TABLES[0] + UNUSED)
    if USED not in sizes or shared is None:
        return None
    return Packed(sizes[USED][0], shared[0], any(name.endswith(SCALE) for name in sizes))


@lru_cache
def tokens_trained(path: Path) -> Int[Tensor, " n_used"] | None:
    """Ids of the tokens that a packed model met in training: its file stores a row for each, and few for all others.

    None where the file is not packed: every token has a row of its own there.
    """
    return trained_ids(path)
