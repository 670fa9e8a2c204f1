"""The models of this server by name: the catalogue's, those that readers put into a folder, those just trained live."""

import json
import secrets
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Lock

import psutil
import torch

from gpt_core import GPT, GPTConfig, Tokenizer
from gpt_core.measure.anatomy import count_parameters
from gpt_core.training.keep import KeptModel
from gpt_core.weights import catalogue, packing
from gpt_core.weights.catalogue import CATALOGUE, ModelCard
from gpt_core.weights.folder import load_folder, open_folder
from gpt_core.weights.model_file import CONFIG_FILE, INDEX_FILE, PICKLES, Remark, WeightsError, weight_files
from pages.services.names import readable

DEEPEST = 3  # folders within folders
MOST = 100  # models of readers that are looked at
LONGEST_NAME = 40  # characters shown
LARGEST_VOCABULARY_FILE = 20_000_000  # bytes
MOST_PADDED = 51_200  # rows: the vocabulary rounded up to a multiple of 1,024, the coarsest that is usual
MOST_TRAINED = 50  # models that were trained live and can still be opened: each is a small file in memory
FREE = 0.9  # of the free memory that a model may take

# Labels, marked for translation as OF_SERVICES in pages/ui/model_picker.py
JUST_TRAINED = "Just trained"
ONE_TEXT = "one text alone, live in Learning. It knows nothing else."


@dataclass(frozen=True)
class OwnModel:
    """A folder with a model of the readers' own: what it is, or what is wrong with it."""

    name: str
    place: str  # the folder, as it is shown
    card: ModelCard | None = None
    layout: str = ""
    remarks: tuple[Remark, ...] = ()
    problem: WeightsError | None = None
    edition: tuple[tuple[str, int, int], ...] = ()  # of each file: name, time of its last change, size
    met: torch.Tensor | None = None  # ids of the tokens that it met in training, where its file says so
    found: tuple[Path, Path] | None = None  # the folder, and the one in which it was found


def own_folders(root: Path) -> Iterator[Path]:
    """Folders in `root` that hold a model, or what was meant as one; links that lead out of it are not followed."""
    top = root.resolve()

    def within(folder: Path, depth: int) -> Iterator[Path]:
        try:
            inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        except OSError:
            return
        if any(looks_like_a_model(path) for path in inside):
            yield folder
        elif depth < DEEPEST:
            for path in inside:
                if path.is_dir() and path.resolve().is_relative_to(top) and not bundled(path):
                    yield from within(path, depth + 1)

    yield from within(root, 0)


def looks_like_a_model(path: Path) -> bool:
    """Whether a file is a model's, or a pickle of one."""
    return path.is_file() and (path.suffix in {".safetensors", *PICKLES} or path.name in {CONFIG_FILE, INDEX_FILE})


def bundled(folder: Path) -> bool:
    """Whether a folder is that of a model of the catalogue."""
    return folder.parent == catalogue.MODELS_FOLDER and folder.name in CATALOGUE


def edition_of(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Of each file of a model its name, time of last change and size; of a folder that is gone, nothing."""
    try:
        found = [(path.name, path.stat()) for path in sorted(folder.iterdir()) if looks_like_a_model(path)]
    except OSError:
        return ()
    return tuple((name, status.st_mtime_ns, status.st_size) for name, status in found)


def look_at(name: str, folder: Path, root: Path) -> OwnModel:
    """What a folder holds; reads the files' headers, and no numbers."""
    place = readable("/".join((root.name, *folder.relative_to(root).parts)))
    edition, found = edition_of(folder), (folder, root)
    try:
        opened, _paths = open_folder(folder)
        check_vocabulary(folder, opened.config)
        met = packing.trained_ids(weight_files(folder)[0])
    except WeightsError as problem:
        return OwnModel(name, place, problem=problem, edition=edition, found=found)
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, MemoryError) as error:
        problem = WeightsError("{file} cannot be read", file=readable(folder.name), detail=repr(error))
        return OwnModel(name, place, problem=problem, edition=edition, found=found)
    remarks = opened.remarks
    if opened.config.vocab_size > GPTConfig().vocab_size:
        n = opened.config.vocab_size - GPTConfig().vocab_size
        remarks += (Remark("Rows past GPT-2’s vocabulary: {n}. They are padding, shown as ⟨unused⟩.", {"n": n}),)
    parameters = sum(tensor.numel() for tensor in opened.state.values())
    card = ModelCard(name, readable(folder.name)[:LONGEST_NAME], opened.config, parameters, "", "", folder=folder)
    return OwnModel(name, place, card, opened.layout, remarks, edition=edition, met=met, found=found)


