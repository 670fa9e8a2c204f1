"""Records the README's first picture: `python tests/benchmarks/record_journey.py assets/journey.webp`.

The stage of the first page in presenter mode at 1280×720, scene by scene, twenty seconds long; every frame is a
screenshot of the running app.
"""

import io
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = "The old king gave the golden key to the"
FRAMES = 5  # a second
LENGTH = 20  # seconds
SIZE = (960, 540)


def main(target: Path) -> None:
    sys.path.insert(0, str(ROOT))
    from PIL import Image
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path, running
    from tests.browser.steps import TIMEOUT, settle, visit

    frames: list[Image.Image] = []
    with running(ROOT / "app.py", ready="readyz") as url, sync_playwright() as session:
        browser = session.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-GB", color_scheme="light")
        visit(page, url, "start", lang="en", text=TEXT)
        page.get_by_text("Presenter mode", exact=True).first.click()
        stage = page.locator(".journey")
        stage.locator("canvas").wait_for(timeout=TIMEOUT)
        settle(page)
        page.wait_for_timeout(1500)
        n_scenes = stage.evaluate("({ stage }) => stage.scenes.length")
        for i in range(FRAMES * LENGTH):
            at = n_scenes * i / (FRAMES * LENGTH)
            stage.evaluate(
                "({ stage }, [at, time]) => { stage.at = at; stage.time = time; stage.say(); stage.draw(); }",
                [int(at), at % 1],
            )
            picture = Image.open(io.BytesIO(page.screenshot()))
            frames.append(picture.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS))
        browser.close()
    first, *others = frames
    first.save(target, save_all=True, append_images=others, duration=1000 // FRAMES, loop=0, quality=60, method=4)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
