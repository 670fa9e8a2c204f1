"""Packing: a small model in a small file. Numbers in half precision, tables with only the rows that training used.

A file holds, under our own names: matrices and gains as float16, or as int8 with one float16 scale a row; for each
table the rows of the tokens in `vocab_ids`. All other tokens get the rows in `<table>.unused`, taken in turn; or each
one of its own, composed of the rows of its two halves (`vocab_halves`, the two tokens that its last merge joined) by
the linear rule in `<table>.from_halves`.
"""

from collections.abc import Iterable, Mapping
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
HALVES, FROM_HALVES = "vocab_halves", ".from_halves"
TABLES = ("embedding.tok_emb.weight", "out_head.weight")
WHOLE_STEPS = 127  # int8 without its lowest number, so that the scale is the same up and down


@dataclass(frozen=True)
class Composition:
    """How tokens whose rows are not kept get one each: from the rows of their halves, which may be composed too."""

    halves: Int[Tensor, "n_others n_halves"]  # of each such token, in the order of their ids; both are smaller ids
    rule: Float[Tensor, "n_inputs n_outputs"]  # (first half, second half, 1) times this is the row


def pack(
    state: Mapping[str, Tensor],
    used: Int[Tensor, " n_used"],
    unused: Mapping[str, Float[Tensor, "n_rows emb_dim"] | Composition],
    *,
    whole_numbers: bool = False,
) -> dict[str, Tensor]:
    """Parameters of a model over a small vocabulary, ready to be saved.

    Args:
        state: names and parameters; a row of a table belongs to the token at the same place in `used`.
        used: ids of the full vocabulary.
        unused: for each table in `state`, the rows that the other tokens share, or how theirs are composed.
        whole_numbers: store matrices as int8 with a scale for each row: half the size, errors of up to 0.4 % of the
            row's largest number.
    """
    packed = {USED: used.to(torch.int32)}
    for name, tensor in state.items():
        if whole_numbers and tensor.ndim == 2:
            scale = (tensor.abs().amax(dim=-1, keepdim=True) / WHOLE_STEPS).clamp(min=1e-7).half()
            packed[name] = (tensor / scale.float()).round().clamp(-WHOLE_STEPS, WHOLE_STEPS).to(torch.int8)
            packed[name + SCALE] = scale
        else:
            packed[name] = tensor.half()
    for name, others in unused.items():
        if isinstance(others, Composition):
            packed |= {HALVES: others.halves.to(torch.int32), name + FROM_HALVES: others.rule.half()}
        else:
            packed[name + UNUSED] = others.half()
    return packed


def unpack(tensors: Mapping[str, Tensor], config: GPTConfig) -> dict[str, Tensor]:
    """The whole model in float32 again, with a row for every token of the vocabulary.

    Raises:
        ValueError: ids outside the vocabulary or given twice, more or fewer ids than rows, a table without its ids,
            halves that are no smaller ids, or a rule of another shape.
    """
    used = tensors.get(USED)
    state = {}
    for name, stored in tensors.items():
        if name in (USED, HALVES) or name.endswith((UNUSED, SCALE, FROM_HALVES)):
            continue
        scale = tensors.get(name + SCALE)
        numbers = stored.float() if scale is None else stored.float().mul_(scale.float())
        if name not in TABLES:
            state[name] = numbers
            continue
        others = _others(tensors, name)
        if used is None or others is None:
            raise ValueError(f"{name} is packed, but {USED if used is None else name + UNUSED} is missing")
        if len(numbers) != len(used):
            raise ValueError(f"{len(numbers)} rows are packed for {len(used)} ids")
        state[name] = _whole_table(numbers, used, others, config.vocab_size)
    return state


def _others(tensors: Mapping[str, Tensor], name: str) -> Float[Tensor, "n_rows emb_dim"] | Composition | None:
    """What a file says of the rows of a table that it does not keep."""
    if name + FROM_HALVES not in tensors:
        shared = tensors.get(name + UNUSED)
        return None if shared is None else shared.float()
    if HALVES not in tensors:
        raise ValueError(f"{name} is composed, but {HALVES} is missing")
    return Composition(tensors[HALVES].long(), tensors[name + FROM_HALVES].float())


