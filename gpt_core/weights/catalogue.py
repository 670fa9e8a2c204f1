"""The models this project knows by name: what each is, where its weights come from, what it learnt from."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Int
from safetensors import SafetensorError
from torch import Tensor

from gpt_core.model.config import GPTConfig
from gpt_core.model.gpt import GPT
from gpt_core.model.seeding import seeded
from gpt_core.weights.cards import CATALOGUE, ModelCard
from gpt_core.weights.fast_linear import Unfilled, accelerate
from gpt_core.weights.folder import load_folder, load_packed, snapshot_files
from gpt_core.weights.hub import cached_folder, fetch
from gpt_core.weights.model_file import MODEL_FILE, WeightsError
from gpt_core.weights.packing import kept_in, tokens_trained

PACKAGE = Path(__file__).parent.parent
CHECKOUT = PACKAGE.parent / "assets" / "models"
AT = "@"  # in a name: as the model was at that step of its training
MODELS_FOLDER = CHECKOUT if CHECKOUT.exists() else PACKAGE / "bundled"  # an installed wheel has them within


def folder_of(model: ModelCard) -> Path | None:
    """Where a model's files lie on this machine: under assets/models, else in the hub's cache, else None."""
    bundled = MODELS_FOLDER / model.name
    if (bundled / MODEL_FILE).exists():
        return bundled
    return cached_folder(model.hub) if model.hub else None


def bundled_folder(model: ModelCard) -> Path | None:
    """Where a bundled model's files lie; None for any other."""
    return folder_of(model) if model.sha256 else None


def bundled_file(model: ModelCard) -> Path | None:
    """The weights of a bundled model or its snapshot, whose file also says which tokens have rows; None for others."""
    folder = bundled_folder(model)
    return folder / MODEL_FILE if folder else model.snapshot


def tokens_met(model: ModelCard) -> Int[Tensor, " n_met"] | None:
    """Ids of the tokens that a bundled model met in training, of a snapshot those that it keeps.

    Others share vectors, or have computed ones. None where it is not known, as of a published model, or a random one
    that met none.
    """
    path = bundled_file(model)
    return tokens_trained(path) if path else None


def steps_of(name: str) -> dict[int, Path]:
    """The steps of a bundled model's training of which there are snapshots, in their order, with the files."""
    folder = bundled_folder(CATALOGUE[name]) if name in CATALOGUE else None
    return snapshot_files(folder) if folder else {}


def name_at(name: str, step: int | None) -> str:
    """The name of a model as it was at a step of its training; without a step, as it is.

    >>> name_at("storyteller", 300), name_at("storyteller", None)
    ('storyteller@300', 'storyteller')
    """
    return name if step is None else f"{name}{AT}{step}"


def parted(name: str) -> tuple[str, int | None]:
    """The name of a model, and at which step of its training; of any other name, which may be a folder's, all of it.

    >>> parted("storyteller"), parted("yours:mine@2")
    (('storyteller', None), ('yours:mine@2', None))
    """
    model, at, _step = name.partition(AT)
    steps = steps_of(model) if at else ()
    return next(((model, step) for step in steps if name == name_at(model, step)), (name, None))


def card_of(name: str) -> ModelCard:
    """What is known of a model of the catalogue, or of what it was: `storyteller@300`. Raises KeyError for no such."""
    model, step = parted(name)
    card = CATALOGUE[model]
    if step is None:
        return card
    path = steps_of(model)[step]
    config, parameters = _sizes_at(card, path)
    return replace(card, name=name, config=config, parameters=parameters, sha256=None, snapshot=path, step=step)


@lru_cache
def _sizes_at(card: ModelCard, snapshot: Path) -> tuple[GPTConfig, int]:
    """The sizes that a model had at a snapshot, and its parameters: blocks may have been added since."""
    try:
        kept = kept_in(snapshot)
    except (OSError, SafetensorError):  # whoever loads it is told why
        kept = None
    config = replace(card.config, n_layers=kept.n_layers) if kept else card.config
    with torch.device("meta"), Unfilled():
        return config, sum(parameter.numel() for parameter in GPT(config).parameters())


def available(model: ModelCard) -> bool:
    """Whether it can be loaded without a network."""
    return model.random or folder_of(model) is not None


def load_model(name_or_folder: str | Path) -> GPT:
    """A model by its name in the catalogue, or from a folder with `model.safetensors`, in any layout of `layouts`.

    `storyteller@300` is what that model was after step 300 of its training, where there is a snapshot of it.
    A published model that is not on this machine is fetched into the Hugging Face cache first.

    Raises:
        WeightsError: weights are missing, damaged or of another model; the message says what came and what was wanted.
        ValueError: a name that is not in the catalogue.
        OSError: the network or the disk failed while fetching.
    """
    with torch.inference_mode(mode=False):  # or no gradient could ever pass through the model
        return _load(name_or_folder)


def _load(name_or_folder: str | Path) -> GPT:
    named = isinstance(name_or_folder, str) and parted(name_or_folder)[0] in CATALOGUE
    model = card_of(name_or_folder) if isinstance(name_or_folder, str) and named else None
    if model is None:
        if Path(name_or_folder).is_dir() or Path(name_or_folder).name != str(name_or_folder):
            return load_folder(Path(name_or_folder))
        raise ValueError(f"no model and no folder {name_or_folder!r}; the catalogue has {', '.join(CATALOGUE)}")
    if model.seed is not None:
        return random_model(model.config, model.seed)
    if model.snapshot:
        return load_packed(model.snapshot, model.config)
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
