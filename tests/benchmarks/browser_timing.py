"""From a key press to the repainted chart, in a real browser: `python tests/benchmarks/browser_timing.py`.

`time_presses(page, slider)` is what other benchmarks use; run by itself this file compares our chart with
st.plotly_chart, the two taking turns.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[2]
PAGE = Path(__file__).with_name("chart_timing_page.py")

# What the reader sees of the charts: pictures of heatmaps, lines and bars, frames and notes. The frame of the browser
# in which they are others is painted when the message that is sent while it is made arrives.
WATCH = """
(within) => {
  const shown = (node) => node.checkVisibility({ visibilityProperty: true });
  const look = () => {
    const plots = [...document.querySelectorAll(within + ' .js-plotly-plot')].filter(shown);
    const kinds = ['.main-svg image', '.plot path', '.shapelayer path', '.annotation-text'];
    const marks = plots.flatMap((plot) => [...plot.querySelectorAll(kinds.join())]);
    const said = (mark) => mark.textContent + ['href', 'xlink:href', 'd'].map((name) => mark.getAttribute(name)).join();
    return marks.map(said).join();
  };
  addEventListener('keydown', () => {
    const [start, before] = [performance.now(), look()];
    window.took = undefined;
    const painted = new MessageChannel();
    painted.port1.onmessage = () => { window.took = performance.now() - start; };
    const frame = () => {
      const now = look();
      if (!now || now === before) return requestAnimationFrame(frame);
      painted.port2.postMessage('');
    };
    requestAnimationFrame(frame);
  }, true);
}
"""


def watch(page, within: str = "") -> None:
    """Prepare a page once, after it has loaded; `within` is the selector of the charts that count, all by default."""
    page.evaluate(WATCH, within)


def time_press(page, press: Callable[[], object]) -> float:
    """Milliseconds from a key press until the frame with the changed chart is on the screen."""
    page.evaluate("window.took = undefined")
    press()
    page.wait_for_function("window.took !== undefined", polling=20)
    return page.evaluate("window.took")


def time_presses(page, slider, times: int) -> list[float]:
    """`times` steps of a slider to and fro, the page at rest between them."""
    took = []
    for i in range(times):
        took.append(time_press(page, lambda key="ArrowRight" if i % 2 == 0 else "ArrowLeft": slider.press(key)))
        page.wait_for_timeout(250)
    return took


def summary(took: list[float]) -> str:
    return f"median {median(took):4.0f} ms, p90 {quantiles(took, n=10)[-1]:4.0f} ms"


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path, running

    with running(PAGE) as url, sync_playwright() as session:
        browser = session.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        for kind in ("heatmap-32", "heatmap-64", "mosaic-64"):
            took: dict[str, list[float]] = {}
            pages = {}
            for variant in ("component", "plotly_chart"):
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                page.goto(f"{url}/?kind={kind}&variant={variant}")
                page.locator(".js-plotly-plot .main-svg").first.wait_for()
                watch(page)
                pages[variant] = page
                time_presses(page, page.get_by_role("slider"), 4)
            for _ in range(6):
                for variant, page in pages.items():
                    page.bring_to_front()
                    took.setdefault(variant, []).extend(time_presses(page, page.get_by_role("slider"), 4))
            for variant, page in pages.items():
                sys.stdout.write(f"{kind:12} {variant:13} {summary(took[variant])}\n")
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
