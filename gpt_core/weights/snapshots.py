"""Moments of learning: the story model as it was at several steps of its training, from random to ready."""

import json
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from gpt_core.model.config import GPTConfig
from gpt_core.model.gpt import GPT
from gpt_core.weights.cards import ModelCard
from gpt_core.weights.catalogue import MODELS_FOLDER
from gpt_core.weights.configuration import read_config
from gpt_core.weights.folder import load_packed, snapshot_files
from gpt_core.weights.model_file import CONFIG_FILE, MODEL_FILE

FOLDER = MODELS_FOLDER / "storyteller"
HISTORY_FILE = "history.json"
LANGUAGES = ("en", "fr")


@dataclass(frozen=True)
class TrainingSnapshot:
    """One point of the learning curve. Losses are in nats per token; `training` is the mean since the point before."""

    step: int
    tokens: int
    training: float | None
    held_out: dict[str, float] = field(hash=False)
    path: Path | None
    of: int = 0  # tokens of the whole training
    vocabulary: int = GPTConfig().vocab_size  # tokens that training knew by then, among which a guess chooses
    course: int = 1  # of those that follow each other: each begins with a high rate again

    @property
    def kept(self) -> bool:
        """Whether the model of this snapshot is there to be loaded."""
        return self.path is not None


@cache
def snapshots() -> tuple[TrainingSnapshot, ...]:
    """The whole curve, in the order of training; the last snapshot is the finished model."""
    history = json.loads((FOLDER / HISTORY_FILE).read_text("utf-8"))
    return tuple(_point(row, _path(row["step"], is_last=row is history[-1])) for row in history)


def _point(row: dict[str, Any], path: Path | None) -> TrainingSnapshot:
    held_out = {language: row[language] for language in LANGUAGES}
    known = row.get("vocabulary", GPTConfig().vocab_size)
    at = (row["step"], row["tokens"], row.get("training"))
    return TrainingSnapshot(*at, held_out, path, vocabulary=known, course=row.get("course", 1))


def point_of(model: ModelCard) -> TrainingSnapshot | None:
    """Where on its model's learning curve a snapshot is.

    None for a model that is no snapshot, and where the curve is not here, cannot be read or lacks this step.
    """
    if model.snapshot is None:
        return None
    try:
        history = _history(model.snapshot.parent.parent / HISTORY_FILE)
        row = next(row for row in history if row["step"] == model.step)
        return replace(_point(row, model.snapshot), of=history[-1]["tokens"])
    except (OSError, ValueError, LookupError, TypeError, StopIteration):
        return None


@lru_cache
def _history(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text("utf-8"))


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
    return load_packed(path, GPTConfig(**read_config(FOLDER / CONFIG_FILE)))


def _path(step: int, *, is_last: bool) -> Path | None:
    """Where the model of a step lies; None also where its file will not load, which a look at its name cannot tell."""
    path = FOLDER / MODEL_FILE if is_last else snapshot_files(FOLDER).get(step)
    if path is None or not path.exists():
        return None
    try:
        _load(path)
    except (ValueError, OSError):  # a damaged file costs its snapshot, not the chapter
        return None
    return path
