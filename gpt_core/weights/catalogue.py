"""The models this project knows by name: what each is, where its weights come from, what it learnt from."""

from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from gpt_core.model.config import GPTConfig
from gpt_core.model.gpt import GPT
from gpt_core.model.seeding import seeded
from gpt_core.weights.cards import CATALOGUE, ModelCard
from gpt_core.weights.fast_linear import accelerate
from gpt_core.weights.folder import load_folder
from gpt_core.weights.hub import cached_folder, fetch
from gpt_core.weights.model_file import MODEL_FILE, WeightsError
from gpt_core.weights.packing import tokens_trained

PACKAGE = Path(__file__).parent.parent
CHECKOUT = PACKAGE.parent / "assets" / "models"
MODELS_FOLDER = CHECKOUT if CHECKOUT.exists() else PACKAGE / "bundled"  # an installed wheel has them within


def folder_of(model: ModelCard) -> Path | None:
    """Where a model's files lie on this machine: under assets/models, else in the hub's cache, else None."""
    bundled = MODELS_FOLDER / model.name
    if (bundled / MODEL_FILE).exists():
        return bundled
    return cached_folder(model.hub) if model.hub else None


def bundled_file(model: ModelCard) -> Path | None:
    """The weights of a bundled model, whose file also says which tokens training met; None for any other."""
    folder = folder_of(model) if model.sha256 else None
    return folder and folder / MODEL_FILE


def tokens_met(model: ModelCard) -> Int[Tensor, " n_met"] | None:
    """Ids of the tokens that a bundled model met in training; the others share few vectors.

    None where every token has a vector of its own, as in a published model, or a random one that met none.
    """
    path = bundled_file(model)
    return tokens_trained(path) if path else None


def available(model: ModelCard) -> bool:
    """Whether it can be loaded without a network."""
    return model.random or folder_of(model) is not None


def load_model(name_or_folder: str | Path) -> GPT:
    """A model by its name in the catalogue, or from a folder with `model.safetensors`, in any layout of `layouts`.

    A published model that is not on this machine is fetched into the Hugging Face cache first.

    Raises:
        WeightsError: weights are missing, damaged or of another model; the message says what came and what was wanted.
        ValueError: a name that is not in the catalogue.
        OSError: the network or the disk failed while fetching.
    """
    with torch.inference_mode(mode=False):  # or no gradient could ever pass through the model
        return _load(name_or_folder)


def _load(name_or_folder: str | Path) -> GPT:
    model = CATALOGUE.get(name_or_folder) if isinstance(name_or_folder, str) else None
    if model is None:
        if Path(name_or_folder).is_dir() or Path(name_or_folder).name != str(name_or_folder):
            return load_folder(Path(name_or_folder))
        raise ValueError(f"no model and no folder {name_or_folder!r}; the catalogue has {', '.join(CATALOGUE)}")
    if model.seed is not None:
        return random_model(model.config, model.seed)
    folder = folder_of(model)
    if folder is None and model.hub:
        folder = fetch(model.hub)
    if folder is None:
        raise WeightsError(
            "{model}: {file} is missing from {folder}",
            model=model.title, file=MODEL_FILE, folder=f"{MODELS_FOLDER.name}/{model.name}",
        )  # fmt: skip
    loaded = load_folder(folder, sha256=model.hub.sha256 if model.hub else model.sha256)
    if loaded.config != model.config:
        raise WeightsError(
            "{model}: the file is a {found}, expected {wanted}",
            model=model.title, found=loaded.config, wanted=model.config,
        )  # fmt: skip
    return loaded


@lru_cache(maxsize=2)
def random_model(config: GPTConfig, seed: int) -> GPT:
    """An untrained GPT whose numbers depend on the seed alone; the global generator is left as it was."""
    with seeded(seed):
        return accelerate(GPT(config)).eval().requires_grad_(requires_grad=False)
