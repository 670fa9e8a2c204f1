"""Published weights: looked for in the Hugging Face cache, and fetched into it when the reader asks."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from huggingface_hub import constants, get_hf_file_metadata, hf_hub_download, hf_hub_url, try_to_load_from_cache
from tqdm import tqdm

from gpt_core.weights.model_file import CONFIG_FILE, MODEL_FILE, WeightsError, check_digest

DIGEST = re.compile("[0-9a-f]{64}")
UNKNOWN_HEADER = 20_000  # bytes by which a file may be longer or shorter that was never measured
_lock = threading.Lock()
_stoppable = 0  # transfers under way that must be stoppable
_before = False


@contextmanager
def plain_http() -> Iterator[None]:
    """Within, the hub's library uses plain HTTP, a transfer that can be stopped between two pieces.

    The library has one setting for the whole process: the first transfer sets it, the last one puts it back.
    """
    global _before, _stoppable
    with _lock:
        if not _stoppable:
            _before, constants.HF_HUB_DISABLE_XET = constants.HF_HUB_DISABLE_XET, True
        _stoppable += 1
    try:
        yield
    finally:
        with _lock:
            _stoppable -= 1
            if not _stoppable:
                constants.HF_HUB_DISABLE_XET = _before


class Cancelled(Exception):  # noqa: N818 (nothing went wrong)
    """The reader changed their mind while a file was on its way."""


@dataclass(frozen=True)
class HubFile:
    """Where published weights are and what they must be. The revision is pinned: the file behind it never changes.

    `others` are names under which the same file may lie in a cache, as `from_pretrained("gpt2")` leaves it. Where no
    digest is known (`sha256` is None), `n_bytes` is right to some kilobytes, and the file is held against the digest
    that its source gives; that its numbers are the published ones is then not known.
    """

    repository: str
    revision: str
    n_bytes: int
    sha256: str | None
    others: tuple[str, ...] = ()


def cached_folder(hub: HubFile) -> Path | None:
    """A folder in the hub's cache with these weights, of any revision and under any of their names, or None.

    Never asks the network. A file of the cache is named by its digest; where it is a copy, its size must be right. What
    it really holds is checked when it is loaded. Its `config.json` may be missing: weights show all sizes but one.
    """
    found = try_to_load_from_cache(hub.repository, MODEL_FILE, revision=hub.revision)
    if isinstance(found, str):
        return Path(found).parent
    for repository in (hub.repository, *hub.others):
        for path in sorted(
            (Path(constants.HF_HUB_CACHE) / repo_folder_name(repository)).glob(f"snapshots/*/{MODEL_FILE}")
        ):
            if _fits(path.resolve(), hub):
                return path.parent
    return None


def _fits(path: Path, hub: HubFile) -> bool:
    """Whether a file of the cache is the one that is meant, by its name there or else by its size."""
    if hub.sha256 is None:
        return abs(path.stat().st_size - hub.n_bytes) < UNKNOWN_HEADER
    return path.name == hub.sha256 or (path.name == MODEL_FILE and path.stat().st_size == hub.n_bytes)


def repo_folder_name(repository: str) -> str:
    """How the hub's cache calls the folder of a repository."""
    return "models--" + repository.replace("/", "--")


def reachable(timeout: float = 1.0) -> bool:
    """Whether the hub answers at all; False at once where the library is told to stay offline."""
    endpoint = urlsplit(constants.ENDPOINT)
    if constants.is_offline_mode():
        return False
    if endpoint.scheme in getproxies():
        return True  # as in many schools: only the proxy can tell, and says so when something is fetched
    try:
        port = endpoint.port or (443 if endpoint.scheme == "https" else 80)
        socket.create_connection((endpoint.hostname or "", port), timeout).close()
    except OSError:
        return False
    return True


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
        cancelled: asked before the transfer and after each piece; True stops it.
        timeout: seconds to wait for the hub's first answer.

    Raises:
        Cancelled: `cancelled` said so.
        WeightsError: the fetched file is not the published one (and was removed).
        OSError: no network, or no space.
    """

    if cancelled():
        raise Cancelled(hub.repository)
    bar = _bar(hub, progress, cancelled)
    try:
        if cached_folder(hub) is None:  # without a network this fails at once; the download would try for half a minute
            get_hf_file_metadata(hf_hub_url(hub.repository, MODEL_FILE, revision=hub.revision), timeout=timeout)
        with plain_http():
            for file in (CONFIG_FILE, MODEL_FILE):
                path = Path(
                    hf_hub_download(hub.repository, file, revision=hub.revision, etag_timeout=timeout, tqdm_class=bar)
                )
    except (Cancelled, OSError):
        raise
    except Exception as error:  # of the library's HTTP client, which are of many kinds
        raise OSError(f"{hub.repository}: the transfer broke off ({error})") from error
    try:
        if wanted := hub.sha256 or told_digest(path):
            check_digest(path, wanted)
    except WeightsError:
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        raise
    return path.parent


def told_digest(path: Path) -> str | None:
    """The digest that the hub gives of a file in its cache, where it names the file; a mere copy is named otherwise."""
    name = path.resolve().name
    return name if DIGEST.fullmatch(name) else None


def _bar(hub: HubFile, progress: Callable[[int], None], cancelled: Callable[[], bool]) -> type[tqdm]:
    """A progress bar's class: the library makes one for each file, and it asks and tells the two functions."""

    class Bar(tqdm):
        """tqdm is how the library reports progress; this one draws nothing and hands the number on."""

        def __init__(self, *args: Any, **settings: Any) -> None:
            settings.pop("name", None)
            super().__init__(*args, **settings | {"disable": True})
            self.n_bytes = int(settings.get("initial") or 0)

        def update(self, n: int | float | None = 1) -> None:
            if cancelled():
                raise Cancelled(hub.repository)
            self.n_bytes += int(n or 0)
            progress(self.n_bytes)

    return Bar
