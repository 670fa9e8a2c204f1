"""One command says whether it is good: lint, format, types, tests. `python -m tests` runs all and stops at the first that fails."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
STEPS = (
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["pyright"],
    ["pytest", *sys.argv[1:]],
)

for step in STEPS:
    finished = subprocess.run([sys.executable, "-m", *step], cwd=ROOT, check=False)
    if finished.returncode:
        sys.exit(finished.returncode)
