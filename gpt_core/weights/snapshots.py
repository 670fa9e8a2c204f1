"""Moments of learning: the story model as it was at several steps of its training, from random to ready."""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from gpt_core.model.config import GPTConfig
from gpt_core.model.gpt import GPT
from gpt_core.weights import packing
from gpt_core.weights.catalogue import MODELS_FOLDER
from gpt_core.weights.configuration import read_config
from gpt_core.weights.folder import build
from gpt_core.weights.model_file import CONFIG_FILE, MODEL_FILE, read_tensors, refuse_other_formats

FOLDER = MODELS_FOLDER / "storyteller"
LANGUAGES = ("en", "fr")


@dataclass(frozen=True)
class TrainingSnapshot:
    """One point of the learning curve. Losses are in nats per token; `training` is the mean since the point before."""

    step: int
    tokens: int
    training: float | None
    held_out: dict[str, float] = field(hash=False)
    path: Path | None

    @property
    def kept(self) -> bool:
        """Whether the model of this snapshot is there to be loaded."""
        return self.path is not None


@cache
def snapshots() -> tuple[TrainingSnapshot, ...]:
    """The whole curve, in the order of training; the last snapshot is the finished model."""
    history = json.loads((FOLDER / "history.json").read_text("utf-8"))
    return tuple(
        TrainingSnapshot(
            step=row["step"],
            tokens=row["tokens"],
            training=row.get("training"),
            held_out={language: row[language] for language in LANGUAGES},
            path=_path(row["step"], is_last=row is history[-1]),
        )
        for row in history
    )


def load_snapshot(snapshot: TrainingSnapshot) -> GPT:
    """The model as it was then.

    Raises:
        ValueError: no weights were kept of this snapshot.
        WeightsError: the file has been damaged since `snapshots` was asked.
    """
    if snapshot.path is None:
        kept = ", ".join(str(other.step) for other in snapshots() if other.kept)
        raise ValueError(f"no weights were kept of step {snapshot.step}; there are those of {kept}")
    return _load(snapshot.path)


def _load(path: Path) -> GPT:
    refuse_other_formats(path)
    config = GPTConfig(**read_config(FOLDER / CONFIG_FILE))
    tensors, _ = read_tensors(path)
    return build(config, packing.unpack(tensors, config), path)


def _path(step: int, *, is_last: bool) -> Path | None:
    """Where the model of a step lies; None also where its file will not load, which a look at its name cannot tell."""
    path = FOLDER / MODEL_FILE if is_last else FOLDER / "snapshots" / f"step-{step:06}.safetensors"
    if not path.exists():
        return None
    try:
        _load(path)
    except (ValueError, OSError):  # a damaged file costs its snapshot, not the chapter
        return None
    return path
