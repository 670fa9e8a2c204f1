"""Fetching, from a real server on this machine that answers as the hub does."""

import hashlib
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from huggingface_hub import constants

from gpt_core.weights import hub as hub_module
from gpt_core.weights.folder import load_folder
from gpt_core.weights.hub import Cancelled, HubFile, cached_folder, fetch, reachable
from gpt_core.weights.model_file import WeightsError
from tests.model_folders import write

REVISION = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """Serves the two files of one folder at one revision; `requests` counts what was asked."""

    def __init__(self, folder) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = {name: (folder / name).read_bytes() for name in ("config.json", "model.safetensors")}
        self.digests = {name: hashlib.sha256(body).hexdigest() for name, body in self.files.items()}
        self.requests: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.server.gate.wait(timeout=20)
        self.answer(with_body=True)

    def answer(self, *, with_body: bool) -> None:
        self.server.requests.append(f"{self.command} {self.path}")
        name = self.path.removeprefix(f"/school/tiny/resolve/{REVISION}/")
        body = self.server.files.get(name)
        self.send_response(404 if body is None else 200)
        if body is not None:
            self.send_header("X-Repo-Commit", REVISION)
            self.send_header("ETag", f'"{self.server.digests[name]}"')
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body and body is not None:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    found = Hub(write(tmp_path / "published"))
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    monkeypatch.setattr(constants, "ENDPOINT", found.address)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", found.address + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def published(server: Hub, **changes) -> HubFile:
    weights = server.files["model.safetensors"]
    sha256 = hashlib.sha256(weights).hexdigest()
    return HubFile(
        **{"repository": "school/tiny", "revision": REVISION, "n_bytes": len(weights), "sha256": sha256} | changes
    )


def test_a_model_is_fetched_checked_and_found_again_without_the_network(server):
    hub = published(server)
    assert cached_folder(hub) is None
    seen: list[int] = []
    folder = fetch(hub, progress=seen.append)
    assert seen[-1] == hub.n_bytes
    assert seen == sorted(seen) or len(seen) == 2  # two files, each counted from nothing
    assert cached_folder(hub) == folder
    assert load_folder(folder, sha256=hub.sha256)
    assert [request for request in server.requests if request.startswith("GET /school")] == [
        f"GET /school/tiny/resolve/{REVISION}/{name}" for name in ("config.json", "model.safetensors")
    ]
    n_requests = len(server.requests)
    assert fetch(hub) == folder
    assert len(server.requests) == n_requests  # at a pinned revision there is nothing to ask


@pytest.mark.parametrize("repository", ["school/tiny", "tiny"])
@pytest.mark.parametrize("linked", [True, False])
def test_a_model_in_the_cache_is_found_under_any_name_and_revision_and_without_its_configuration(
    tmp_path, monkeypatch, repository, linked
):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    weights = (write(tmp_path / "published") / "model.safetensors").read_bytes()
    hub = HubFile("school/tiny", REVISION, len(weights), hashlib.sha256(weights).hexdigest(), others=("tiny",))
    place = tmp_path / "cache" / f"models--{repository.replace('/', '--')}"
    snapshot, blob = place / "snapshots" / ("f" * 40), place / "blobs" / hub.sha256
    snapshot.mkdir(parents=True)
    assert cached_folder(hub) is None
    if linked:
        blob.parent.mkdir()
        blob.write_bytes(weights)
        (snapshot / "model.safetensors").symlink_to(blob)
    else:
        (snapshot / "model.safetensors").write_bytes(weights)
    assert cached_folder(hub) == snapshot
    assert cached_folder(replace(hub, sha256="0" * 64, n_bytes=1)) is None


def test_a_file_with_another_digest_is_refused_and_removed(server):
    hub = published(server, sha256="0" * 64)
    with pytest.raises(WeightsError, match=r"^model.safetensors: SHA-256 is [0-9a-f]{12}…, expected 000000000000…$"):
        fetch(hub)
    assert cached_folder(hub) is None
    assert fetch(published(server)).is_dir()  # and can be fetched again


