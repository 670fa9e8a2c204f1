"""From nothing to the first chart, and the memory it takes: `python tests/benchmarks/cold_start.py [model …]`.

For each model in turn, each time with a fresh server: until `/readyz` answers, until a browser shows the chapter
Heads, and the server's memory then.
"""

import os
import sys
import time
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]
TEXT = "Once upon a time there was a little girl who lived in the forest."


def resident_megabytes() -> float:
    """Memory in use by the process that was started last, the server, as Linux counts it."""
    pid = Path(f"/proc/self/task/{os.getpid()}/children").read_text("utf-8").split()[-1]
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} says nothing of its memory")


def main(models: list[str], rounds: int = 3) -> None:
    sys.path.insert(0, str(ROOT))
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path, running

    found: dict[str, list[tuple[float, float, float]]] = {model: [] for model in models}
    with sync_playwright() as session:
        browser = session.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        for _ in range(rounds):
            for model in models:
                start = time.perf_counter()
                with running(ROOT / "app.py", ready="readyz") as url, browser.new_context() as context:
                    ready = time.perf_counter() - start
                    page = context.new_page()
                    page.goto(f"{url}/heads?{urlencode({'model': model, 'lang': 'en', 'text': TEXT})}")
                    page.locator(".glassbox-chart [data-draws]").first.wait_for(timeout=60_000)
                    found[model].append((ready, time.perf_counter() - start, resident_megabytes()))
    for model, rows in found.items():
        ready, drawn, megabytes = (median(column) for column in zip(*rows, strict=True))
        print(f"{model:14} ready {ready:.1f} s, first chart {drawn:.1f} s, {megabytes:.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:] or ["storyteller", "random-small"])