def _whole_table(
    rows: Float[Tensor, "n_used emb_dim"],
    used: Int[Tensor, " n_used"],
    others: Float[Tensor, "n_rows emb_dim"] | Composition,
    vocab_size: int,
) -> Float[Tensor, "vocab_size emb_dim"]:
    if int(used.min()) < 0 or int(used.max()) >= vocab_size or len(used.unique()) != len(used):
        raise ValueError(f"{USED} must hold different ids from 0 to {vocab_size - 1}")
    if isinstance(others, Composition):
        return composed(rows, used.long(), others, vocab_size)
    table = others[torch.arange(vocab_size) % len(others)]
    table[used.long()] = rows
    return table


def composed(
    rows: Float[Tensor, "n_used emb_dim"], used: Int[Tensor, " n_used"], others: Composition, vocab_size: int
) -> Float[Tensor, "vocab_size emb_dim"]:
    """The whole table: the rows of the tokens in `used`, and for every other token one composed of its halves.

    Raises ValueError where there are not two smaller ids for each other token, or the rule has another shape.
    """
    width = rows.shape[-1]
    is_known = torch.zeros(vocab_size, dtype=torch.bool).index_fill(0, used, value=True)
    ids = (~is_known).nonzero()[:, 0]
    halves = others.halves
    if halves.shape != (len(ids), 2) or bool((halves < 0).any()) or bool((halves >= ids[:, None]).any()):
        raise ValueError(f"{HALVES} must hold two smaller ids for each of {len(ids)} tokens")
    if others.rule.shape != (2 * width + 1, width):
        raise ValueError(f"the rule that composes rows has shape {tuple(others.rule.shape)} for a width of {width}")
    table = torch.zeros(vocab_size, width)
    table[used] = rows
    waiting = torch.arange(len(ids))
    while len(waiting):  # each time at least the smallest of the waiting ids finds both of its halves
        ready = is_known[halves[waiting]].all(dim=-1)
        now, waiting = waiting[ready], waiting[~ready]
        first, second = table[halves[now, 0]], table[halves[now, 1]]
        table[ids[now]] = torch.cat([first, second], dim=-1) @ others.rule[:-1] + others.rule[-1]
        is_known[ids[now]] = True
    return table


def trained_ids(path: Path) -> Int[Tensor, " n_used"] | None:
    """As `tokens_trained`, read anew each time: for a file that may be exchanged."""
    with safe_open(path, framework="pt") as file:
        return file.get_tensor(USED).long() if USED in set(file.keys()) else None


@dataclass(frozen=True)
class Packed:
    """What a packed file keeps: tokens with a row of their own, rows that all others share, whether it is rounded."""

    n_own: int
    n_shared: int  # none where the others' rows are composed
    whole_numbers: bool  # matrices as int8
    n_layers: int


@lru_cache
def kept_in(path: Path) -> Packed | None:
    """What a packed file keeps of a model; None where it is not packed. Reads the header alone."""
    with safe_open(path, framework="pt") as file:
        sizes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118 (not a dict)
    if USED not in sizes:
        return None
    shared = sizes.get(TABLES[0] + UNUSED, [0])
    whole = any(name.endswith(SCALE) for name in sizes)
    return Packed(sizes[USED][0], shared[0], whole, n_layers_of(sizes))


def n_layers_of(names: Iterable[str]) -> int:
    """How many blocks there are parameters of.

    >>> n_layers_of(["blocks.0.norm1.scale", "blocks.11.norm1.scale", "final_norm.scale"])
    2
    """
    return len({name.split(".")[1] for name in names if name.startswith("blocks.")})


@lru_cache
def tokens_trained(path: Path) -> Int[Tensor, " n_used"] | None:
    """Ids of the tokens that a packed model met in training: its file stores a row for each.

    None where the file is not packed: every token has a row of its own there.
    """
    return trained_ids(path)
