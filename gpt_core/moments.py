"""Moments of learning: the story model as it was at several steps of its training, from random to ready."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gpt_core import packing
from gpt_core.catalogue import MODELS_FOLDER
from gpt_core.gpt import GPT
from gpt_core.model_file import CONFIG_FILE, MODEL_FILE, read_config, read_tensors, refuse_other_formats
from gpt_core.weights import build

FOLDER = MODELS_FOLDER / "storyteller"
LANGUAGES = ("en", "fr")


@dataclass(frozen=True)
class Moment:
    """One point of the learning curve. Losses are in nats per token; `training` is the mean since the point before."""

    step: int
    tokens: int
    training: float | None
    held_out: dict[str, float]
    path: Path | None

    @property
    def kept(self) -> bool:
        """Whether the model of this moment is there to be loaded."""
        return self.path is not None


@cache
def moments() -> tuple[Moment, ...]:
    """The whole curve, in the order of training; the last moment is the finished model."""
    history = json.loads((FOLDER / "history.json").read_text("utf-8"))
    return tuple(
        Moment(
            step=row["step"],
            tokens=row["tokens"],
            training=row.get("training"),
            held_out={language: row[language] for language in LANGUAGES},
            path=_path(row["step"], is_last=row is history[-1]),
        )
        for row in history
    )


def load_moment(moment: Moment) -> GPT:
    """The model as it was then.

    Raises:
        ValueError: no weights were kept of this moment.
        WeightsError: the file has been damaged since `moments` was asked.
    """
    if moment.path is None:
        kept = ", ".join(str(other.step) for other in moments() if other.kept)
        raise ValueError(f"no weights were kept of step {moment.step}; there are those of {kept}")
    return _load(moment.path)


def _load(path: Path) -> GPT:
    refuse_other_formats(path)
    config = read_config(FOLDER / CONFIG_FILE)
    tensors, _ = read_tensors(path)
    return build(config, packing.unpack(tensors, config), path)


def _path(step: int, *, is_last: bool) -> Path | None:
    """Where the model of a step lies; None also where its file will not load, which a look at its name cannot tell."""
    path = FOLDER / MODEL_FILE if is_last else FOLDER / "moments" / f"step-{step:06}.safetensors"
    if not path.exists():
        return None
    try:
        _load(path)
    except (ValueError, OSError):  # a damaged file costs its moment, not the chapter
        return None
    return path
