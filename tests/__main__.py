"""One command says whether it is good: `python -m tests` runs lint, format, types, tests; the first failure ends it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
STEPS = (
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["pyright"],
    ["pytest", "-n", "2", "--dist", "worksteal", *sys.argv[1:]],
)

for step in STEPS:
    finished = subprocess.run([sys.executable, "-m", *step], cwd=ROOT, check=False)
    if finished.returncode:
        sys.exit(finished.returncode)
