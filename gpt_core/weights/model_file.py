"""What lies on the disk: nothing is opened that could run code, and nothing is believed that was not checked."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from shlex import quote

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

MODEL_FILE, CONFIG_FILE = "model.safetensors", "config.json"
INDEX_FILE = "model.safetensors.index.json"  # of weights in several files (shards): which tensor is in which
BUFFERS = (".attn.bias", ".attn.masked_bias", ".att.mask")  # files may carry their causal mask along
PICKLES = (".pth", ".pt", ".bin", ".ckpt", ".pkl")
CONVERT = "python -m gpt_core.weights.convert"  # a command for one's own pickles, outside the server
OTHER_KINDS = {
    b"PK\x03\x04": "{file} holds a zipped pickle instead of safetensors weights",
    b"\x80": "{file} holds a pickle instead of safetensors weights",
    b"version https://git-lfs": "{file} holds a Git LFS pointer instead of safetensors weights",
    b"<": "{file} holds a web page instead of safetensors weights",
}


class WeightsError(ValueError):
    """A model file that is not what it should be. The message names the file, what came and what was wanted.

    `reason`, a template for `values`, can be said in another language; `detail` is what a library said, in English.
    """

    def __init__(self, reason: str, *, detail: str = "", **values: object) -> None:
        said = reason.format(**values)
        super().__init__(f"{said}: {detail}" if detail else said)
        self.reason: str = reason
        self.values: dict[str, object] = values


@dataclass(frozen=True)
class Remark:
    """What is worth knowing of a model's files that are in order; `reason` is a template for `values`."""

    reason: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.reason.format(**self.values)


def weight_files(folder: Path) -> tuple[Path, ...]:
    """Where a folder's weights are: `model.safetensors`, the shards that an index names, or the only other file."""
    if (folder / MODEL_FILE).exists():
        return (folder / MODEL_FILE,)
    if (folder / INDEX_FILE).exists():
        return shards(folder / INDEX_FILE)
    try:
        files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise WeightsError("{file} cannot be read", file=folder.name, detail=str(error.strerror)) from error
    found = [path for path in files if path.suffix == ".safetensors"]
    if len(found) == 1:
        return (found[0],)
    if found:
        names = ", ".join(path.name for path in found[:3])
        raise WeightsError(
            "{folder} holds several .safetensors files ({names}) and no {file}",
            folder=folder.name, names=names, file=MODEL_FILE,
        )  # fmt: skip
    for path in files:
        if path.suffix in PICKLES:
            raise WeightsError(
                "{file} is a pickle, which could run code, and is never opened here; “{command}” converts it",
                file=path.name, command=f"{CONVERT} {quote(path.name)} {quote(folder.name)}",
            )  # fmt: skip
    raise WeightsError("{folder} holds no {file}", folder=folder.name, file=MODEL_FILE)


def shards(index: Path) -> tuple[Path, ...]:
    """The files that an index names, each beside it: a name that leads elsewhere is refused."""
    try:
        names = sorted(set(json.loads(index.read_text("utf-8"))["weight_map"].values()))
        wrong = [name for name in names if Path(name).name != name or "\\" in name or not name.endswith(".safetensors")]
    except OSError as error:
        raise WeightsError("{file} cannot be read", file=index.name, detail=str(error.strerror)) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WeightsError("{file} is no index of weights", file=index.name, detail=repr(error)) from error
    if wrong or not names:
        raise WeightsError("{file} is no index of weights", file=index.name, detail=", ".join(map(repr, wrong[:1])))
    return tuple(index.parent / name for name in names)


def refuse_other_formats(path: Path) -> None:
    """Look at a file's ending and first bytes; a pickle is refused without being opened by anything."""
    if path.suffix != ".safetensors":
        raise WeightsError("{file}: only .safetensors files are read, never pickles (.bin, .pt, .ckpt)", file=path.name)
    try:
        with path.open("rb") as file:
            first = file.read(64)
    except OSError as error:
        raise WeightsError("{file} cannot be read", file=path.name, detail=str(error.strerror)) from error
    for start, reason in OTHER_KINDS.items():
        if first.lstrip().startswith(start) and first[8:9] != b"{":  # eight bytes of length, then JSON: safetensors
            raise WeightsError(reason, file=path.name)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Mapped tensors and metadata. safetensors accepts a header that names a tensor twice; this does not."""
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise WeightsError("{file} is not a whole safetensors file", file=path.name, detail=str(error)) from error
    with path.open("rb") as file:
        header = file.read(int.from_bytes(file.read(8), "little"))
    names = [name for name, _ in json.loads(header, object_pairs_hook=list)]
    for name in names:
        if names.count(name) > 1:
            raise WeightsError("{file} names {name} twice in its header", file=path.name, name=name)
    return tensors, metadata


def check_digest(path: Path, sha256: str) -> None:
    """Raise WeightsError unless the file's SHA-256 is `sha256`. Each version of a file is read once a process."""
    found = _digest(path, *_version(path))
    if found != sha256:
        raise WeightsError(
            "{file}: SHA-256 is {found}…, expected {wanted}…", file=path.name, found=found[:12], wanted=sha256[:12]
        )


def check_finite(path: Path) -> None:
    """Raise WeightsError if any number in the file is NaN or infinite. Once a process for each version of a file."""
    name = _not_finite(path, *_version(path))
    if name is not None:
        raise WeightsError("{file}: {name} holds NaN or infinite numbers", file=path.name, name=name)


def _version(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache
def _digest(path: Path, changed: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache
def _not_finite(path: Path, changed: int, size: int) -> str | None:
    for name, tensor in read_tensors(path)[0].items():
        if tensor.is_floating_point() and not name.endswith(BUFFERS) and not tensor.sum(dtype=torch.float32).isfinite():
            return name
    return None
