"""The hand-out as a file: it opens with the network off, asks for nothing, and fits on A4."""

import pytest

from pages.services.reading import read
from pages.ui import take_along
from tests.pages.test_handout import asked_by

TEXT = "<b>x</b> The old king gave the golden key"
PRINTABLE = (688, 1016)  # CSS pixels of A4 within its margins of 14 mm
TOO_LARGE = """([width, height]) => {
  const boxes = document.querySelectorAll(
    "figure, .sentence, .check, .sum, .note, .plain, .formula, h1, h2, li, td, dt, dd span",
  );
  return [...boxes].filter((box) => {
    const { right, height: tall } = box.getBoundingClientRect();
    const wide = box.querySelector("math")?.getBoundingClientRect().right ?? 0;
    return right > width || wide > width || box.scrollWidth > box.clientWidth + 1 || tall > height;
  }).map((box) => `${box.className || box.tagName} ${box.innerText.slice(0, 60)}`);
}"""


@pytest.fixture
def offline(browser):
    """A page without a network, as wide as a sheet of A4; what it asks for is noted."""
    with browser.new_context(offline=True, viewport={"width": PRINTABLE[0], "height": 900}) as context:
        page = context.new_page()
        asked: list[str] = []
        errors: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        yield page, asked
        assert errors == []


def test_the_hand_out_of_all_chapters_opens_offline_and_prints_without_a_cut(offline, tmp_path):
    page, asked = offline
    file = tmp_path / "handout.html"
    file.write_bytes(take_along.make_handout(asked_by("fr", TEXT)))
    page.goto(file.as_uri())
    page.wait_for_function(
        "() => [...document.querySelectorAll('.chart')].every((one) => one.querySelector('.main-svg'))"
    )
    assert asked == [file.as_uri()]
    assert page.locator(".chart").count() > 20
    page.emulate_media(media="print")
    assert page.evaluate(TOO_LARGE, list(PRINTABLE)) == []
    weights = read("storyteller", TEXT).trace.blocks[2].att.weights[1]
    head = "document.querySelector('[aria-label^=\"Poids d’attention\"]')"
    drawn = page.evaluate(f"() => Array.from({head}._fullData[0].z[5]).slice(0, 6)")
    assert drawn == pytest.approx(weights[5, :6].tolist(), abs=1e-6)
    assert page.pdf(format="A4", prefer_css_page_size=True).startswith(b"%PDF")
