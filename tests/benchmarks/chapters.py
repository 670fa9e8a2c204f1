"""Every chapter as a reader feels it: `python tests/benchmarks/chapters.py [chapter …]`, alone on a quiet machine.

For each chapter: from a key press on a slider to the repainted chart with everything cached (median and p90), the
bytes one press costs, and from a new text of 32 tokens to a page at rest. `--model random-124m` for GPT-2's size.
"""

import argparse
import sys
import time
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]
TALE = "Once upon a time there was a little girl who lived with her grandmother in the forest and the old king"
STEPPED = {
    "embeddings": "token",
    "positions": "token",
    "why_attention": "token",
    "forward_pass": "token",
}  # not "layer"
ALL_HEADS = ".st-key-all_heads"
PRESSES = 20


def text_of(n_tokens: int) -> str:
    """A text of exactly so many tokens: each of these words is one."""
    words = TALE.split()
    return " ".join(words[i % len(words)] for i in range(n_tokens))


def at_rest(page) -> None:
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    if page.locator(".glassbox-chart").count():  # Start and Glossary have none
        page.wait_for_selector(".glassbox-chart [data-draws]")


def address(url: str, chapter: str, **choices: str) -> str:
    """Where a chapter is; the first is the address itself."""
    return f"{url}/{'' if chapter == 'start' else chapter}?lang=en&" + urlencode(choices)


def measure(page, url: str, chapter: str, model: str, n_tokens: int, within: str = "") -> str:
    """One line of the report; the charts that count are those `within` a selector."""
    from tests.benchmarks.browser_timing import summary, time_presses, watch

    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))))
    page.goto(address(url, chapter, model=model, text=text_of(n_tokens), token="9"))  # there is a next one
    at_rest(page)
    slider = page.locator(f".st-key-{STEPPED.get(chapter, 'layer')}").get_by_role("slider")
    watch(page, within)
    time_presses(page, slider, 4)  # both ends of the step are cached now
    received.clear()
    took = time_presses(page, slider, PRESSES)
    return f"T={n_tokens:<3} {summary(took)}, {sum(received) / PRESSES / 1000:5.0f} kB a press"


def new_texts(page, url: str, chapter: str, model: str) -> float:
    """Median seconds from a new text to a page at rest."""
    took = []
    for i in range(5):
        page.goto(address(url, chapter, model=model, text="hello"))
        page.locator(".ribbon .chip").first.wait_for()  # a page is at rest before its first run, too
        at_rest(page)
        box = page.locator(".st-key-text textarea")
        box.fill(f"{text_of(31)} {i}")
        start = time.perf_counter()
        box.press("Control+Enter")
        page.locator(".ribbon .chip").nth(31).wait_for()  # a locator sees into the ribbon's shadow root
        at_rest(page)
        took.append(time.perf_counter() - start)
    return median(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*")
    parser.add_argument("--model", default="storyteller")
    parser.add_argument("--tokens", type=int, nargs="+", default=[16, 32, 64])
    chosen = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from playwright.sync_api import Error, sync_playwright

    from pages.chapters import CHAPTERS as TABLE
    from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path, running

    with running(ROOT / "app.py", ready="readyz") as url, sync_playwright() as session:
        browser = session.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        for chapter in chosen.chapters or [row.id for row in TABLE]:
            for n_tokens in chosen.tokens:
                for name, within in ((chapter, ""), ("  all heads", ALL_HEADS))[: 2 if chapter == "heads" else 1]:
                    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
                        page = context.new_page()
                        page.set_default_timeout(10_000)
                        try:
                            line = measure(page, url, chapter, chosen.model, n_tokens, within)
                        except Error:
                            line = f"T={n_tokens:<3} no chart follows that slider"
                        print(f"{name:16} {line}", flush=True)
            with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
                seconds = new_texts(context.new_page(), url, chapter, chosen.model)
                print(f"{chapter:16} new text {seconds:.2f} s", flush=True)


if __name__ == "__main__":
    main()
