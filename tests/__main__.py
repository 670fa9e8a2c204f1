"""One command says whether it is good: `python -m tests` runs lint and format, then the tests and beside them types.

`python -m tests --quick` is for in between: lint, and the tests of core, figures, words and architecture that
are not slow. All other arguments are pytest's.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PYTHON = (sys.executable, "-m")
MOST = 6  # workers, since each takes a gigabyte
HEARD: dict[str, Any] = {
    "cwd": ROOT,
    "check": False,
    "text": True,
    "stdout": subprocess.PIPE,
    "stderr": subprocess.STDOUT,
}
FOLDERS = ("tests/browser", "tests/pages", "tests/server", "tests/services")  # not even opened in a hurry
QUICK = ("-m", "(core or figures or words or architecture) and not slow", *(f"--ignore={name}" for name in FOLDERS))


def javascript() -> list[list[str]]:
    """Lint and types of what runs in the browser. A machine without npm can do without, but not where `CI` is set."""
    npm = shutil.which("npm")
    if npm and (_succeeds(npm, "ls", quiet=True) or _succeeds(npm, "ci")):  # `ls` fails where a tool is not yet here
        return [[npm, "run", "--silent", "check"]]
    message = "JavaScript is not checked: that takes npm and the tools in package.json.\n"
    if os.environ.get("CI"):
        sys.exit(message)
    sys.stderr.write(message)
    return []


def _succeeds(*command: str, quiet: bool = False) -> bool:
    return subprocess.run(command, cwd=ROOT, capture_output=quiet, check=False).returncode == 0


def processors(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """How many this process may use: a container may have a share of them only, in microseconds of each period."""
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    allowed = quota.read_text().split() if quota.is_file() else ["max"]
    return n if allowed[0] == "max" else min(n, max(1, int(allowed[0]) // int(allowed[1])))


def workers() -> str:
    """Of pytest: one more than processors, since a test waits a fifth of its time; each has a server and a browser."""
    return str(min(processors() + 1, MOST))


def keep_compiled(environment: MutableMapping[str, str]) -> None:
    """Where Python may write nothing beside its sources, it writes elsewhere what it has compiled.

    The tests start some forty servers and other processes, and each would compile all libraries once more: 3 s.
    """
    if environment.pop("PYTHONDONTWRITEBYTECODE", None):
        environment.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / ".pytest_cache" / "compiled"))


def run(command: list[str]) -> None:
    """Run it to its end, and end with it where it fails."""
    if code := subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.exit(code)


def main(arguments: list[str]) -> None:
    """All that was asked for."""
    keep_compiled(os.environ)
    others = [argument for argument in arguments if argument != "--quick"]
    tests = [*PYTHON, "pytest", "-n", workers(), "--dist", "worksteal"]
    run([*PYTHON, "ruff", "check", "."])
    if len(others) < len(arguments):
        run([*tests, *QUICK, *others])
        return
    run([*PYTHON, "ruff", "format", "--check", "."])
    with ThreadPoolExecutor() as beside:
        checks = [beside.submit(subprocess.run, check, **HEARD) for check in ([*PYTHON, "pyright"], *javascript())]
        tested = subprocess.run([*tests, *others], cwd=ROOT, check=False).returncode
    for check in (check.result() for check in checks):
        sys.stdout.write(check.stdout)
        tested = tested or check.returncode
    sys.exit(tested)


if __name__ == "__main__":
    main(sys.argv[1:])
