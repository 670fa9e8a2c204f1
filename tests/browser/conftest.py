"""A real server and a real Chromium; a page that throws or asks anything of another host fails its test."""

import json
import os
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A page lives for some seconds in a test: what would make its scripts faster takes longer than they do.
SHORT_LIVED = ["--js-flags=--no-turbofan --no-maglev"]


def chromium_path() -> str | None:
    """Chromium as Debian installs it, or as CHROMIUM names it."""
    return os.environ.get("CHROMIUM") or which("chromium") or which("chromium-browser") or which("google-chrome")


def firefox_path() -> str | None:
    """Firefox as Debian or Ubuntu installs it, or as FIREFOX names it."""
    return os.environ.get("FIREFOX") or which("firefox-esr") or which("firefox")


def installed(path: str | None, what: str, *, needed: bool) -> str:
    """A browser's path; without one the test is skipped, and fails where CI is set and the browser is `needed`."""
    if path is None:
        message = f"no {what}"
        if needed and os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


@contextmanager
def running(
    script: Path,
    *,
    ready: str = "_stcore/health",
    log: Path | None = None,
    timeout: float = 90,
    port: int = 0,
    root: Path = ROOT,
    **settings: str,
) -> Iterator[str]:
    """The address of `streamlit run script`, from when `ready` answers until the block ends; 0 is any free port.

    What the server says goes into the file `log`, if there is one. `root` is the tree that it imports from, `settings`
    are environment variables.
    """
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just left counts as free
        free.bind(("127.0.0.1", port))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"} | settings
    with (
        open(log or os.devnull, "w") as said,  # noqa: PTH123 (os.devnull is no path of ours)
        subprocess.Popen(
            command, cwd=root, env=environment, stdout=said, stderr=subprocess.STDOUT if log else None
        ) as server,
    ):
        try:
            deadline = time.monotonic() + timeout
            while not _answers(f"{url}/{ready}"):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{script.name} was not ready after {timeout:.0f} s")
                time.sleep(0.1)
            yield url
        finally:
            server.terminate()


def _answers(url: str) -> bool:
    """Any unknown path answers 200 with the page itself, so the body decides."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return b"<html" not in answer.read(2000).lower()
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """`serve(script)` starts a server for a script once and gives its address."""
    urls: dict[Path, str] = {}
    with ExitStack() as servers:

        def start(script: Path) -> str:
            if script not in urls:
                urls[script] = servers.enter_context(running(script))
            return urls[script]

        yield start


@pytest.fixture(scope="session")
def app_log(tmp_path_factory) -> Path:
    """What the app's server says."""
    return tmp_path_factory.mktemp("server") / "log.txt"


@pytest.fixture(scope="session")
def app_url(app_log) -> Iterator[str]:
    """The address of the app itself, ready. Whatever readers do, its log must hold no traceback in the end."""
    with running(ROOT / "app.py", ready="readyz", log=app_log) as url:
        yield url
    assert "Traceback" not in app_log.read_text("utf-8")


@pytest.fixture(scope="session")
def playwright():
    """What drives the browsers: one for the whole run, since a thread has room for no second."""
    with pytest.importorskip("playwright.sync_api").sync_playwright() as session:
        yield session


@pytest.fixture(scope="session")
def browser(request):
    """One Chromium for the whole run."""
    path = installed(chromium_path(), "Chromium (install Debian's, or set CHROMIUM to its path)", needed=True)
    playwright = request.getfixturevalue("playwright")
    browser = playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_FLAGS, *SHORT_LIVED])
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def firefox(request, tmp_path_factory):
    """One Firefox, as it is installed: Playwright's own builds are not needed."""
    path = installed(firefox_path(), "Firefox (install Debian's firefox-esr, or set FIREFOX to its path)", needed=False)
    playwright = request.getfixturevalue("playwright")
    relay = tmp_path_factory.mktemp("firefox") / "relay"
    command = shlex.join([sys.executable, str(Path(__file__).with_name("firefox_relay.py")), path])
    relay.write_text(f'#!/bin/sh\nexec {command} "$@"\n', "utf-8")
    relay.chmod(0o755)
    mouse = {"ui.primaryPointerCapabilities": 6, "ui.allPointerCapabilities": 6}  # fine and hovering, here too
    browser = playwright.firefox.launch(channel="moz-firefox", executable_path=str(relay), firefox_user_prefs=mouse)
    yield browser
    browser.close()


KEPT: dict[str, Any] = {}  # contexts by what they look like


@contextmanager
def fresh_page(browser, **look: Any) -> Iterator[Any]:
    """A page that knows nothing of the pages before it, but for the files that they loaded.

    Contexts are kept, since each new one loads and compiles eight megabytes of scripts: a quarter of a visit.
    """
    name = json.dumps([id(browser), look], sort_keys=True)
    context = KEPT[name] if name in KEPT else KEPT.setdefault(name, browser.new_context(**look))
    errors: list[str] = []
    asked: list[str] = []
    heard = {
        "weberror": lambda error: errors.append(str(error.error)),  # of other pages that a test opens, too
        "request": lambda request: asked.append(request.url),
    }
    for event, hear in heard.items():
        context.on(event, hear)
    try:
        yield context.new_page()
    finally:
        for page in context.pages:
            if page.url.startswith("http"):
                page.evaluate("localStorage.clear()")
            page.close()
        context.clear_cookies()
        context.clear_permissions()
        for event, hear in heard.items():
            context.remove_listener(event, hear)
    assert errors == []
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))] == []


@pytest.fixture
def browser_page(browser):
    """A fresh 1280×720 page in English and light colours."""
    size = {"width": 1280, "height": 720}
    with fresh_page(browser, viewport=size, locale="en-GB", color_scheme="light", accept_downloads=True) as page:
        yield page
