"""Every chapter on a projector and on a phone, with an ordinary text and with one that tries to break out."""

import re

import pytest

from gpt_core import Tokenizer
from pages.chapters import CHAPTERS as TABLE
from pages.figures import visible
from tests.browser.looks import faults
from tests.browser.steps import DRAWN, TIMEOUT, box, chips, expect_slider, expect_tokens, settle, visit

CHAPTERS = [row.id for row in TABLE]
HOSTILE = (
    "<b>x</b> <!-- $$$$ <script>hit=1</script> <img src=x onerror=hit=1> a<br>b <a href='javascript:hit=1'>c</a> $x^2$ "
    "**b** :red[x] ![](http://example.org/x) %{x} {name} #000001 2020 &amp; \u202eabc\u202c שלום 日本語 👨\u200d👩"
)
TOKENS = [visible(token) for token in Tokenizer().trace(HOSTILE).tokens]
HYPHEN = r"(?<!\w)-\d"  # in front of a number stands the minus of mathematics
PICTURE = ".glassbox-chart, .journey .picture, .rows, .st-key-cards"  # a chart, the first page's stage, rows of tokens

TOOLS_OVER_DATA = """() => [...document.querySelectorAll('.glassbox-chart .plot')].flatMap(plot => {
  const bar = plot.querySelector('.modebar').getBoundingClientRect();
  const texts = '.bartext, .textpoint text, .heatmap-label, .legendtext, .annotation-text, .xtick text, .ytick text';
  return [...plot.querySelectorAll(`.nsewdrag, .gl-container canvas, ${texts}`)]
    .filter(part => part.checkVisibility() && part.getBoundingClientRect().width)
    .filter(part => {
      const { left, right, top, bottom } = part.getBoundingClientRect();
      return left < bar.right && right > bar.left && top < bar.bottom - 1 && bottom > bar.top + 1;
    }).map(part => `${plot.getAttribute('aria-label')}: ${part.textContent || part.className.baseVal}`);
})"""


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_on_a_projector_and_on_a_phone(app_url, browser_page, chapter, subtests):
    page = browser_page
    visit(page, app_url, chapter, lang="fr")

    with subtests.test("fits a projector"):
        assert nothing_overflows(page)
        if chapter != "glossary":
            picture = page.locator(".stMain").locator(PICTURE).first.bounding_box()
            assert picture["y"] <= 420
            assert picture["y"] + picture["height"] <= 730  # its own margin may be cut, no more

    with subtests.test("can be read from the back row"):
        assert faults(page, 14) == []

    with subtests.test("says in words what its pictures show"):
        said = [plot.get_attribute("aria-label") or "" for plot in page.locator(".glassbox-chart .plot").all()]
        assert [text for text in said if len(text) < 15] == []
        assert page.locator(".ribbon").get_attribute("aria-label")

    with subtests.test("has its tool bars beside what the pointer is led to"):
        plots = page.locator(".glassbox-chart .plot").count()
        assert page.locator(".glassbox-chart .modebar").count() == plots
        assert plots > 0 or chapter in {"start", "tokens", "glossary"}
        assert page.evaluate(TOOLS_OVER_DATA) == []

    with subtests.test("writes a minus sign below zero"):
        assert [text for text in texts(page) if re.search(HYPHEN, text)] == []
        assert chapter != "self_attention" or any(re.search(r"−\d", text) for text in texts(page))

    with subtests.test("shows any text as it is"):
        box(page).fill(HOSTILE)
        box(page).press("Control+Enter")
        expect_tokens(page, TOKENS)
        chips(page).nth(TOKENS.index("**")).click()
        expect_slider(page, "token", str(TOKENS.index("**")))
        settle(page)
        if chapter in {"heads", "block"}:  # a sentence there names the chosen token, in bold
            page.locator(".stMain strong").filter(has_text=re.compile(r"^\*\*$")).first.wait_for(timeout=TIMEOUT)
        assert page.evaluate("window.hit") is None
        links = page.locator(".stMain a[href]").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        assert [link for link in links if re.match(r"javascript:|\w+://example", link)] == []
        assert page.locator(".stMain script, .stMain img[src*='example']").count() == 0
        assert page.locator(".glassbox-chart svg a").count() == 0
        said = hover(page)
        assert {text.split(" → ")[0] for text in said if " → " in text} <= {*TOKENS} or chapter != "heads"
        assert said or chapter not in {"heads", "causal_mask", "positions"}
        assert [text for text in said if re.search(r"&#?\w+;|undefined|NaN|%{|\w: ", text)] == []
        assert [text for text in texts(page) if re.search(r"&#?\w+;|undefined|NaN|\bfunction\b", text)] == []

    with subtests.test("fits a phone"):
        page.set_viewport_size({"width": 400, "height": 800})
        page.wait_for_timeout(400)
        settle(page)
        assert nothing_overflows(page)
        assert faults(page, 12) == []
        page.get_by_test_id("stExpandSidebarButton").click()
        page.get_by_test_id("stSidebarContent").get_by_text("Mode présentation").scroll_into_view_if_needed()
        assert page.get_by_test_id("stSidebarNavItems").get_by_role("link").count() == len(CHAPTERS)


def nothing_overflows(page) -> bool:
    return page.evaluate(
        """() => {
          const fits = part => part.scrollWidth <= part.clientWidth;
          const scrolls = part => fits(part) || getComputedStyle(part).overflowX === 'auto';
          return [document.documentElement, document.querySelector('.stMain')].every(fits)
            && [...document.querySelectorAll('.stMain .katex-display')].every(scrolls);
        }"""
    )


def texts(page) -> list[str]:
    return page.locator(".glassbox-chart svg text").all_text_contents()


def hover(page) -> list[str]:
    """What the first chart says when some places of it are pointed at."""
    said: list[str] = []
    if page.locator(DRAWN).count() == 0:
        return said
    page.locator(DRAWN).first.scroll_into_view_if_needed(timeout=TIMEOUT)
    area = page.locator(DRAWN).first.locator(".nsewdrag")
    if area.count() == 0:
        return said
    place = area.first.bounding_box()
    for x, y in ((0.05, 0.04), (0.3, 0.3), (0.5, 0.6), (0.1, 0.9)):
        page.mouse.move(place["x"] + x * place["width"], place["y"] + y * place["height"])
        page.wait_for_timeout(120)
        said += page.locator(".hoverlayer .hovertext").all_text_contents()
    return said
