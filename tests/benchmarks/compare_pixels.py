"""Did a change of the code change anything on the screen? Pictures of every chapter before and after, pixel by pixel.

    python -m tests.benchmarks.compare_pixels shoot BEFORE --url http://127.0.0.1:8601
    python -m tests.benchmarks.compare_pixels shoot AFTER --url http://127.0.0.1:8602
    python -m tests.benchmarks.compare_pixels compare BEFORE AFTER --out DIFF

It talks to running servers only and imports nothing of this project: the same script looks at any version of it. Start
both servers with GLASSBOX_THREADS=1 OMP_NUM_THREADS=1, so that sums are added up in the same order.

The pictures, each as long as its page:

    heads.en.png           the chapter, with the first experiment of its row "Look closer"
    heads.en.look2.png     after a press on the second button of that row, and so on
    heads.en.opened.png    with the prediction revealed and the data as a table, under the last experiment
    heads.en.present.png   in presenter mode

What is left out on purpose: the source under "Show the code", which is what changes; a live training and the measured
times of the key/value cache, which are others each time and stand behind a button and a toggle that nobody presses.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

# Differences that are meant: a picture's name without the ending, * for anything, and why it may differ.
INTENDED: dict[str, str] = {
    "glossary.*.look2": "the column “here” gives the new names: causal_mask was later, kv_cache was memory",
    "glossary.*.opened": "the same column in the table of the data",
}
# Pictures that are others each time they are taken: the same patterns, and why. They are neither taken nor compared.
VOLATILE: dict[str, str] = {}

CHAPTERS = (
    *("start", "tokens", "embeddings", "positions", "why_attention", "self_attention", "causal_mask", "heads"),
    *("layer_norm", "feed_forward", "shortcuts", "block", "anatomy", "forward_pass", "generation", "what_if"),
    *("learning", "glossary"),
)
CHOICES = {"model": "storyteller", "text": "Once upon a time, there was a little girl who had a red ball. The little"}
CHOICES |= {"layer": "1", "head": "2", "token": "9", "key": "3"}
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
FLAGS += ("--disable-background-networking", "--disable-component-update", "--disable-sync")
FLAGS += ("--disable-partial-raster",)  # edges would be blended anew over what was painted before
VIEWPORT: "ViewportSize" = {"width": 1280, "height": 720}
TIMEOUT = 120_000  # milliseconds
QUIET = 0.3  # seconds without a word from the server, and between two pictures that must be the same
MOST_TRIES = 20  # to get two pictures that are the same

STILL = """
*, *::before, *::after {
  animation: none !important; transition: none !important; caret-color: transparent !important;
  scroll-behavior: auto !important;
}
"""
AT_REST = """
() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
  && !document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner], [data-stale=true]')
  && document.fonts.status === 'loaded'
  && [...document.querySelectorAll('.glassbox-chart .plot')].every((plot) => plot.dataset.draws)
