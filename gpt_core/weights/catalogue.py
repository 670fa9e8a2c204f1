"""The models this project knows by name: what each is, where its weights come from, what it learnt from."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from gpt_core.model.config import BOOK_124M, PUBLISHED, GPTConfig
from gpt_core.model.gpt import GPT
from gpt_core.model.seeding import seeded
from gpt_core.weights.fast_linear import accelerate
from gpt_core.weights.folder import load_folder
from gpt_core.weights.hub import HubFile, cached_folder, fetch
from gpt_core.weights.model_file import MODEL_FILE, WeightsError
from gpt_core.weights.packing import tokens_trained

PACKAGE = Path(__file__).parent.parent
CHECKOUT = PACKAGE.parent / "assets" / "models"
MODELS_FOLDER = CHECKOUT if CHECKOUT.exists() else PACKAGE / "bundled"  # an installed wheel has them within


@dataclass(frozen=True)
class ModelCard:
    """An entry. Exactly one of `seed`, `sha256` (bundled) and `hub` says where its weights come from."""

    name: str
    title: str
    config: GPTConfig
    parameters: int
    trained_on: str
    licence: str
    seed: int | None = None
    sha256: str | None = None
    hub: HubFile | None = None

    @property
    def random(self) -> bool:
        """Whether nothing was learnt: the weights are drawn from `seed`."""
        return self.seed is not None


GPT2_DATA = "WebText: 8 million web pages that Reddit users had linked, up to 2017"
GPT2_LICENCE = "modified MIT licence, OpenAI"
CATALOGUE = {
    model.name: model
    for model in (
        ModelCard(
            name="storyteller",
            title="Storyteller",
            config=GPTConfig(context_length=256, emb_dim=192, n_heads=6, n_layers=6),
            parameters=12_368_064,
            trained_on="47 children's books in English and French. It knows little.",
            licence="MIT",
            sha256="1b82a97cd7d4e69ec6da8c18cc1850aa8736930e2a5ddf7f746ad2320efa70c9",
        ),
        ModelCard(
            name="induction-lab",
            title="Induction lab",
            config=GPTConfig(context_length=64, emb_dim=128, n_heads=4, n_layers=2, tied_head=False),
            parameters=13_270_784,
            trained_on="repeated sequences of 128 random words. All it can do is copy.",
            licence="MIT",
            sha256="ae07d1eb8ce1faf2f16444374d910c150b491cffa162b8764f7cce3b96963eb7",
        ),
        ModelCard(
            name="random-small",
            title="Random weights, small",
            config=GPTConfig(context_length=256, emb_dim=192, n_heads=6, n_layers=4),
            parameters=11_478_336,
            trained_on="nothing: random numbers, seed 123",
            licence="none needed",
            seed=123,
        ),
        ModelCard(
            name="random-124m",
            title="Random weights, GPT-2 size",
            config=BOOK_124M,
            parameters=163_009_536,
            trained_on="nothing: random numbers, seed 123, as in the book's chapter 4; the head is not tied",
            licence="none needed",
            seed=123,
        ),
        ModelCard(
            name="gpt2",
            title="GPT-2 124M",
            config=PUBLISHED["gpt2"],
            parameters=124_439_808,
            trained_on=GPT2_DATA,
            licence=GPT2_LICENCE,
            hub=HubFile(
                repository="openai-community/gpt2",
                revision="607a30d783dfa663caf39e06633721c8d4cfcd7e",
                n_bytes=548_105_171,
                sha256="248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707",
            ),
        ),
        ModelCard(
            name="gpt2-medium",
            title="GPT-2 355M",
            config=PUBLISHED["gpt2-medium"],
            parameters=354_823_168,
            trained_on=GPT2_DATA,
            licence=GPT2_LICENCE,
            hub=HubFile(
                repository="openai-community/gpt2-medium",
                revision="6dcaa7a952f72f9298047fd5137cd6e4f05f41da",
                n_bytes=1_519_984_962,
                sha256="fc5a354a19255ad494f3d71549390baca1ccf61d1d822b9408971705c687c9cd",
            ),
        ),
    )
}


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
