"""The app in the hand, on laptop, tablet and phone: every control can be reached, and a finger scrolls the page."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gpt_core.weights.catalogue import CATALOGUE
from pages.ui.words import catalogue
from tests.browser.conftest import fresh_page
from tests.browser.steps import TIMEOUT, box, expect_address, expect_tokens, settle, visit
from tests.waiting import until

LAPTOP, TABLET, PHONE = (1366, 768), (820, 1180), (390, 844)
SIX = "The old king slept here."  # tokens, as many as a row of numbers has room for
# What is hit at the middle of a control, or 21 px beside it, if that is not the control or what it is the handle of.
MISSES = """(controls, apart) => controls.flatMap(control => {
  const seen = control.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  if (!seen || !control.getBoundingClientRect().width) return [];
  control.scrollIntoView({ block: "center", inline: "center" });
  const whole = control.closest("label, .stSlider [role=group], .stSelectbox [role=group]") ?? control;
  const { left, width, top, height } = whole.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  const around = [[0, 0], [apart, 0], [-apart, 0], [0, apart], [0, -apart]];
  return around.map(([right, down]) => control.getRootNode().elementFromPoint(x + right, y + down))
    .filter(found => !whole.contains(found))
    .map(found => `${control.textContent || control.ariaLabel}: ${found?.outerHTML.slice(0, 80)}`);
})"""
CONTROLS = (
    "button, a[href], summary, textarea, [role=radio], [role=combobox], [role=slider], "
    "input[type=checkbox], input[type=range], [role=switch], [role=option], select"
)


@contextmanager
def on(browser, size: tuple[int, int], **more) -> Iterator:
    """A page of a device; the small ones are touched, not pointed at."""
    touched = size != LAPTOP
    look = {"locale": "fr-FR", "color_scheme": "light", "has_touch": touched, "is_mobile": touched} | more
    with fresh_page(browser, viewport={"width": size[0], "height": size[1]}, **look) as page:
        yield page


def swipe(page, start: tuple[float, float], by: tuple[float, float]) -> None:
    """A finger that goes down at `start` and slides."""
    (x, y), (dx, dy) = start, by
    fingers = page.context.new_cdp_session(page)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for part in range(1, 11):
        point = {"x": x + dx * part / 10, "y": y + dy * part / 10}
        fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def scrolled(page) -> float:
    return page.evaluate("document.querySelector('.stMain').scrollTop")


def sidebar_is(page, state: str) -> None:
    page.locator(f"[data-testid=stSidebar][data-collapsed={'true' if state == 'closed' else 'false'}]").wait_for(
        state="attached", timeout=TIMEOUT
    )
    page.wait_for_function(  # it slides
        "closed => { const { right } = document.querySelector('[data-testid=stSidebar]').getBoundingClientRect();"
        " return closed ? right <= 0 : right >= 290 }",
        arg=state == "closed",
        timeout=TIMEOUT,
    )


def missed(page, within: str, *, apart: float = 0) -> list[str]:
    """Controls that are not hit at their middle, or `apart` from it."""
    controls = page.locator(
        f"{within} :is({CONTROLS}):not([tabindex='-1'], :is(p, li) > a, [data-testid=stSkipToContent])"
    )
    assert controls.count()
    return controls.evaluate_all(MISSES, apart)


@pytest.mark.parametrize("size", [LAPTOP, TABLET, PHONE])
def test_every_control_of_the_frame_can_be_hit(app_url, browser, size, subtests):
    with on(browser, size) as page:
        visit(page, app_url, "heads", lang="fr", text="le chat noir dort")

        with subtests.test("the sidebar opens, closes, and gives its room to the page"):
            if size == PHONE:
                page.get_by_test_id("stExpandSidebarButton").click()
            sidebar_is(page, "open")
            assert missed(page, "[data-testid=stSidebar]") == []
            narrow = page.get_by_test_id("stMain").bounding_box()["width"]
            page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
            sidebar_is(page, "closed")
            main = page.get_by_test_id("stMain")
            until(lambda: size == PHONE or main.bounding_box()["width"] >= narrow + 290)  # it grows in its own time

        with subtests.test("nothing lies over a control of the page or its head"):
            assert missed(page, "[data-testid=stHeader]") == []
            assert missed(page, "[data-testid=stMain]") == []

        with subtests.test("what is clicked is done"):
            page.get_by_test_id("stExpandSidebarButton").click()
            sidebar_is(page, "open")
            page.get_by_role("radio", name="English").click()
            expect_address(page, lang="en")
            page.get_by_role("button", name="Examples").click()
            page.get_by_test_id("stPopoverBody").wait_for(timeout=TIMEOUT)
            settle(page)  # the server hears that a list is open, and would open it once more
            page.keyboard.press("Escape")
            page.get_by_role("button", name="About the models").click()
            page.get_by_test_id("stPopoverBody").wait_for(timeout=TIMEOUT)
            settle(page)  # the server hears that a list is open, and would open it once more
            page.keyboard.press("Escape")
            page.locator(".st-key-model input").click()
            page.get_by_role("option", name=CATALOGUE["random-small"].title).click()
            expect_address(page, model="random-small")
            page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
            sidebar_is(page, "closed")
            page.get_by_role("radio", name="Arcs").click()
            expect_address(page, look="arcs")
            page.get_by_text("Show the code", exact=True).click()
            page.get_by_test_id("stCode").first.wait_for(timeout=TIMEOUT)
            page.get_by_test_id("stPageLink-NavLink").last.click()
            page.locator("h1", has_text="8 ·").wait_for(timeout=TIMEOUT)


@pytest.mark.parametrize("size", [TABLET, PHONE])
def test_a_finger_that_starts_on_a_chart_scrolls_the_page(app_url, browser, size, subtests):
    with on(browser, size) as page:
        visit(page, app_url, "heads", lang="fr", text=SIX, token=5, key=0)
        area = page.locator(".st-key-attention .nsewdrag").first
        area.evaluate("area => area.scrollIntoView({ block: 'center' })")
        x, y, width, height = area.bounding_box().values()
        ranges = "['xaxis', 'yaxis'].map(a => document.querySelector('.st-key-attention .plot')._fullLayout[a].range)"
        before, top, address = page.evaluate(ranges), scrolled(page), page.url

        with subtests.test("no tool bar where nothing can be pointed at"):
            assert page.locator(".modebar-btn").count() == 0

        with subtests.test("the page goes with the finger"):
            swipe(page, (x + width / 2, y + height / 2), (0, -200))
            page.wait_for_function("top => document.querySelector('.stMain').scrollTop > top + 100", arg=top)
            assert page.evaluate(ranges) == before
            assert page.url == address

        with subtests.test("sideways nothing is zoomed"):
            area.evaluate("area => area.scrollIntoView({ block: 'center' })")
            x, y, width, height = area.bounding_box().values()
            swipe(page, (x + width * 0.8, y + height / 2), (-width / 2, 2))
            settle(page)
            assert page.evaluate(ranges) == before
            assert page.url == address

        with subtests.test("a tap chooses"):
            x, y, width, height = area.bounding_box().values()
            page.touchscreen.tap(x + width * 2.5 / 6, y + height * 3.5 / 6)
            expect_address(page, token="3", key="2")


def test_a_finger_turns_a_picture_in_space_sideways_and_scrolls_past_it(app_url, browser):
    with on(browser, PHONE) as page:
        visit(page, app_url, "embeddings", lang="fr", text=SIX, look="projection")
        page.locator(".st-key-embeddings_solid label").first.click()
        page.wait_for_function("document.querySelector('.gl-container canvas')", timeout=TIMEOUT)
        settle(page)
        area = page.locator(".gl-container canvas").first
        area.evaluate("area => area.scrollIntoView({ block: 'center' })")
        x, y, width, height = area.bounding_box().values()
        eye = "plot => plot._fullLayout.scene?._scene.getCamera().eye"
        camera = f"JSON.stringify([...document.querySelectorAll('.plot')].map({eye}))"
        before, top = page.evaluate(camera), scrolled(page)
        swipe(page, (x + width / 2, y + height / 2), (0, -200))
        page.wait_for_function("top => document.querySelector('.stMain').scrollTop > top + 100", arg=top)
        assert page.evaluate(camera) == before
        area.evaluate("area => area.scrollIntoView({ block: 'center' })")
        x, y, width, height = area.bounding_box().values()
        swipe(page, (x + width / 2, y + height / 2), (100, 4))
        page.wait_for_function(f"before => {camera} !== before", arg=before, timeout=TIMEOUT)


CELLS = """() => [...document.querySelectorAll('.glassbox-chart .plot')].flatMap(plot => {
  const { xaxis, yaxis, meta } = plot._fullLayout, cells = plot.data.find(one => one.type === 'heatmap');
  const across = cells?.meta.columns.length, down = cells?.meta.rows.length;
  return meta?.aspect ? [[xaxis._length / across, yaxis._length / down]] : [];
})"""


@pytest.mark.parametrize("size", [TABLET, PHONE])
@pytest.mark.parametrize("chapter", ["heads", "causal_mask", "what_if"])
def test_cells_are_squares_for_a_finger_and_scroll_in_a_box_of_their_own(app_url, browser, size, chapter):
    with on(browser, size) as page:
        visit(page, app_url, chapter, lang="fr")
        cells = page.evaluate(CELLS)
        assert cells
        assert [cell for cell in cells if min(cell) < 19.9] == []
        assert [cell for cell in cells if abs(cell[0] / cell[1] - 1) > 0.02] == []
        assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= size[0]


LONG = "Il était une fois une petite fille qui vivait dans la forêt avec sa grand-mère, un chat noir et trois souris."


def test_a_phone_shows_a_text_box_above_the_tokens_and_reads_what_is_typed(app_url, browser, subtests):
    with on(browser, PHONE) as page:
        visit(page, app_url, "heads", lang="fr", text=SIX)
        here = page.locator(".st-key-text_in_page textarea")

        with subtests.test("it is the same text"):
            assert here.input_value() == SIX
            assert here.bounding_box()["y"] < page.locator(".ribbon").bounding_box()["y"]

        with subtests.test("what is typed in the page is read on all chapters"):
            here.fill("le chat dort")
            page.locator(".st-key-read_in_page button").click()
            expect_tokens(page, ["le", "␣chat", "␣d", "ort"])
            expect_address(page, text="le chat dort")
            assert box(page).input_value() == "le chat dort"

        with subtests.test("what is typed in the panel is read, and the panel leaves"):
            page.get_by_test_id("stExpandSidebarButton").click()
            sidebar_is(page, "open")
            box(page).fill("deux mots")
            page.locator(".st-key-read button").click()
            sidebar_is(page, "closed")
            expect_tokens(page, ["de", "ux", "␣m", "ots"])
            assert here.input_value() == "deux mots"

        with subtests.test("an example is seen, too"):
            page.get_by_test_id("stExpandSidebarButton").click()
            sidebar_is(page, "open")
            page.get_by_test_id("stSidebar").get_by_role("button", name="Exemples").click()
            page.locator(".st-key-example label").nth(2).click()
            sidebar_is(page, "closed")
            page.wait_for_function("!location.search.includes('deux')")

    with on(browser, LAPTOP) as page:
        visit(page, app_url, "heads", lang="fr", text=SIX)
        assert not page.locator(".st-key-text_in_page").is_visible()
        box(page).fill("deux mots")
        page.locator(".st-key-read button").click()
        expect_tokens(page, ["de", "ux", "␣m", "ots"])
        sidebar_is(page, "open")


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_tablet_is_told_that_there_are_other_chapters(app_url, browser, lang):
    with on(browser, TABLET) as page:
        visit(page, app_url, "heads", lang=lang)
        rest = page.locator(".rc-overflow-item-rest p")
        look = "rest => [getComputedStyle(rest).fontSize, getComputedStyle(rest, '::after').content]"
        assert rest.evaluate(look) == ["0px", f'"{catalogue(lang).gettext("Other chapters")}"']


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_phone_is_told_where_the_chapters_are(app_url, browser, lang):
    say = catalogue(lang).gettext
    with on(browser, PHONE) as page:
        visit(page, app_url, "heads", lang=lang)
        menu = page.get_by_test_id("stExpandSidebarButton")
        assert menu.evaluate("menu => getComputedStyle(menu, '::after').content") == f'"{say("Chapters and settings")}"'
        assert menu.get_attribute("aria-label") == say("Open the chapters and settings")
        menu.click()
        sidebar_is(page, "open")
        page.get_by_role("button", name=say("Close the chapters and settings")).wait_for(timeout=TIMEOUT)
        assert page.get_by_test_id("stSidebar").get_attribute("aria-label") == say("Text, model and settings")
        page.get_by_role("navigation", name=say("Chapters"), exact=True).get_by_role("link").nth(3).click()
        page.locator("h1", has_text=re.compile("^3 ·")).wait_for(timeout=TIMEOUT)
        sidebar_is(page, "closed")


def test_the_ribbon_of_a_phone_begins_at_the_first_token(app_url, browser):
    with on(browser, PHONE) as page:
        visit(page, app_url, "heads", lang="fr", text=LONG)
        ribbon = page.locator(".ribbon")
        assert ribbon.evaluate("ribbon => ribbon.scrollHeight > ribbon.clientHeight && ribbon.scrollTop === 0")
        ribbon.press("ArrowLeft")
        expect_address(page, token=str(page.locator(".ribbon .chip").count() - 2))
        settle(page)
        assert ribbon.evaluate("ribbon => ribbon.scrollTop > 0")  # what was chosen is in sight


@pytest.mark.parametrize("chapter", ["start", "heads", "generation", "what_if"])
def test_what_is_touched_is_large_enough_for_a_finger(app_url, browser, chapter, subtests):
    with on(browser, PHONE) as page:
        visit(page, app_url, chapter, lang="fr", text=SIX)
        assert missed(page, "[data-testid=stHeader]", apart=21) == []
        assert missed(page, "[data-testid=stMain]", apart=21) == []
        page.get_by_test_id("stExpandSidebarButton").click()
        sidebar_is(page, "open")
        assert missed(page, "[data-testid=stSidebar]", apart=21) == []
    with on(browser, LAPTOP) as page:
        visit(page, app_url, chapter, lang="fr", text=SIX)
        assert missed(page, "[data-testid=stApp]", apart=11.5) == []
