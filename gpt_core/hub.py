"""Published weights: looked for in the Hugging Face cache, and fetched into it when the reader asks."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import hf_hub_download, try_to_load_from_cache
from tqdm import tqdm

FILES = ("config.json", "model.safetensors")


class Cancelled(Exception):
    """The reader changed their mind while a file was on its way."""


@dataclass(frozen=True)
class HubFile:
    """Where published weights are and what they must be. The revision is pinned: the file behind it never changes."""

    repository: str
    revision: str
    n_bytes: int
    sha256: str | None = None  # None: the digest under which the hub files it, checked all the same


def cached_folder(hub: HubFile) -> Path | None:
    """The folder with both files in the hub's cache, or None; never asks the network."""
    found = [try_to_load_from_cache(hub.repository, file, revision=hub.revision) for file in FILES]
    paths = [Path(path) for path in found if isinstance(path, str)]
    return paths[0].parent if len(paths) == len(FILES) else None


def fetch(
    hub: HubFile,
    *,
    progress: Callable[[int], None] = lambda n_bytes: None,
    cancelled: Callable[[], bool] = lambda: False,
    timeout: float = 10.0,
) -> Path:
    """Fetch the files into the hub's cache and check the digest; returns their folder.

    The library writes to a temporary name, renames at the end, checks the disk's free space first, and locks, so that
    of two processes one fetches and the other waits.

    Args:
        hub: what to fetch.
        progress: called with the number of bytes of the weights so far.
        cancelled: asked after each piece; True stops the transfer.
        timeout: seconds to wait for the hub's first answer.

    Raises:
        Cancelled: `cancelled` said so.
        OSError: no network, no space, or a file whose digest is wrong (which is then removed).
    """

    class Bar(tqdm):
        """tqdm is how the library reports progress; this one draws nothing and hands the number on."""

        def __init__(self, *args: Any, **settings: Any) -> None:
            settings.pop("name", None)
            super().__init__(*args, **settings | {"disable": True})
            self.n_bytes = int(settings.get("initial") or 0)

        def update(self, n: float | None = 1) -> None:
            if cancelled():
                raise Cancelled(hub.repository)
            self.n_bytes += int(n or 0)
            progress(self.n_bytes)

    paths = [
        Path(hf_hub_download(hub.repository, file, revision=hub.revision, etag_timeout=timeout, tqdm_class=Bar))
        for file in FILES
    ]
    weights = paths[-1]
    blob = weights.resolve()
    with blob.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    wanted = hub.sha256 or blob.name
    if found != wanted:
        weights.unlink()
        blob.unlink(missing_ok=True)
        raise OSError(f"{hub.repository}: SHA-256 of the fetched file is {found[:12]}…, expected {wanted[:12]}…")
    return weights.parent
