"""One command says whether it is good: `python -m tests` runs lint, format, types, tests; the first failure ends it.

`python -m tests --quick` is for in between: lint, and the tests of core, figures, words and architecture that
are not slow. All other arguments are pytest's.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHON = (sys.executable, "-m")
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


def steps(arguments: list[str]) -> list[list[str]]:
    """The commands, in the order in which they are run."""
    others = [argument for argument in arguments if argument != "--quick"]
    quick = len(others) < len(arguments)
    lint = [[*PYTHON, "ruff", "check", "."]]
    tests = [*PYTHON, "pytest", "-n", "2", "--dist", "worksteal"]
    if quick:
        return [*lint, [*tests, *QUICK, *others]]
    types = [[*PYTHON, "ruff", "format", "--check", "."], [*PYTHON, "pyright"], *javascript()]
    return [*lint, *types, [*tests, *others]]


for step in steps(sys.argv[1:]):
    finished = subprocess.run(step, cwd=ROOT, check=False)
    if finished.returncode:
        sys.exit(finished.returncode)
