"""How smoothly the journey runs, and what it weighs: `python tests/benchmarks/journey_frames.py`.

A text of 32 tokens, then two of 16 in lockstep, at 1280×720 in headless Chromium, the whole journey at four times its
speed, all blocks from within: frames a second, frames that came late, and the bytes of the message. The first line
says what the browser's empty frames take here, which is the limit.
"""

import sys
from itertools import pairwise
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
TEXT = (
    "Once upon a time there was a little girl who lived in the forest with her grandmother. One day she took her "
    "basket and went to the old man, and"
)
TWO = (
    "Once upon a time there was a little girl who lived in the forest with",
    "Once upon a time there was a little boy who lived in the house with",
)
EMPTY = """
() => new Promise((done) => {
  const times = [];
  const frame = (now) => (times.push(now) < 180 ? requestAnimationFrame(frame) : done(times));
  requestAnimationFrame(frame);
})
"""
PLAY = """
(holder) => new Promise((done) => {
  const { stage } = holder;
  const times = [];
  const draws = [];
  stage.everywhere = true;
  stage.choose();
  stage.speed = 4;
  const draw = stage.draw.bind(stage);
  stage.draw = () => {
    const start = performance.now();
    draw();
    draws.push(performance.now() - start);
  };
  stage.begin(0, true);
  const frame = (now) => {
    times.push(now);
    if (stage.playing) return requestAnimationFrame(frame);
    delete stage.draw;
    done({ times, draws, bytes: stage.data.length });
  };
  requestAnimationFrame(frame);
})
"""


def told(name: str, times: list[float]) -> str:
    gaps = [after - before for before, after in pairwise(times)]
    late = sum(gap > 25 for gap in gaps)
    rate = 1000 * len(gaps) / (times[-1] - times[0])
    return f"{name:16} {rate:5.1f} frames a second, median gap {median(gaps):4.1f} ms, {late} of {len(gaps)} late\n"


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path, running
    from tests.browser.steps import visit

    with running(ROOT / "app.py", ready="readyz") as url, sync_playwright() as session:
        browser = session.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        first, second = TWO
        for name, texts in (("one of 32", {"text": TEXT}), ("two of 16", {"text": first, "start_second": second})):
            visit(page, url, "", lang="en", layer=4, head=4, **texts)
            stage = page.locator(".journey")
            sys.stdout.write(told("empty frames", page.evaluate(EMPTY)))
            found = stage.evaluate(PLAY)
            sys.stdout.write(told(name, found["times"]))
            sys.stdout.write(
                f"one picture takes {median(found['draws']):.1f} ms; the message is {found['bytes']:,} bytes\n"
            )
        browser.close()


if __name__ == "__main__":
    main()