def check_vocabulary(folder: Path, config: GPTConfig) -> None:
    """Raise WeightsError where a model cannot have learnt from GPT-2's tokens, as which texts are read here."""
    found, wanted = config.vocab_size, GPTConfig().vocab_size
    if not wanted <= found <= MOST_PADDED:
        raise WeightsError(
            "{folder}: its vocabulary has size {found}, but texts are read here with GPT-2’s, of size {wanted}",
            folder=folder.name, found=found, wanted=wanted,
        )  # fmt: skip
    for file, tokens in own_vocabulary(folder):
        if tokens != gpt2_vocabulary(tokens):
            raise WeightsError("{file} is another vocabulary than GPT-2’s, with which texts are read here", file=file)


def own_vocabulary(folder: Path) -> Iterator[tuple[str, dict[str, int]]]:
    """The vocabularies that lie beside a model, as Hugging Face writes them; those that cannot be read are none."""
    for file in ("vocab.json", "tokenizer.json"):
        path = folder / file
        try:
            if path.stat().st_size > LARGEST_VOCABULARY_FILE:
                continue
            held = json.loads(path.read_text("utf-8"))
            yield file, dict(held["model"]["vocab"] if file == "tokenizer.json" else held)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue


def gpt2_vocabulary(like: dict[str, int]) -> dict[str, int]:
    """GPT-2's tokens in Hugging Face's spelling, in which each byte is a letter; those past them as in `like`."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = (chr(256 + n) for n in count())
    letters = {byte: chr(byte) if byte in printable else next(others) for byte in range(256)}
    tokenizer = Tokenizer()
    spelt = {"".join(letters[byte] for byte in token): id for token, id in tokenizer.ranks.items()}
    past = {token: id for token, id in like.items() if isinstance(id, int) and id > tokenizer.end_of_text}
    return {**past, **spelt, "<|endoftext|>": tokenizer.end_of_text}


def free_memory() -> int:
    """Bytes that programs may still take on this machine."""
    return int(psutil.virtual_memory().available)


class Models:
    """What may be chosen here, by name, and how it is loaded.

    Args:
        roots: folders of readers' own models, besides the one of the bundled models.
        load: a model of the catalogue by its name.
        free: bytes of memory that are free.
    """

    def __init__(
        self,
        roots: Sequence[Path] = (),
        *,
        load: Callable[[str], GPT] = catalogue.load_model,
        free: Callable[[], int] = free_memory,
    ) -> None:
        self._roots, self._load, self._free = tuple(roots), load, free
        self._own: dict[str, OwnModel] | None = None
        self._looking = Lock()  # over what was found last
        self._trained: dict[str, KeptModel] = {}  # the oldest first

    @property
    def own(self) -> dict[str, OwnModel]:
        """The readers' own models by name, as they were when somebody looked last."""
        if self._own is None:
            self.look_again()
        return self._own or {}

    @property
    def has_more_roots(self) -> bool:
        """Whether readers' own models are looked for in other folders too."""
        return bool(self._roots)

    def look_again(self) -> list[str]:
        """Look into the folders once more; the names whose files are other ones now, or gone."""
        found: dict[str, OwnModel] = {}
        folders = ((root, folder) for root in (catalogue.MODELS_FOLDER, *self._roots) for folder in own_folders(root))
        for (root, folder), _n in zip(folders, range(MOST), strict=False):
            title = f"yours:{readable(folder.name)}"
            name = next(one for one in (title, *(f"{title}-{n}" for n in range(2, MOST + 2))) if one not in found)
            found[name] = look_at(name, folder, root)
        with self._looking:
            before, self._own = self._own or {}, found
        return [name for name, own in before.items() if name not in found or found[name].edition != own.edition]

    def refresh(self) -> None:
        """Look once more into those folders of readers' own models whose files are other ones now, or gone.

        Only names and times are read where nothing has changed: this is done in every run of a page.
        """
        now: dict[str, OwnModel] = {}
        before = self.own
        for name, own in before.items():
            if own.found is None or own.edition == edition_of(own.found[0]):
                now[name] = own
            elif own.found[0].is_dir():
                now[name] = look_at(name, *own.found)
        with self._looking:
            if self._own is before:  # or somebody has looked into all folders meanwhile
                self._own = now

    def names(self) -> list[str]:
        """Those that can be chosen, the default first."""
        here = [name for name, card in CATALOGUE.items() if catalogue.available(card)]
        return here + [name for name, own in self.own.items() if own.card]

    def add_trained(self, kept: KeptModel) -> str:
        """Take in a model that a reader has just trained; the name it has from now on, which nobody can guess.

        It is in no list: whoever trained it, or has a link from them, can choose it. The oldest ones are forgotten.
        """
        name = f"trained:{secrets.token_urlsafe(12)}"
        self._trained[name] = kept
        for old in list(self._trained)[:-MOST_TRAINED]:
            del self._trained[old]
        return name

    def is_trained(self, name: str) -> bool:
        """Whether a name is that of a model trained live, and is still known."""
        return name in self._trained

    def moments(self, name: str) -> list[int]:
        """The steps of a model's training at which it can be looked at, besides the end."""
        return list(catalogue.steps_of(name))

    def layers_throughout(self, name: str) -> int:
        """How many layers a model has had at all the moments at which it can be looked at: more may have been added."""
        names = [catalogue.name_at(name, step) for step in (None, *self.moments(name))]
        return min(self.card(one).config.n_layers for one in names)

    def comes_and_goes(self, name: str) -> bool:
        """Whether it is one of many that need not stay loaded: trained live, or a snapshot of a training."""
        return self.is_trained(name) or self.parted(name)[1] is not None

    def parted(self, name: str) -> tuple[str, int | None]:
        """The name of a model as it is in lists, and the step of its training at which it is looked at, if any."""
        return catalogue.parted(name)

    def instead_of(self, name: str) -> list[str]:
        """What may be shown where a model cannot be loaded, the nearest first."""
        return [self.parted(name)[0], *self.names()]

    def can_be_chosen(self, name: str) -> bool:
        """Whether there is such a model, in a list or not."""
        return self.is_trained(name) or name in self.names()

    def card(self, name: str) -> ModelCard:
        """What is known of a model. Raises KeyError where there is none of this name, or it cannot be read."""
        if catalogue.parted(name)[0] in CATALOGUE:
            return catalogue.card_of(name)
        if kept := self._trained.get(name):
            parameters = count_parameters(kept.config).total
            return ModelCard(name, JUST_TRAINED, kept.config, parameters, ONE_TEXT, "")
        own = self.own.get(name)
        if own is None or own.card is None:
            raise KeyError(name)
        return own.card

    def edition(self, name: str) -> Hashable:
        """What changes when a model's files do: results of another edition are not its own."""
        own = self.own.get(name)
        return own.edition if own else None

    def tokens_met(self, name: str) -> torch.Tensor | None:
        """Ids of the tokens that a model met in training; None where it met, or may have met, all of them."""
        if kept := self._trained.get(name):
            return torch.tensor(kept.met)
        own = self.own.get(name)
        return own.met if own else catalogue.tokens_met(catalogue.card_of(name))

    def lack_of_memory(self, card: ModelCard) -> WeightsError | None:
        """What is to be said where a model's numbers, in float32, do not fit in the memory that is free."""
        needed, free = 4 * card.parameters, self._free()
        if needed <= FREE * free:
            return None
        return WeightsError(
            "{model} needs {needed} MB of memory, but only {free} MB are free",
            model=card.title, needed=needed // 10**6, free=free // 10**6,
        )  # fmt: skip

    def load(self, name: str) -> GPT:
        """A model by its name.

        Raises:
            WeightsError: its files are missing or damaged, or there is too little memory for it.
            OSError: they cannot be read.
        """
        try:
            card = self.card(name)
        except KeyError:
            raise WeightsError("{folder} holds no {file}", folder=name, file="model.safetensors") from None
        if problem := self.lack_of_memory(card):
            raise problem
        if kept := self._trained.get(name):
            return kept.load()
        return load_folder(card.folder, mapped=False) if card.folder else self._load(name)
