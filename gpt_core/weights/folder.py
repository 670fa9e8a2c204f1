"""A model's folder: read in any layout of `layouts`, and written in Hugging Face's."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from gpt_core.model.config import GPTConfig
from gpt_core.model.gpt import GPT
from gpt_core.weights import packing
from gpt_core.weights.configuration import read_config, sizes_of, write_config
from gpt_core.weights.fast_linear import Unfilled, accelerate
from gpt_core.weights.layouts import HEAD, HUGGING_FACE, QKV_BIASES, TOKENS
from gpt_core.weights.model_file import (
    CONFIG_FILE,
    MODEL_FILE,
    Remark,
    WeightsError,
    check_digest,
    check_finite,
    read_tensors,
    refuse_other_formats,
    weight_files,
)
from gpt_core.weights.translate import Translated, translate

SNAPSHOTS, SNAPSHOT = "snapshots", re.compile(r"step-(\d{1,9})\.safetensors", re.ASCII)


def open_folder(folder: Path, *, sha256: str | None = None) -> tuple[Translated, tuple[Path, ...]]:
    """What a folder holds, translated and checked but for its numbers, and the files that hold these.

    Weights stay mapped to the file where they are float32: opening reads little more than the header.

    Raises WeightsError as `load_folder` does.
    """
    said = read_config(folder / CONFIG_FILE)
    paths = weight_files(folder)
    tensors: dict[str, Tensor] = {}
    metadata: dict[str, str] = {}
    for path in paths:
        refuse_other_formats(path)
        if sha256 is not None:
            check_digest(path, sha256)
        found, metadata = read_tensors(path)
        if twice := tensors.keys() & found.keys():
            raise WeightsError("{file} holds {name}, as another file does", file=path.name, name=min(twice))
        tensors |= found
    if metadata.get("format") == packing.FORMAT:
        return _unpacked(tensors, said, paths[0]), paths
    translated = translate(tensors, said, paths[0].name)
    if CONFIG_FILE not in {path.name for path in folder.iterdir()}:
        remark = Remark("There is no {file}: the sizes are read off the weights.", {"file": CONFIG_FILE})
        translated = Translated(translated.config, translated.state, translated.layout, (remark, *translated.remarks))
    return translated, paths


def _unpacked(tensors: dict[str, Tensor], said: dict[str, Any], path: Path) -> Translated:
    try:
        config = GPTConfig(**said)
        return Translated(config, packing.unpack(tensors, config), "Glassbox GPT")
    except (ValueError, TypeError) as error:
        raise WeightsError("{file} is not packed as it should be", file=path.name, detail=str(error)) from error


def load_folder(folder: Path, *, sha256: str | None = None, mapped: bool = True) -> GPT:
    """A GPT from a folder with `model.safetensors` (or shards), in any layout that `layouts` knows, or packed.

    Args:
        folder: where the weights are, and `config.json`, which need only say what no shape shows: `{"n_heads": 12}`.
        sha256: the digest the weights must have; None leaves that unchecked (finiteness is always checked).
        mapped: whether float32 weights may stay in the file until they are needed. Of a file that somebody may write
            anew, they must not: the model would change with it, and the process end where the file is shortened.

    Raises:
        WeightsError: a file is missing, unreadable, of another kind, or holds other names, shapes or numbers.
    """
    translated, paths = open_folder(folder, sha256=sha256)
    for path in paths:
        check_finite(path)
    state = translated.state if mapped else {name: tensor.clone() for name, tensor in translated.state.items()}
    return build(translated.config, state, paths[0])


def load_packed(path: Path, config: GPTConfig) -> GPT:
    """A GPT of these sizes from one packed file, such as a snapshot of its training, with as many blocks as it holds.

    Raises WeightsError.
    """
    refuse_other_formats(path)
    tensors, _metadata = read_tensors(path)
    check_finite(path)
    try:
        state = packing.unpack(tensors, config)
    except ValueError as error:
        raise WeightsError("{file} is not packed as it should be", file=path.name, detail=str(error)) from error
    return build(replace(config, n_layers=max(1, packing.n_layers_of(state))), state, path)


def snapshot_files(folder: Path) -> dict[int, Path]:
    """The snapshots that lie beside a model, by the step of its training that is in their names, in its order."""
    try:
        changed = (folder / SNAPSHOTS).stat().st_mtime_ns
    except OSError:
        return {}
    return dict(_snapshots_in(folder / SNAPSHOTS, changed))


@lru_cache
def _snapshots_in(folder: Path, changed: int) -> tuple[tuple[int, Path], ...]:
    named = ((SNAPSHOT.fullmatch(path.name), path) for path in folder.iterdir())
    return tuple(sorted((int(found[1]), path) for found, path in named if found))


def build(config: GPTConfig, state: Mapping[str, Tensor], path: Path) -> GPT:
    """Put a checked state into a model that computes and is never trained: every name and shape must fit."""
    with torch.device("meta"), Unfilled():
        model = GPT(config)
    wanted = dict(model.named_parameters(remove_duplicate=False))
    if config.tied_head and TOKENS in state:
        state = {**state, HEAD: state[TOKENS]}
    for name, expected in wanted.items():
        if name not in state:
            raise WeightsError("{file} lacks {name}", file=path.name, name=name)
        found = state[name]
        if found.shape != expected.shape:
            raise WeightsError(
                "{file}: {name} has shape {found}, expected {wanted}",
                file=path.name, name=name, found=tuple(found.shape), wanted=tuple(expected.shape),
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


def save_model(model: nn.Module, folder: str | Path, config: Mapping[str, object] | None = None) -> Path:
    """Write `config.json` and `model.safetensors` as Hugging Face has them: `load_model` and transformers read them.

    The model is a `GPT`, or any other in a layout of `layouts`, such as the book's GPTModel with its configuration:

        save_model(model, "assets/models/mine", GPT_CONFIG_124M)

    A model without query, key and value biases gets zeros for them, which transformers needs and `load_model` drops.
    Each file is written under another name first, so that a crash leaves the old ones.
    """
    if not isinstance(model, GPT):
        name = type(model).__name__
        translated = translate(model.state_dict(), sizes_of(dict(config or {})), name)
        model = build(translated.config, translated.state, Path(name))
    place, state = Path(folder), dict(model.named_parameters(remove_duplicate=False))
    tensors = {}
    for name, ours in HUGGING_FACE.wanted(model.config.n_layers):
        if ours == (HEAD,) and model.config.tied_head:
            continue
        if ours[0].endswith(QKV_BIASES) and not model.config.qkv_bias:
            tensors[f"transformer.{name}"] = torch.zeros(3 * model.config.emb_dim)
            continue
        joined = torch.cat([state[part].detach().cpu() for part in ours])
        file_has = joined.mT if name.endswith(HUGGING_FACE.turned) else joined
        tensors[name if ours == (HEAD,) else f"transformer.{name}"] = file_has.float().contiguous()
    write_config(place, model.config)
    unfinished = place / f"{MODEL_FILE}.part"
    save_file(tensors, unfinished, metadata={"format": "pt"})
    unfinished.replace(place / MODEL_FILE)
    return place
