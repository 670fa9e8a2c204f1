"""From another house's tensors to ours: sizes read off the shapes, every tensor named, checked, cut and turned."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from gpt_core.model.config import GPTConfig
from gpt_core.weights.configuration import not_a_configuration
from gpt_core.weights.layouts import (
    BIASES,
    HEAD,
    LAYOUTS,
    NANOGPT,
    POSITIONS,
    QKV_BIASES,
    TOKENS,
    Layout,
    n_blocks,
    recognise,
    shape_of,
)
from gpt_core.weights.model_file import BUFFERS, Remark, WeightsError

DTYPES = (torch.float32, torch.float16, torch.bfloat16)
USUAL_HEAD = 64  # numbers in a head of every published GPT-2
PREFIXES = re.compile(r"^(?:_orig_mod\.|module\.|model\.|transformer\.)+")  # of compiled and of wrapped models


@dataclass(frozen=True)
class Translated:
    """A model under our names, and what is worth knowing of the way it came."""

    config: GPTConfig
    state: Mapping[str, Tensor]
    layout: str
    remarks: tuple[Remark, ...] = ()


def translate(tensors: Mapping[str, Tensor], said: Mapping[str, Any], file: str) -> Translated:
    """Names and matrices as ours. Views only: nothing is copied, so mapped weights stay mapped.

    Args:
        tensors: as the file has them, with prefixes and masks or without.
        said: sizes by our names, as far as they are stated; the others are read off the shapes.
        file: what the tensors came from, for messages.

    Raises:
        WeightsError: names of no layout here, a tensor missing or too many, a shape or type that does not fit.
    """
    given = _unprefixed(tensors, file)
    layout = recognise(given)
    if layout is None:
        names, houses = ", ".join(list(given)[:3]) or "–", ", ".join(layout.name for layout in LAYOUTS)
        raise WeightsError(
            "{file} is no GPT-2 in a layout that is read here ({houses}); its tensors are called {names}",
            file=file, houses=houses, names=names,
        )  # fmt: skip
    config, remarks = _sizes(given, layout, said, file)
    state = _renamed(given, layout, config, file)
    if not any(name.endswith(BIASES) for name in given):
        remarks += (Remark("It has no biases: zeros stand in their place, which changes no number."),)
    if layout is NANOGPT:
        remarks += (
            Remark("Newer versions of nanoGPT compute GELU by erf; here it is GPT-2’s, which differs by up to 0.0005."),
        )
    return Translated(config, state, layout.name, remarks)


def _unprefixed(tensors: Mapping[str, Tensor], file: str) -> dict[str, Tensor]:
    given: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        short = PREFIXES.sub("", name)
        if short in given:
            raise WeightsError(
                "{file} holds {name} twice, with and without what stands before it", file=file, name=short
            )
        if not name.endswith(BUFFERS):
            given[short] = tensor
    return given


def _sizes(
    given: Mapping[str, Tensor], layout: Layout, said: Mapping[str, Any], file: str
) -> tuple[GPTConfig, tuple[Remark, ...]]:
    """What is said, and else what the shapes say; the number of heads, which no shape shows, is asked for."""
    table, positions = given[layout.name_of(TOKENS)], given[layout.name_of(POSITIONS)]
    for name, tensor in ((layout.name_of(TOKENS), table), (layout.name_of(POSITIONS), positions)):
        if tensor.ndim != 2:
            raise WeightsError("{file}: {name} of shape {shape} is no table", file=file, name=name, shape=shape(tensor))
    head = given.get(layout.name_of(HEAD))
    same = head is None or (head.shape == table.shape and torch.equal(head, table))
    biases = layout.block.format(0) + next(name for name, ours in layout.within.items() if QKV_BIASES[0] in ours)
    up = given.get(layout.name_of("blocks.0.ff.up.weight"))
    inner_at = 1 if layout.name_of("blocks.0.ff.up.weight").endswith(layout.turned or ("-",)) else 0
    found: dict[str, Any] = {
        "vocab_size": len(table),
        "context_length": len(positions),
        "emb_dim": table.shape[-1],
        "n_layers": n_blocks(given, layout),
        "qkv_bias": biases in given,
        "tied_head": same,
    }
    if up is not None and up.ndim == 2:
        found["n_inner"] = up.shape[inner_at]
    sizes, remarks = {**found, **said}, ()
    if "n_heads" not in sizes:
        sizes["n_heads"], remarks = _assumed_heads(table.shape[-1])
    try:
        config = GPTConfig(**sizes)
    except (ValueError, TypeError) as error:
        raise not_a_configuration(error) from error
    return replace(config, n_inner=None) if config.n_inner == 4 * config.emb_dim else config, remarks


def _assumed_heads(width: int) -> tuple[int, tuple[Remark, ...]]:
    if width % USUAL_HEAD:
        raise WeightsError(
            "The number of heads is in no tensor’s shape. A line in config.json says it, such as {line}",
            line=json.dumps({"n_heads": 4}),
        )
    n = width // USUAL_HEAD
    remark = Remark(
        "The number of heads is not said: {line} is assumed. A line in config.json says another.",
        {"line": json.dumps({"n_heads": n})},
    )
    return n, (remark,)


def _renamed(given: dict[str, Tensor], layout: Layout, config: GPTConfig, file: str) -> dict[str, Tensor]:
    left, state = dict(given), {}
    without = not any(name.endswith(BIASES) for name in given)
    for name, ours in layout.wanted(config.n_layers):
        if ours == (HEAD,) and config.tied_head:
            _check_tied(left.pop(name, None), given[layout.name_of(TOKENS)], name, layout.name_of(TOKENS), file)
            continue
        if ours[0].endswith(QKV_BIASES) and not config.qkv_bias:
            _check_zero(left.pop(name, None), name, file)
            continue
        shapes = [shape_of(part, config) for part in ours]
        if name not in left and without and name.endswith(BIASES):
            state |= {part: torch.zeros(size) for part, size in zip(ours, shapes, strict=True)}
            continue
        if name not in left:
            raise WeightsError("{file} lacks {name}", file=file, name=name)
        turned = name.endswith(layout.turned) if layout.turned else False
        tensor = left.pop(name)
        _check(tensor, (len(ours) * shapes[0][0], *shapes[0][1:]), name, file, turned=turned)
        parts = (tensor.mT if turned else tensor).chunk(len(ours))
        state |= dict(zip(ours, parts, strict=True))
    if left:
        raise WeightsError("{file} holds {name}, which a GPT-2 of this size does not have", file=file, name=min(left))
    return state


def _check(tensor: Tensor, wanted: tuple[int, ...], name: str, file: str, *, turned: bool) -> None:
    expected = wanted[::-1] if turned else wanted
    if tuple(tensor.shape) != expected:
        raise WeightsError(
            "{file}: {name} has shape {found}, expected {wanted}",
            file=file, name=name, found=shape(tensor), wanted=expected,
        )  # fmt: skip
    if tensor.dtype not in DTYPES:
        raise WeightsError(
            "{file}: {name} is {found}, expected float32, float16 or bfloat16", file=file, name=name, found=tensor.dtype
        )


def _check_tied(head: Tensor | None, table: Tensor, name: str, other: str, file: str) -> None:
    if head is not None and not torch.equal(head, table):
        raise WeightsError(
            "{file}: {head} is not {table}, although the configuration ties them", file=file, head=name, table=other
        )


def _check_zero(biases: Tensor | None, name: str, file: str) -> None:
    if biases is not None and biases.any():
        raise WeightsError("{file} holds {name}, although the configuration says qkv_bias=false", file=file, name=name)


def shape(tensor: Tensor) -> tuple[int, ...]:
    """A shape as it is written in a message."""
    return tuple(tensor.shape)