def test_a_file_damaged_on_its_way_is_not_taken_for_the_right_one_the_next_time(server):
    """The hub names the digest before it sends the file, and the library keeps files under that name."""
    hub, whole = published(server), server.files["model.safetensors"]
    server.files["model.safetensors"] = whole[:-1] + bytes([whole[-1] ^ 1])
    with pytest.raises(WeightsError, match=r"^model.safetensors: SHA-256 is "):
        fetch(hub)
    server.files["model.safetensors"] = whole
    assert load_folder(fetch(hub), sha256=hub.sha256)


def test_where_no_digest_is_known_a_file_is_held_against_the_one_that_its_source_gives(server):
    hub, whole = published(server, sha256=None), server.files["model.safetensors"]
    server.files["model.safetensors"] = whole[:-1] + bytes([whole[-1] ^ 1])
    with pytest.raises(WeightsError, match=r"^model.safetensors: SHA-256 is "):
        fetch(hub)
    assert cached_folder(hub) is None
    server.files["model.safetensors"] = whole
    assert fetch(hub) == cached_folder(hub)


def test_where_no_digest_is_known_a_file_of_about_its_size_is_found_and_another_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    snapshot = tmp_path / "cache" / "models--tiny" / "snapshots" / ("f" * 40)
    snapshot.mkdir(parents=True)
    size = (snapshot / "model.safetensors").write_bytes(bytes(50_000))
    hub = HubFile("school/tiny", REVISION, size + 900, None, others=("tiny",))
    assert cached_folder(hub) == snapshot
    assert cached_folder(replace(hub, n_bytes=2 * size)) is None


def test_a_transfer_can_be_cancelled(server):
    hub = published(server)
    with pytest.raises(Cancelled):
        fetch(hub, cancelled=lambda: True)
    assert server.requests == []
    answers = iter([False, False, True])
    with pytest.raises(Cancelled):
        fetch(hub, cancelled=lambda: next(answers))
    assert cached_folder(hub) is None
    assert fetch(hub).is_dir()


def test_a_server_that_is_gone_is_an_error_at_once(server, monkeypatch):
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(OSError, match=r"^school/tiny: the transfer broke off \(.*refused.*\)$"):
        fetch(published(server), timeout=1.0)


def test_a_revision_that_is_not_there_is_an_error(server):
    with pytest.raises(OSError, match="404"):
        fetch(published(server, repository="school/other"))


def test_offline_nothing_is_asked_and_the_answer_comes_at_once(server, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(OSError, match=r"offline mode is enabled"):
        fetch(published(server))
    assert server.requests == []
    assert cached_folder(published(server)) is None


def test_whether_the_hub_answers_is_known_without_asking_for_a_file(server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert reachable()
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert not reachable()
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:10")
    assert reachable()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert not reachable()


def test_two_at_once_fetch_it_once(server):
    hub, folders = published(server), []
    server.gate.clear()
    threads = [threading.Thread(target=lambda: folders.append(fetch(hub))) for _ in range(2)]
    for thread in threads:
        thread.start()
    server.gate.set()
    for thread in threads:
        thread.join()
    assert len(folders) == 2
    assert folders[0] == folders[1]
    assert load_folder(folders[0], sha256=hub.sha256)


def test_a_transfer_is_a_plain_one_which_can_be_stopped_and_the_setting_is_put_back(monkeypatch, server):
    seen = []
    download = hub_module.hf_hub_download
    monkeypatch.setattr(
        hub_module, "hf_hub_download", lambda *a, **k: seen.append(constants.HF_HUB_DISABLE_XET) or download(*a, **k)
    )
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    fetch(published(server))
    assert seen == [True, True]
    assert constants.HF_HUB_DISABLE_XET is False


def test_of_two_transfers_the_last_one_puts_the_setting_back(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    with hub_module.plain_http():
        with hub_module.plain_http():
            pass
        assert constants.HF_HUB_DISABLE_XET
    assert constants.HF_HUB_DISABLE_XET is False
