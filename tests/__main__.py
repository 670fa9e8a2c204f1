"""One command says whether it is good: `python -m tests` runs lint, format, types, tests; the first failure ends it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHON = (sys.executable, "-m")


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


STEPS = (
    [*PYTHON, "ruff", "check", "."],
    [*PYTHON, "ruff", "format", "--check", "."],
    [*PYTHON, "pyright"],
    *javascript(),
    [*PYTHON, "pytest", "-n", "2", "--dist", "worksteal", *sys.argv[1:]],
)

for step in STEPS:
    finished = subprocess.run(step, cwd=ROOT, check=False)
    if finished.returncode:
        sys.exit(finished.returncode)