"""
# A table of Streamlit's measures the page's letters when it is made; whether presenter mode has enlarged them by then
# is chance. Here they are large from the start. The app's own rule is `!important` and still has the last word.
LARGE = """
const large = new CSSStyleSheet();
large.replaceSync(':root { font-size: 27px }');
document.adoptedStyleSheets = [large];
"""
LENGTH = """
() => {
  document.activeElement?.blur();
  const parts = [...document.querySelectorAll('.stMain, [data-testid=stSidebarContent]')];
  parts.forEach((part) => part.scrollTo(0, 0));
  return Math.max(innerHeight, ...parts.map((part) => part.scrollHeight));
}
"""
MAIN = "//*[contains(concat(' ', @class, ' '), ' stMain ')]"
BUTTONS = "*[@data-testid='stButtonGroup']"
# The row of experiments stands below the first heading of its size; the glossary has a row of views, and no heading.
ROW = f"xpath=(({MAIN}//h2)[1]/following::{BUTTONS} | {MAIN}[not(.//h2)]//{BUTTONS})[1]"


class Screen:
    """A page of the app in a browser of its own: presses, waits and takes pictures."""

    def __init__(self, page, out: Path) -> None:
        self.page = page
        self.out = out
        self.taken = 0
        self.heard = 0  # messages from the server
        self.heard_at = time.monotonic()
        page.on("websocket", lambda socket: socket.on("framereceived", self._hear))
        page.on("pageerror", lambda error: print(f"! {page.url}: {error}", file=sys.stderr))

    def _hear(self, _frame: object) -> None:
        self.heard += 1
        self.heard_at = time.monotonic()

    def visit(self, url: str, chapter: str, **choices: str) -> None:
        """Open a chapter; the first is the address itself."""
        self.page.goto(f"{url}/{'' if chapter == 'start' else chapter}?{urlencode(CHOICES | choices)}")
        self.page.locator("h1").first.wait_for(timeout=TIMEOUT)
        self.settle()

    def press(self, what) -> None:
        """Press something that the server answers."""
        before = self.heard
        what.click(timeout=TIMEOUT)
        until = time.monotonic() + TIMEOUT / 1000
        while self.heard == before:
            if time.monotonic() > until:
                raise TimeoutError(f"{self.page.url}: no answer to a press on {what}")
            self.page.wait_for_timeout(20)
        self.settle()

    def settle(self) -> None:
        """Wait until everything is drawn and the server has said nothing more for a while."""
        self.page.mouse.move(0, 0)
        while True:
            self.page.wait_for_function(AT_REST, timeout=TIMEOUT)
            rest = QUIET - (time.monotonic() - self.heard_at)
            if rest <= 0:
                return
            self.page.wait_for_timeout(1000 * rest)

    def shoot(self, name: str) -> None:
        """Take a picture of the whole page, once two in a row are the same."""
        if said(VOLATILE, name):
            return
        last = None
        for _ in range(MOST_TRIES):
            self.settle()
            self.page.set_viewport_size(VIEWPORT)  # a page is never shorter than its window
            self.page.set_viewport_size({"width": VIEWPORT["width"], "height": self.page.evaluate(LENGTH)})
            picture = self.page.screenshot(animations="disabled", caret="hide", scale="css", style=STILL)
            if picture == last:
                break
            last = picture
            self.page.wait_for_timeout(1000 * QUIET)
        else:
            print(f"! {name}: does not come to rest", file=sys.stderr)
        (self.out / f"{name}.png").write_bytes(picture)
        self.page.set_viewport_size(VIEWPORT)
        self.taken += 1


def said(table: dict[str, str], name: str) -> str | None:
    """The reason that a table of patterns gives for a picture."""
    return next((why for pattern, why in table.items() if fnmatch(name, pattern)), None)


def shoot_chapter(screen: Screen, url: str, chapter: str, lang: str) -> None:
    """A chapter, each of its experiments, and what its readers open at the end."""
    name = f"{chapter}.{lang}"
    screen.visit(url, chapter, lang=lang)
    screen.shoot(name)
    row = screen.page.locator(ROW).locator("button")
    for k in range(1, row.count()):
        if said(VOLATILE, f"{name}.look{k + 1}"):
            continue
        screen.press(row.nth(k))
        if row.nth(k).get_attribute("aria-checked") != "true":
            raise RuntimeError(f"{name}: button {k + 1} of the row is not the chosen one")
        screen.shoot(f"{name}.look{k + 1}")
    expanders = screen.page.locator(".stMain").get_by_test_id("stExpander")
    prediction = expanders.filter(has_text="🤔")
    screen.press(prediction.locator("summary"))
    screen.press(prediction.get_by_test_id("stCheckbox").first.locator("label"))
    screen.press(expanders.last.locator("summary"))
    screen.shoot(f"{name}.opened")


def shoot_presenting(screen: Screen, url: str, chapter: str, lang: str) -> None:
    """A chapter in presenter mode."""
    screen.page.add_init_script(LARGE)
    screen.visit(url, chapter, lang=lang)
    screen.press(screen.page.get_by_text(re.compile("^(Presenter mode|Mode présentation)$")).first)
    screen.settle()
    screen.shoot(f"{chapter}.{lang}.present")


def shoot(out: Path, url: str, chapters: list[str], langs: list[str]) -> int:
    """All pictures of these chapters, those in presenter mode in the first language only; 1 if a chapter failed."""
    from playwright.sync_api import Error, sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    for old in (old for chapter in chapters for lang in langs for old in out.glob(f"{chapter}.{lang}.*")):
        old.unlink()
    began, taken, failed = time.monotonic(), 0, []
    parts: list[tuple[Callable, str]] = [*((shoot_chapter, lang) for lang in langs), (shoot_presenting, langs[0])]
    with sync_playwright() as session:
        chromium = which("chromium") or which("chromium-browser") or which("google-chrome")
        browser = session.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for chapter in chapters:
            start, before = time.monotonic(), taken
            for part, lang in parts:  # each as a reader who was never here
                with browser.new_context(
                    viewport=VIEWPORT,
                    device_scale_factor=1,
                    locale="en-GB",
                    timezone_id="UTC",
                    color_scheme="light",
                    reduced_motion="reduce",
                ) as context:
                    screen = Screen(context.new_page(), out)
                    try:
                        part(screen, url, chapter, lang)
                    except (Error, RuntimeError, TimeoutError) as error:
                        failed.append(chapter)
                        print(f"! {chapter} in {lang}: {error}", file=sys.stderr)
                    taken += screen.taken
            print(f"{chapter:16} {taken - before:3} pictures, {time.monotonic() - start:4.0f} s", flush=True)
        browser.close()
    print(f"{taken} pictures in {time.monotonic() - began:.0f} s" + (f", failed: {failed}" if failed else ""))
    return 1 if failed else 0


def pixels(file: Path, shape: tuple[int, int]) -> np.ndarray:
    """A picture as numbers, filled up to a height and a width with what no page is: transparent."""
    found = np.asarray(Image.open(file).convert("RGBA"))
    return np.pad(found, [(0, most - size) for most, size in zip((*shape, 4), found.shape, strict=True)])


def differing(before: Path, after: Path, to: Path | None) -> tuple[int, str]:
    """How many pixels differ and in which box; the two pictures and their difference go into a file, if there are any.

    Of pictures of two sizes, all pixels differ that only one of them has.
    """
    sizes = [Image.open(file).size for file in (before, after)]
    shape = (max(height for _, height in sizes), max(width for width, _ in sizes))
    one, other = (pixels(file, shape) for file in (before, after))
    unlike = (one != other).any(axis=2)
    if not unlike.any():
        return 0, ""
    rows, columns = (np.flatnonzero(unlike.any(axis=axis)) for axis in (1, 0))
    box = f"x {columns[0]}–{columns[-1]}, y {rows[0]}–{rows[-1]}"
    if sizes[0] != sizes[1]:
        box += ", {}×{} → {}×{}".format(*sizes[0], *sizes[1])
    if to:
        shown = (other // 4 + 191).astype(np.uint8)
        shown[unlike] = (220, 0, 0, 255)
        to.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.hstack([one, other, shown])).save(to / before.name)
    return int(unlike.sum()), box


def findings(before: Path, after: Path, to: Path | None) -> Iterator[tuple[str, str]]:
    """Name and difference of each picture; nothing is said of two that are the same."""
    there = [{file.stem for file in folder.glob("*.png")} for folder in (before, after)]
    for name in sorted(there[0] | there[1]):
        if said(VOLATILE, name):
            continue
        if not all(name in names for names in there):
            yield name, "only " + ("before" if name in there[0] else "after")
            continue
        n, box = differing(before / f"{name}.png", after / f"{name}.png", to)
        yield name, f"{n} pixels differ: {box}" if n else ""


def compare(before: Path, after: Path, to: Path | None) -> int:
    """Say what differs; 1 if anything does that is not meant, or if there is nothing to compare."""
    wrong, meant, same = 0, 0, 0
    for name, difference in findings(before, after, to):
        why = said(INTENDED, name)
        print(f"{name:34} {difference or '0'}{f' (intended: {why})' if difference and why else ''}")
        same += not difference
        meant += bool(difference and why)
        wrong += bool(difference and not why)
    print(f"{same} pictures are the same, {wrong} differ, {meant} differ as intended")
    return 1 if wrong or not same + meant else 0


def main() -> int:
    """Shoot or compare, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    shooting = commands.add_parser("shoot", help="take all pictures of a running app")
    shooting.add_argument("out", type=Path)
    shooting.add_argument("--url", required=True)
    shooting.add_argument("--chapters", nargs="+", default=list(CHAPTERS), choices=CHAPTERS, metavar="CHAPTER")
    shooting.add_argument("--langs", nargs="+", default=["en", "fr"], choices=["en", "fr"])
    comparing = commands.add_parser("compare", help="compare two folders of pictures")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    comparing.add_argument("--out", type=Path, help="where pictures that differ go: before, after and the difference")
    told = parser.parse_args()
    if told.command == "shoot":
        return shoot(told.out, told.url.rstrip("/"), told.chapters, told.langs)
    return compare(told.before, told.after, told.out)


if __name__ == "__main__":
    sys.exit(main())
