"""A command for one's own pickles: `python -m gpt_core.weights.convert model.pth folder` writes what is read here.

It loads weights only, never code, and runs outside the server, which opens no pickle at all.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gpt_core.model.gpt import GPT
from gpt_core.weights.configuration import read_config, sizes_of
from gpt_core.weights.folder import build, save_model
from gpt_core.weights.model_file import CONFIG_FILE, MODEL_FILE, Remark, WeightsError
from gpt_core.weights.translate import translate

STATES = ("model_state_dict", "state_dict", "model", "module")  # where training scripts put the weights
SETTINGS = ("model_args", "model_config", "cfg", "config")  # and the sizes, if they do


def read_pickle(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The weights in a file of `torch.save`, and the sizes that it states or a `config.json` beside it.

    Raises WeightsError where it holds anything that would have to be run, or no weights.
    """
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise WeightsError("{file} cannot be read", file=path.name, detail=str(error.strerror)) from error
    except Exception as error:  # of torch's reader, which are of many kinds
        raise WeightsError(
            "{file} holds more than weights, or no weights. In Python: {line}",
            file=path.name, line='torch.save(model.state_dict(), "model.pth")',
        ) from error  # fmt: skip
    state = held if isinstance(held, Mapping) else {}
    for name in STATES:
        if isinstance(state.get(name), Mapping):
            state = state[name]
            break
    tensors = {name: tensor.detach() for name, tensor in state.items() if isinstance(tensor, Tensor)}
    if not tensors or len(tensors) != len(state):
        raise WeightsError(
            "{file} holds more than weights, or no weights. In Python: {line}",
            file=path.name, line='torch.save(model.state_dict(), "model.pth")',
        )  # fmt: skip
    sizes = read_config(path.parent / CONFIG_FILE)
    for name in SETTINGS:
        if isinstance(held.get(name), Mapping):
            sizes |= sizes_of(dict(held[name]))
            break
    return tensors, sizes


def convert(path: Path, *, heads: int | None = None) -> tuple[GPT, str, tuple[Remark, ...]]:
    """The model in a pickle, the layout it was in, and what is worth knowing of it."""
    tensors, sizes = read_pickle(path)
    translated = translate(tensors, sizes | ({"n_heads": heads} if heads else {}), path.name)
    for name, tensor in translated.state.items():
        if not tensor.isfinite().all():
            raise WeightsError("{file}: {name} holds NaN or infinite numbers", file=path.name, name=name)
    return build(translated.config, translated.state, path), translated.layout, translated.remarks


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, convert, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m gpt_core.weights.convert", description=__doc__)
    parser.add_argument("pickle", type=Path, help="a file of torch.save: .pth, .pt, .bin")
    parser.add_argument("folder", type=Path, help=f"where {CONFIG_FILE} and {MODEL_FILE} are written")
    parser.add_argument("--heads", type=int, help="number of heads, which no file of weights alone shows")
    chosen = parser.parse_args(arguments)
    if (chosen.folder / MODEL_FILE).exists():
        parser.error(f"{chosen.folder} holds a model already")
    try:
        model, layout, remarks = convert(chosen.pickle, heads=chosen.heads)
        save_model(model, chosen.folder)
    except (WeightsError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201 (the command's answer)
        return 1
    told = [f"{layout}: {model.config}", *map(str, remarks), f"written to {chosen.folder}"]
    print(*told, sep="\n")  # noqa: T201 (the command's answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
