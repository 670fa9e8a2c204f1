"""The real thing on this machine: replicas of the app, a Redis, HAProxy with the configuration of `deploy/`."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

import psutil

ROOT = Path(__file__).parents[2]
HAPROXY = ROOT / "deploy/haproxy.cfg"
STARTS_WITHIN = 120.0  # seconds


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def answers(url: str) -> bool:
    """Whether a server is there and ready."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return b"ready" in answer.read(100)
    except (urllib.error.URLError, OSError):
        return False


@dataclass
class Replica:
    """One process of the app on a port of its own."""

    settings: dict[str, str] = field(default_factory=dict)
    log: Path = Path(os.devnull)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begin; `wait` says when it is ready."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)]
        with self.log.open("ab") as said:
            environment = os.environ | {"OMP_NUM_THREADS": "1"} | self.settings
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said)

    def wait(self) -> None:
        """Until it answers."""
        ends = time.monotonic() + STARTS_WITHIN
        while not answers(f"{self.url}/readyz"):
            assert self.process and self.process.poll() is None, "a replica ended"
            assert time.monotonic() < ends, "a replica does not get ready"
            time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; with SIGKILL it dies on the spot."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)

    def cpu(self) -> float:
        """Seconds of processor time until now."""
        assert self.process
        return sum(psutil.Process(self.process.pid).cpu_times()[:2])

    def memory(self) -> int:
        """Bytes that are its own."""
        assert self.process
        return psutil.Process(self.process.pid).memory_full_info().uss


@contextmanager
def replicas(n: int, log: Path | None = None, **settings: str) -> Iterator[list[Replica]]:
    """So many replicas, all ready."""
    with ExitStack() as stack:
        made = [Replica(settings, log or Path(os.devnull)) for _ in range(n)]
        for one in made:
            stack.callback(one.stop)
            one.start()
        for one in made:
            one.wait()
        yield made


def configuration(port: int, ports: list[int]) -> str:
    """HAProxy's configuration as it is deployed, but for where it listens and where the replicas are."""
    lines = []
    for line in HAPROXY.read_text("utf-8").splitlines():
        if line.strip().startswith("server-template"):
            lines += [f"    server replica{i} 127.0.0.1:{one}" for i, one in enumerate(ports)]
        else:
            lines.append(line.replace("bind :8080", f"bind 127.0.0.1:{port}"))
    return "\n".join([*lines, ""])


@contextmanager
def balanced(ports: list[int], folder: Path) -> Iterator[str]:
    """The address of a HAProxy before these replicas."""
    port, file = free_port(), folder / "haproxy.cfg"
    file.write_text(configuration(port, ports), "utf-8")
    program = which("haproxy")
    assert program, "no haproxy (Debian's package of this name)"
    process = subprocess.Popen(
        [program, "-f", str(file)], env=os.environ | {"GLASSBOX_COOKIE_KEY": "x"}, stdout=subprocess.DEVNULL
    )
    try:
        url, ends = f"http://127.0.0.1:{port}", time.monotonic() + 30
        while not answers(f"{url}/readyz"):
            assert time.monotonic() < ends, "HAProxy does not answer"
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(20)
