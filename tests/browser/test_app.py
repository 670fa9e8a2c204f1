"""The app as readers have it: a real server, a real Chromium, links, clicks, two readers, a clicker."""

import re
import urllib.request
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from gpt_core.weights.catalogue import CATALOGUE, steps_of
from pages.ui.words import catalogue, lesson
from tests.browser.conftest import ROOT, running
from tests.browser.looks import faults
from tests.browser.steps import (
    DRAWN,
    PLACES,
    TIMEOUT,
    box,
    chips,
    chosen,
    expect_address,
    expect_slider,
    expect_title,
    expect_tokens,
    far,
    rewrite,
    settle,
    slider,
    tokens,
    visit,
)

OTHER_THAN_USUAL = {
    "text": "le chat noir dort",
    "model": "random-small",
    "lang": "fr",
    "layer": "1",
    "head": "2",
    "token": "3",
    "key": "1",
}


def test_the_server_says_ready_and_closes_what_is_open_by_default(app_url):
    with urllib.request.urlopen(f"{app_url}/readyz") as answer:
        assert answer.read() == b'{"ready":true}'
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
    with urllib.request.urlopen(app_url) as answer:
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]


def test_the_first_request_after_a_start_may_be_a_deep_link(app_url, browser_page):
    visit(browser_page, app_url, "heads", text="le chat dort", lang="fr", layer=2, head=1, token=1, key=0)
    browser_page.wait_for_selector(DRAWN, timeout=TIMEOUT)
    expect_slider(browser_page, "layer", "2")
    assert box(browser_page).input_value() == "le chat dort"


def go_by_the_navigation(page, _url, _browser):
    page.get_by_test_id("stTopNavSection").nth(2).click()
    page.get_by_test_id("stTopNavDropdownLink").nth(2).click()
    expect_title(page, lesson("fr", "causal_mask")["title"])


def go_by_the_foot(page, _url, _browser):
    page.get_by_test_id("stPageLink-NavLink").last.click()
    expect_title(page, lesson("fr", "layer_norm")["title"])
    page.wait_for_function("document.querySelector('.stMain').scrollTop === 0", timeout=TIMEOUT)


def reload(page, _url, _browser):
    page.reload()
    settle(page)


@pytest.mark.parametrize("how", [go_by_the_navigation, go_by_the_foot, reload])
def test_every_choice_survives(app_url, browser_page, browser, how):
    visit(browser_page, app_url, "heads", **OTHER_THAN_USUAL)
    before = chosen(browser_page)
    title = catalogue("fr").gettext(CATALOGUE["random-small"].title)
    assert before == OTHER_THAN_USUAL | {"model": title, "lang": "Français"}
    how(browser_page, app_url, browser)
    assert chosen(browser_page) == before
    expect_address(browser_page, **OTHER_THAN_USUAL)


def test_a_copied_link_shows_a_colleague_the_same_also_after_a_restart(app_url, browser_page, browser):
    visit(browser_page, app_url, "heads", lang="en", text="one two")
    box(browser_page).fill("le chat noir dort")
    browser_page.get_by_role("button", name="Read it").click()
    expect_tokens(browser_page, ["le", "␣chat", "␣no", "ir", "␣d", "ort"])
    layer = move(browser_page, "layer")
    chips(browser_page).nth(4).click()
    expect_address(browser_page, token="4", text="le chat noir dort", layer=layer)
    settle(browser_page)
    before, link = chosen(browser_page), browser_page.url
    with running(ROOT / "app.py", ready="readyz") as restarted, browser.new_context(locale="fr-FR") as context:
        for copied in (link, link.replace(app_url, restarted)):
            colleague = context.new_page()
            colleague.goto(copied)
            settle(colleague)
            assert chosen(colleague) == before
            expect_tokens(colleague, tokens(browser_page))


def move(page, name: str) -> str:
    """Move a slider by one, to where there is room; returns where it stands then."""
    at = int(slider(page, name).input_value())
    slider(page, name).press("ArrowLeft" if at else "ArrowRight")
    return str(at - 1 if at else 1)


def move_a_slider(page):
    slider(page, "layer").press("ArrowRight")
    return {"layer": "3"}


def type_a_text(page):
    box(page).fill("deux mots")
    box(page).press("Control+Enter")
    return {"text": "deux mots"}


def click_a_token(page):
    chips(page).nth(3).click()
    return {"token": "3"}


def go_to_the_next_chapter(page):
    page.get_by_test_id("stPageLink-NavLink").last.click()
    expect_title(page, lesson("fr", "layer_norm")["title"])
    return {}


FIRST_THINGS = (move_a_slider, type_a_text, click_a_token, go_to_the_next_chapter)


def test_the_first_thing_done_on_an_open_page_after_a_restart_is_done(browser_page, subtests):
    """Each on a page of its own, of a session of its own; all were open when the server went."""
    pages = [browser_page, *(browser_page.context.new_page() for _what in FIRST_THINGS[1:])]
    wall = browser_page.context.new_page()
    with running(ROOT / "app.py", ready="readyz") as url:
        visit(wall, url, "heads", lang="fr", text="le chat noir dort", layer=2, head=1)
        wall.get_by_text("Mode présentation").click()
        expect_step(wall, "1 / 6")
        wall.keyboard.press("PageDown")
        expect_step(wall, "2 / 6")
        for page in pages:
            visit(page, url, "heads", lang="fr", text="le chat noir dort", layer=2, head=1)
        before = chosen(browser_page)
        assert [chosen(page) for page in pages] == [before] * len(pages)
    with running(ROOT / "app.py", ready="readyz", port=int(url.rpartition(":")[2])):
        for page, what in zip(pages, FIRST_THINGS, strict=True):
            with subtests.test(what.__name__):
                page.locator('[data-testid="stApp"][data-test-connection-state="CONNECTED"]').wait_for(timeout=TIMEOUT)
                expect_done_at_once(page, what, before)
        with subtests.test("a clicker goes on in presenter mode, also when the page is loaded anew"):
            wall.locator('[data-testid="stApp"][data-test-connection-state="CONNECTED"]').wait_for(timeout=TIMEOUT)
            wall.keyboard.press("PageDown")
            expect_step(wall, "3 / 6")
            address = wall.url
            assert "wall" not in address
            wall.reload()
            expect_step(wall, "3 / 6")
            assert wall.url == address
            wall.keyboard.press("Escape")
            settle(wall)
            wall.reload()
            settle(wall)
            assert wall.locator(".steps").count() == 0  # whoever has left it stays outside


def expect_done_at_once(page, what, before: dict[str, str]) -> None:
    """What is done is done, all else stays as it was `before`, and so does what is done next."""
    changed = what(page)
    expect_address(page, **changed)
    settle(page)
    after = chosen(page)
    follows = PLACES if "text" in changed else ("key", "token")
    assert after == before | changed | {name: after[name] for name in follows if name not in changed}
    if changed:
        picture = page.locator(f".st-key-attention [aria-label*='couche {after['layer']}']")
        picture.wait_for(timeout=TIMEOUT)
    head = move(page, "head")
    expect_address(page, head=head, **changed)


@pytest.mark.parametrize("how", ["the button", "leaving the box", "Ctrl+Enter"])
def test_a_new_text_is_read(app_url, browser_page, how):
    visit(browser_page, app_url, "heads", text="one two three", lang="en")
    expect_tokens(browser_page, ["one", "␣two", "␣three"])
    rewrite(browser_page, "four  five\n")
    match how:
        case "the button":
            browser_page.get_by_role("button", name="Read it").click()
        case "leaving the box":
            box(browser_page).press("Tab")
        case "Ctrl+Enter":
            box(browser_page).press("Control+Enter")
    expect_tokens(browser_page, ["four", "␣", "␣five", "⏎"])
    expect_address(browser_page, text="four  five\n")


def put(page, text: str) -> None:
    """Text as a paste puts it into the box, half characters and all."""
    box(page).focus()
    box(page).evaluate(
        """(box, text) => {
          Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, JSON.parse(text));
          box.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        text,
    )
    page.get_by_role("button", name="Read it").click()


def test_half_a_character_is_replaced_and_the_reader_is_told(app_url, browser_page):
    visit(browser_page, app_url, "start", text="one two", lang="en")
    put(browser_page, '"a\\ud800b"')
    browser_page.get_by_text("half a character").wait_for(timeout=TIMEOUT)
    settle(browser_page)
    assert box(browser_page).input_value() == "a\ufffdb"
    expect_slider(browser_page, "token", str(len(tokens(browser_page)) - 1))


def test_a_megabyte_is_cut_and_the_reader_is_told(app_url, browser_page):
    visit(browser_page, app_url, "start", text="one two", lang="en")
    put(browser_page, '"' + "word " * 200_000 + '"')
    browser_page.get_by_text("cut after 2,000 characters").wait_for(timeout=TIMEOUT)
    settle(browser_page)
    assert len(box(browser_page).input_value()) == 2_000


def test_a_page_that_does_not_exist_leads_to_the_first_in_one_line(app_url, browser_page):
    visit(browser_page, app_url, "nowhere", text="le chat", lang="fr")
    expect_title(browser_page, lesson("fr", "start")["title"])
    notice = browser_page.get_by_text("du lien ne convient pas ici")
    notice.wait_for(timeout=TIMEOUT)
    assert "page" in notice.inner_text()
    assert browser_page.get_by_role("dialog").count() == 0
    expect_tokens(browser_page, ["le", "␣chat"])


def test_a_link_of_fifty_kilobytes_is_answered(app_url, browser_page):
    """One of more than 64 KiB is refused by h11, unless it comes in one piece."""
    visit(browser_page, app_url, "start", lang="en", text="word " * 6_000, colour="x" * 10_000)
    browser_page.get_by_text("cut after 2,000 characters").wait_for(timeout=TIMEOUT)


def test_a_token_can_be_chosen_from_the_ribbon_also_by_keys(app_url, browser_page):
    visit(browser_page, app_url, "heads", text="one two three", lang="en", token=2)
    chips(browser_page).first.click()
    expect_address(browser_page, token="0")
    expect_slider(browser_page, "token", "0")
    ribbon = browser_page.get_by_role("listbox", name="The text as tokens")
    ribbon.press("ArrowRight")
    expect_slider(browser_page, "token", "1")
    settle(browser_page)
    assert browser_page.get_by_role("option", selected=True).all_text_contents() == ["␣two"]
    active = ribbon.evaluate("ribbon => ribbon.getRootNode().getElementById(ribbon.ariaActiveDescendant)?.textContent"
                             " ?? ribbon.getRootNode().getElementById("
                             "ribbon.getAttribute('aria-activedescendant'))?.textContent")  # fmt: skip
    assert active == "␣two"


def test_what_has_the_keyboard_is_seen_to_have_it(app_url, browser_page):
    visit(browser_page, app_url, "heads", text="one two three", lang="en")
    outline = (
        "node => { const look = getComputedStyle(node); return [look.outlineStyle, parseFloat(look.outlineWidth)] }"
    )
    box(browser_page).focus()
    for place in (browser_page.locator(".ribbon"), browser_page.locator(".glassbox-chart .plot").first):
        browser_page.keyboard.press("Tab")  # what follows was reached by the keyboard
        place.focus()
        style, width = place.evaluate(outline)
        assert style != "none"
        assert width >= 2


def test_a_click_on_a_cell_chooses_its_query_and_its_key(app_url, browser_page):
    visit(browser_page, app_url, "heads", text="one two three", lang="en", token=2, key=0)
    browser_page.wait_for_selector(DRAWN, timeout=TIMEOUT)
    area = browser_page.locator(".st-key-attention .nsewdrag").first.bounding_box()
    browser_page.mouse.click(area["x"] + area["width"] * 0.5, area["y"] + area["height"] * 0.5)
    expect_address(browser_page, token="1", key="1")


def test_one_reader_never_changes_the_picture_of_another(app_url, browser_page, browser):
    visit(browser_page, app_url, "heads", text="one two three", lang="en", layer=0)
    with browser.new_context(locale="fr-FR") as context:
        other = context.new_page()
        visit(other, app_url, "heads", text="quatre cinq", layer=2)
        expect_address(other, lang="fr", layer="2")
    expect_slider(browser_page, "layer", "0")
    browser_page.reload()
    expect_address(browser_page, lang="en", layer="0", text="one two three")


def expect_step(page, words: str) -> None:
    """Wait for a step such as "2 / 6"."""
    page.locator(".steps span", has_text=words).wait_for(timeout=TIMEOUT)
    settle(page)


def press_and_wait(page, key: str) -> None:
    """Press a key that goes to another step, or down the page, and wait until it has; at most 3 s."""

    def seen() -> tuple[list[str], float]:
        down = page.locator(".stMain").evaluate("main => main.scrollTop")
        return page.locator(".steps span").all_text_contents(), down

    before = seen()
    page.keyboard.press(key)
    for _moment in range(30):
        page.wait_for_timeout(100)
        if seen() != before:
            break
    page.wait_for_timeout(300)  # where the page moved first, its step follows
    settle(page)


def test_a_clicker_leads_through_steps_and_chapters_in_large_type(app_url, browser_page):
    visit(browser_page, app_url, "causal_mask", text="one two three", lang="en")
    browser_page.get_by_text("Presenter mode").click()
    expect_step(browser_page, "1 / 6")
    size = "parseFloat(getComputedStyle(document.querySelector('.stMain [data-testid=stMarkdown] p')).fontSize)"
    assert browser_page.evaluate(size) >= 20 * 96 / 72
    sidebar, header = browser_page.get_by_test_id("stSidebar"), browser_page.get_by_test_id("stHeader")
    assert not sidebar.is_visible() and not header.is_visible()
    for key, step in [("PageDown", "2 / 6"), ("PageDown", "3 / 6"), ("PageUp", "2 / 6"), ("Home", "1 / 6")]:
        for _press in range(3):  # the first may only go down a step that is higher than the screen
            press_and_wait(browser_page, key)
            if browser_page.locator(".steps span", has_text=step).count():
                break
        expect_step(browser_page, step)
    browser_page.keyboard.press("PageUp")  # the chapter before, from behind
    expect_title(browser_page, lesson("en", "self_attention")["title"])
    expect_step(browser_page, "7 / 7")
    browser_page.keyboard.press("PageDown")
    expect_title(browser_page, lesson("en", "causal_mask")["title"])
    expect_step(browser_page, "1 / 6")
    browser_page.keyboard.press("Escape")
    sidebar.wait_for(state="visible", timeout=TIMEOUT)
    settle(browser_page)
    assert "present" not in browser_page.url
    assert browser_page.evaluate(size) < 20


def test_no_choice_of_a_row_is_cut_on_the_wall(app_url, browser_page):
    page = browser_page
    visit(page, app_url, "self_attention", lang="fr")
    page.get_by_text("Mode présentation").click()
    expect_step(page, "1 / 7")
    page.keyboard.press("PageDown")
    expect_step(page, "2 / 7")
    settle(page)
    page.get_by_text("W_value", exact=True).wait_for(timeout=TIMEOUT)
    cut = """() => {
      document.querySelector(".stMainBlockContainer").style.zoom = "1"; // as large as a step is that has room
      return [...document.querySelectorAll(".stMain .stButtonGroup *")]
        .filter((part) => part.clientWidth > 20 && part.scrollWidth > part.clientWidth + 1)
        .map((part) => part.textContent);
    }"""
    assert page.evaluate(cut) == []


def test_one_chart_fills_the_screen_and_escape_leads_back(app_url, browser_page):
    page = browser_page
    visit(page, app_url, "heads", text="one two three", lang="en")
    page.get_by_text("Presenter mode").click()
    expect_step(page, "1 / 6")
    settle(page)
    numbers = "JSON.stringify(document.querySelector('.glassbox-chart .plot').data.map(({z, x, y}) => [z, x, y]))"
    before = page.evaluate(numbers)
    covers = """() => {
      const filled = document.querySelector(".glassbox-chart.filled");
      if (!filled) return false;
      const [box, drawn] = [filled, filled.querySelector(".main-svg")].map((one) => one.getBoundingClientRect());
      const on_top = filled.contains(document.elementFromPoint(innerWidth / 2, innerHeight / 2));
      const whole = box.width >= innerWidth - 1 && box.height >= innerHeight - 1;
      return on_top && whole && drawn.height > 0.85 * innerHeight;
    }"""
    page.locator(".glassbox-chart .plot").first.focus()
    page.keyboard.press("f")
    page.wait_for_function(covers, timeout=TIMEOUT)
    assert page.evaluate(numbers) == before
    assert page.evaluate("document.activeElement.matches('.filled .plot')")
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('.filled')", timeout=TIMEOUT)
    assert page.evaluate("document.activeElement.matches('.glassbox-chart .plot')")
    assert page.evaluate(numbers) == before
    expect_step(page, "1 / 6")  # and still in presenter mode
    page.get_by_role("button", name="One chart on the whole screen").click()
    page.wait_for_function(covers, timeout=TIMEOUT)
    page.get_by_role("button", name="Back to the lesson").click()
    page.wait_for_function("!document.querySelector('.filled')", timeout=TIMEOUT)
    page.keyboard.press("f")
    page.wait_for_function(covers, timeout=TIMEOUT)
    page.keyboard.press("PageDown")  # a clicker goes on with the lesson
    expect_step(page, "2 / 6")
    assert page.locator(".filled").count() == 0


def test_the_clicker_never_moves_a_slider(app_url, browser_page):
    visit(browser_page, app_url, "heads", text="one two three", lang="en", look="arcs")
    browser_page.get_by_text("Presenter mode").click()
    expect_step(browser_page, "1 / 6")
    for step in ("2 / 6", "3 / 6"):
        browser_page.keyboard.press("PageDown")
        expect_step(browser_page, step)
    thumb = browser_page.get_by_role("slider").first
    thumb.focus()
    before = thumb.get_attribute("aria-valuetext")
    browser_page.keyboard.press("PageDown")
    expect_step(browser_page, "4 / 6")
    browser_page.keyboard.press("PageUp")
    expect_step(browser_page, "3 / 6")
    assert browser_page.get_by_role("slider").first.get_attribute("aria-valuetext") == before


def test_a_class_types_its_sentence_without_leaving_presenter_mode(app_url, browser_page):
    visit(browser_page, app_url, "heads", text="one two three", lang="fr")
    browser_page.get_by_text("Mode présentation").click()
    expect_step(browser_page, "1 / 6")
    browser_page.keyboard.press("/")
    browser_page.keyboard.type("le chat dort")
    browser_page.keyboard.press("Enter")
    expect_tokens(browser_page, ["le", "␣chat", "␣d", "ort"])
    expect_step(browser_page, "1 / 6")
    browser_page.keyboard.press("/")  # Enter gave the keys back: this is no letter of the sentence
    browser_page.keyboard.type("le chat")
    browser_page.keyboard.press("Enter")
    expect_tokens(browser_page, ["le", "␣chat"])
    browser_page.keyboard.press("/")
    browser_page.keyboard.type("the wrong")
    browser_page.keyboard.press("Escape")  # takes that back, and does not leave the mode as well
    browser_page.wait_for_timeout(1000)
    expect_step(browser_page, "1 / 6")
    assert browser_page.locator(".st-key-text input").input_value() == "le chat"
    assert tokens(browser_page) == ["le", "␣chat"]


def test_what_is_open_in_the_bar_closes_before_the_next_step(app_url, browser_page):
    """Also when the key comes so soon that the server hears of the one as it answers the other."""
    page = browser_page
    far(page, 250)
    visit(page, app_url, "heads", text="one two three", lang="en")
    page.get_by_text("Presenter mode").click()
    expect_step(page, "1 / 6")
    examples, body = page.get_by_text("Examples").first, page.get_by_test_id("stPopoverBody")
    for key, step in (("Escape", "1 / 6"), ("PageDown", "2 / 6"), ("PageUp", "1 / 6"), ("PageDown", "2 / 6")):
        examples.click()
        body.wait_for(timeout=TIMEOUT)
        page.keyboard.press(key)
        body.wait_for(state="hidden", timeout=TIMEOUT)
        expect_step(page, step)


def test_a_clicker_goes_on_and_back_on_a_slow_network_as_fast_as_a_teacher_presses(app_url, browser_page):
    """What a browser has dropped by the time that the server's answer arrives must have been sent again."""
    page, missing = browser_page, []
    page.on("console", lambda said: missing.append(said.text) if "Cached ForwardMsg MISS" in said.text else None)
    far(page, 300)
    visit(page, app_url, "heads", text="The old king gave the little boy an apple", lang="en")
    page.get_by_text("Presenter mode").click()
    expect_step(page, "1 / 6")
    for i in range(40):
        page.keyboard.press("PageUp" if i % 5 == 3 or i % 7 > 4 else "PageDown")
        page.wait_for_timeout((20, 60, 120, 300)[i % 4])
    page.wait_for_timeout(1500)  # until all has arrived
    before = page.locator(".steps span").inner_text()
    page.keyboard.press("PageUp")
    page.wait_for_function(
        "before => document.querySelector('.steps span')?.textContent !== before", arg=before, timeout=TIMEOUT
    )
    assert not missing
    assert not page.get_by_role("alert").filter(has_text="The connection to the server is lost").is_visible()


LONG = "Chaque matin, la vieille dame donne du pain aux oiseaux du jardin"  # 23 tokens, more than a line


def on_the_wall(page, app_url, chapter: str, step: int, text: str) -> None:
    """A step of a chapter in presenter mode, in French, drawn and fitted to the screen."""
    visit(page, app_url, chapter, text=text, lang="fr")
    page.get_by_text("Mode présentation").click()
    for at in range(1, step + 1):
        page.locator(".steps span", has_text=f"{at} / ").wait_for(timeout=TIMEOUT)
        settle(page)
        page.wait_for_timeout(1500)  # what is fitted comes to rest
        if at < step:
            page.keyboard.press("PageDown")


def test_the_token_in_focus_stays_in_sight_from_step_to_step(app_url, browser_page):
    on_the_wall(browser_page, app_url, "positions", 5, LONG)  # drawn smaller than the question
    for step in ("6 / 7", "7 / 7"):
        browser_page.keyboard.press("PageDown")
        expect_step(browser_page, step)
        browser_page.wait_for_function(
            """() => {
              const roots = [...document.querySelectorAll("*")].map((part) => part.shadowRoot).filter(Boolean);
              const chip = roots.map((root) => root.querySelector(".ribbon [aria-selected=true]")).find(Boolean);
              return chip && chip.getBoundingClientRect().right <= innerWidth;
            }""",
            timeout=10_000,
        )


@pytest.mark.parametrize(
    "chapter, step, least",
    [("self_attention", 4, 16), ("why_attention", 1, 16), ("block", 1, 16), ("anatomy", 2, 19), ("shortcuts", 2, 16)],
)
def test_words_of_a_long_sentence_can_be_read_on_the_wall(app_url, browser_page, chapter, step, least):
    on_the_wall(browser_page, app_url, chapter, step, LONG)
    assert faults(browser_page, least) == []


@pytest.mark.parametrize(
    "chapter, step, what",
    [("layer_norm", 3, ".stMain .katex-display"), ("heads", 4, '[class*="st-key-show_"] button *')],
)
def test_no_formula_and_no_button_is_cut_on_the_wall(app_url, browser_page, chapter, step, what):
    on_the_wall(browser_page, app_url, chapter, step, "L'été dernier, j'ai vu la mer à")
    parts = browser_page.locator(what)
    assert parts.count()
    fits = "parts => parts.every(({ scrollWidth, clientWidth }) => !clientWidth || scrollWidth <= clientWidth + 1)"
    assert parts.evaluate_all(fits)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_a_step_fits_the_screen(app_url, browser_page, size):
    browser_page.set_viewport_size({"width": size[0], "height": size[1]})
    visit(browser_page, app_url, "heads", lang="fr")
    browser_page.get_by_text("Mode présentation").click()
    for at in (0, 1):
        expect_step(browser_page, f"{at + 1} / 6")
        browser_page.wait_for_function(
            "(({scrollHeight, clientHeight}) => scrollHeight <= clientHeight + 2)(document.querySelector('.stMain'))",
            timeout=TIMEOUT,
        )
        browser_page.keyboard.press("PageDown")


def test_the_clicker_goes_down_a_step_that_is_higher_than_the_screen(app_url, browser_page):
    page = browser_page
    visit(page, app_url, "positions", lang="en", text="The old king gave the golden key to the")
    page.get_by_text("Presenter mode").click()
    page.set_viewport_size({"width": 1280, "height": 430})  # on a projector every step is seen whole
    for at in range(1, 5):
        expect_step(page, f"{at} / 7")
        page.keyboard.press("PageDown")
    expect_step(page, "5 / 7")
    page.locator(".steps.more").wait_for(timeout=TIMEOUT)
    lowest = "Math.min(...[...document.querySelectorAll('.glassbox-chart .nsewdrag')].map(plot => plot.clientHeight"
    lowest += " || plot.getBoundingClientRect().height))"
    page.wait_for_function(f"{lowest} > 120", timeout=TIMEOUT)
    for _press in range(4):
        page.keyboard.press("PageDown")
        page.wait_for_timeout(300)
        if page.locator(".steps.more").count() == 0:
            break
    expect_step(page, "5 / 7")
    assert page.locator(".stMain").evaluate("main => main.scrollTop > 100")
    assert page.locator(".st-key-class_bar").bounding_box()["y"] >= 0  # it stays in sight
    page.keyboard.press("PageDown")
    expect_step(page, "6 / 7")
    assert page.locator(".stMain").evaluate("main => main.scrollTop") == 0


def test_the_journey_takes_the_clickers_steps_first(app_url, browser_page):
    visit(browser_page, app_url, "start", text="one two three", lang="en")
    browser_page.get_by_text("Presenter mode").click()
    expect_step(browser_page, "1 / 7")
    stage = browser_page.locator(".journey")
    for kind in ("tokens", "ids"):
        browser_page.keyboard.press("PageDown")
        browser_page.locator(f'.journey[data-scene^="{kind}"]').wait_for(timeout=TIMEOUT)
    stage.evaluate("({stage}) => { stage.at = stage.scenes.length - 1; stage.time = 1; stage.say(); stage.draw(); }")
    browser_page.keyboard.press("PageDown")
    expect_step(browser_page, "2 / 7")


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_everything_that_can_be_chosen_is_in_sight_on_a_projector(app_url, browser_page, lang):
    visit(browser_page, app_url, "heads", lang=lang)
    chosen(browser_page)
    sidebar = browser_page.get_by_test_id("stSidebarContent")
    assert sidebar.evaluate("bar => bar.scrollHeight <= bar.clientHeight && bar.scrollWidth <= bar.clientWidth")
    last = sidebar.get_by_test_id("stCaptionContainer").last.bounding_box()
    assert last["y"] + last["height"] <= 720
    cut = sidebar.evaluate(
        """bar => [...bar.querySelectorAll('button p, label p, [data-testid=stCaptionContainer] p, input')]
          .filter(part => part.checkVisibility() && part.clientWidth > 1)
          .filter(part => part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 2)
          .map(part => part.textContent || part.value)"""
    )
    assert cut == []
    lines = sidebar.evaluate(
        """bar => [...bar.querySelectorAll('label p, button p')].filter(part => part.clientWidth > 1)
          .map(part => [part.textContent, part.clientHeight / parseFloat(getComputedStyle(part).lineHeight)])
          .filter(([text, n]) => n > 1.5)"""
    )
    assert lines == []


def test_one_slides_through_the_training_by_keys_and_back_by_the_browser(app_url, browser_page):
    page = browser_page
    visit(page, app_url, "heads", lang="en", model="storyteller", text="one two three")
    first, *_others, last = steps_of("storyteller")
    moment = page.get_by_role("slider", name="Moment of training")
    moment.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**moment={last}&**", timeout=TIMEOUT)
    page.keyboard.press("Home")
    page.wait_for_url(f"**moment={first}&**", timeout=TIMEOUT)
    page.get_by_text("Storyteller before training.").wait_for(timeout=TIMEOUT)
    page.get_by_text("Français").click()
    page.get_by_text("Storyteller avant l’entraînement.").wait_for(timeout=TIMEOUT)
    page.get_by_role("slider", name="Moment de l’entraînement").focus()
    page.keyboard.press("End")
    page.get_by_text("Storyteller avant l’entraînement.").wait_for(state="detached", timeout=TIMEOUT)
    page.go_back()
    page.get_by_text("Storyteller avant l’entraînement.").wait_for(timeout=TIMEOUT)


def test_a_slider_asks_for_its_chapter_alone_and_everything_that_hangs_on_it_follows(app_url, browser_page):
    page, drawn = browser_page, []

    def read(frame) -> None:
        message = ForwardMsg.FromString(frame) if isinstance(frame, bytes) else ForwardMsg()
        drawn.append(message.delta.new_element.WhichOneof("type"))

    page.on("websocket", lambda socket: socket.on("framereceived", read))
    visit(
        page, app_url, "heads", text="The old king gave the golden key to the boy.", lang="en", layer=0, head=0, token=7
    )
    keys = {slider(page, "key").input_value()}
    assert {"text_area", "slider", "bidi_component"} <= {*drawn}
    for layer in ("1", "2", "3"):
        drawn.clear()
        slider(page, "layer").press("ArrowRight")
        expect_address(page, layer=layer)
        page.locator(f".st-key-attention [aria-label*='layer {layer}']").wait_for(timeout=TIMEOUT)
        settle(page)
        assert {"slider", "bidi_component"} <= {*drawn}
        assert not {"text_area", "selectbox"} & {*drawn}
        key = slider(page, "key").input_value()
        expect_address(page, key=key)
        assert page.locator(".ribbon .chip.key").all_text_contents() == [tokens(page)[int(key)]]
        keys.add(key)
    assert len(keys) > 1, "the key that is looked at most is another in another layer"


def test_a_text_that_follows_a_slider_within_a_moment_is_read_and_shows_its_own_head(app_url, browser_page, request):
    """After as many milliseconds as `--every-look` tries in finer steps."""
    page, step = browser_page, 12 if request.config.getoption("--every-look") else 24
    visit(page, app_url, "heads", text="one two three", lang="en", layer=0, head=0, token=2)
    for i, wait in enumerate(range(20, 200, step)):
        text = f"{i} and the old king"
        page.evaluate(
            """([wait, text]) => document.querySelector('.st-key-head input').addEventListener('keydown', () => {
              setTimeout(() => {
                const box = document.querySelector('.st-key-text textarea');
                box.focus();
                Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(box, text);
                box.dispatchEvent(new Event('input', { bubbles: true }));
                setTimeout(() => box.blur());
              }, wait);
            }, { once: true })""",
            [wait, text],
        )
        move(page, "head")
        expect_address(page, text=text)
        expect_tokens(page, [str(i), "␣and", "␣the", "␣old", "␣king"])
        assert box(page).input_value() == text
        expect_address(page, head=slider(page, "head").input_value())


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)], ids=["laptop", "phone"])
def test_a_text_is_read_however_soon_the_button_is_pressed_after_it(app_url, browser_page, size):
    """Leaving the box sends the text; with the button comes what the other box showed before it heard of that."""
    page, small = browser_page, size[0] < 768
    page.set_viewport_size({"width": size[0], "height": size[1]})
    typed = page.locator(".st-key-text_in_page textarea") if small else box(page)
    visit(page, app_url, "heads", text="one two three", lang="en")
    for i, wait in enumerate(range(0, 125, 15)):
        typed.fill(f"{i} the old king")
        page.evaluate(
            """([wait, button]) => {
              document.activeElement.blur();
              return new Promise(done => setTimeout(() => done(document.querySelector(button).click()), wait));
            }""",
            [wait, ".st-key-read_in_page button" if small else ".st-key-read button"],
        )
        expect_tokens(page, [str(i), "␣the", "␣old", "␣king"])
        page.wait_for_timeout(200)  # for the run of the button
        expect_tokens(page, [str(i), "␣the", "␣old", "␣king"])
        assert typed.input_value() == f"{i} the old king"


def test_a_token_stays_chosen_however_soon_a_slider_is_moved_after_it(app_url, browser_page):
    page = browser_page
    visit(page, app_url, "heads", text="one two three four five", lang="en", layer=0, head=0, token=0, key=0)
    for i, wait in enumerate(range(0, 125, 15)):
        token, layer = str(1 + i % 3), str((i + 1) % 2)
        slider(page, "layer").focus()
        chips(page).nth(int(token)).evaluate("chip => chip.click()")
        page.wait_for_timeout(wait)
        page.keyboard.press("ArrowRight" if layer == "1" else "ArrowLeft")
        expect_address(page, layer=layer, token=token)
        settle(page)
        assert (slider(page, "token").input_value(), slider(page, "layer").input_value()) == (token, layer)


def test_a_slider_can_be_taken_back_to_what_it_was_before_a_click(app_url, browser_page):
    page = browser_page
    visit(page, app_url, "heads", text="one two three four five", lang="en", layer=0, head=0, token=2, key=0)
    for times in range(2):  # the second time, the slider was touched before
        chips(page).nth(3).click()
        expect_slider(page, "token", "3")
        settle(page)
        slider(page, "token").press("ArrowLeft")
        expect_address(page, token="2")
        settle(page)
        assert slider(page, "token").input_value() == "2", times


def test_the_back_button_leads_to_what_was_chosen_before(app_url, browser_page):
    visit(browser_page, app_url, "heads", text="one two three", lang="en", layer=0, head=0, token=2)
    for layer in ("1", "2"):
        slider(browser_page, "layer").press("ArrowRight")
        expect_address(browser_page, layer=layer)
        settle(browser_page)
    for layer in ("1", "0"):
        browser_page.go_back()
        expect_address(browser_page, layer=layer)
        expect_slider(browser_page, "layer", layer)
        settle(browser_page)


def test_the_back_button_on_a_slow_network_leaves_address_and_page_alike(app_url, browser_page):
    """What the server made the address say of a text arrives after its reader went back."""
    page = browser_page
    far(page, 400)
    visit(page, app_url, "heads", text="one two three", lang="en", layer=0, head=0, token=2)
    chips(page).nth(1).click()
    expect_address(page, token="1")
    settle(page)
    box(page).fill("le chat dort")
    page.locator(".st-key-read button").click()
    page.wait_for_timeout(100)
    page.go_back()
    page.wait_for_timeout(1500)  # until all has arrived
    expect_tokens(page, ["one", "␣two", "␣three"])
    expect_address(page, text=box(page).input_value(), token=slider(page, "token").input_value())
    assert box(page).input_value() == "one two three"


def test_the_back_button_takes_back_settings_and_the_experiment(app_url, browser_page):
    page = browser_page
    visit(page, app_url, "heads", text="one two three", lang="en", look="arcs")
    expect_address(page, look="arcs")
    page.locator(".st-key-heads_alone label").first.click()
    expect_address(page, heads_alone="1")
    settle(page)
    page.get_by_text("Compare", exact=True).first.click()
    expect_address(page, look="compare")
    settle(page)
    assert "heads_alone" not in page.url
    page.go_back()
    expect_address(page, look="arcs", heads_alone="1")
    page.wait_for_function("document.querySelector('.st-key-heads_alone input')?.checked === true", timeout=TIMEOUT)
    settle(page)
    page.go_back()
    page.wait_for_function("document.querySelector('.st-key-heads_alone input')?.checked === false", timeout=TIMEOUT)
    settle(page)
    assert "heads_alone" not in page.url


def test_presenter_mode_is_in_no_address_and_the_back_button_leaves_it_as_it_is(app_url, browser_page):
    visit(browser_page, app_url, "heads", text="one two three", lang="en", layer=0, head=0, token=2, present=1)
    assert not browser_page.locator(".st-key-class_bar").is_visible()
    slider(browser_page, "layer").press("ArrowRight")
    expect_address(browser_page, layer="1")
    browser_page.get_by_text("Presenter mode", exact=True).first.click()
    expect_step(browser_page, "1 / 6")
    assert "present" not in browser_page.url
    browser_page.go_back()
    expect_address(browser_page, layer="0")
    expect_step(browser_page, "1 / 6")


def test_a_link_is_shared_as_text_and_as_a_code_for_the_back_row(app_url, browser_page):
    page = browser_page
    visit(page, app_url, "heads", text="le chat dort", lang="fr", look="arcs", heads_threshold="0.3")
    page.locator(".st-key-share button.opens").click()
    dialog = page.get_by_role("dialog", name="Partager")
    link = dialog.get_by_label("Lien vers ce qui est à l’écran").input_value()
    assert link == page.url
    assert "heads_threshold=0.3" in link
    code = dialog.get_by_role("img", name="Code QR du lien")
    assert min(code.bounding_box()["width"], code.bounding_box()["height"]) >= 480
    assert [found.text for found in zxingcpp.read_barcodes(Image.open(BytesIO(code.screenshot())))] == [link]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    dialog.get_by_text("Copier le lien").click()
    dialog.get_by_text("Copié").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == link
    assert dialog.get_by_text("Cette adresse est celle de l’ordinateur lui-même").is_visible()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    with page.context.browser.new_context(locale="en-US") as elsewhere:  # another reader
        theirs = elsewhere.new_page()
        theirs.goto(link)
        settle(theirs)
        assert theirs.url == link
        assert theirs.locator(".st-key-heads_threshold").get_by_text("0,30").is_visible()


def test_the_first_page_has_an_address_of_its_own(app_url, browser_page):
    browser_page.goto(f"{app_url}/start?lang=fr&text=le+chat")
    settle(browser_page)
    expect_address(browser_page, lang="fr", text="le chat")
    assert browser_page.get_by_role("dialog").count() == 0
    assert browser_page.get_by_text("“page”").count() == 0


def test_lists_say_what_is_chosen_when_the_text_has_changed(app_url, browser_page):
    page = browser_page
    visit(page, app_url, "forward_pass", text="Once upon a time", lang="en")
    named = page.locator(".st-key-forward_candidate input")
    first = named.input_value()
    box(page).fill("Hello, I am")
    box(page).press("Control+Enter")
    expect_tokens(page, ["Hello", ",", "␣I", "␣am"])
    likeliest = page.locator(".st-key-forward_bars .ytick text").first.text_content()
    assert named.input_value() == f"1 · {likeliest}" != first


def test_lists_say_what_is_chosen_in_the_language_that_was_picked(app_url, browser_page):
    page = browser_page
    visit(page, app_url, "what_if", text="Once upon a time", lang="en", model="random-small")
    page.get_by_role("radio", name="Français").click()
    expect_title(page, lesson("fr", "what_if")["title"])
    off = page.locator(".st-key-what_if_attention")
    assert "partout" in off.inner_text()
    assert page.locator(".st-key-model input").input_value() == catalogue("fr").gettext(CATALOGUE["random-small"].title)
    page.locator(".st-key-what_if_positions label").click()
    settle(page)
    assert page.get_by_role("switch", name="positions").is_checked()
    assert "partout" in off.inner_text()


def test_what_a_chapter_sets_for_all_is_seen_in_the_frame(app_url, browser_page):
    visit(browser_page, app_url, "generation", text="Once upon", lang="en")
    browser_page.locator(".st-key-generation_draw button").click()
    browser_page.locator(".st-key-generation_append button:enabled").click()
    browser_page.wait_for_function("document.querySelector('.st-key-text textarea').value.length > 'Once upon'.length")
    settle(browser_page)
    expect_address(browser_page, text=box(browser_page).input_value())
    assert len(tokens(browser_page)) == 3


def test_a_session_is_named_nowhere(app_url, app_log, browser_page):
    sessions: set[str] = set()

    def read(frame) -> None:
        message = ForwardMsg.FromString(frame) if isinstance(frame, bytes) else ForwardMsg()
        if message.HasField("new_session"):
            sessions.add(message.new_session.initialize.session_id)

    browser_page.on("websocket", lambda socket: socket.on("framereceived", read))
    visit(browser_page, app_url, "heads", text="one two three", lang="en")
    (session,) = sessions
    assert len(session) > 10
    assert session not in browser_page.content()
    assert session not in browser_page.url
    log = app_log.read_text("utf-8")
    assert "Streamlit" in log
    assert session not in log
    assert "Traceback" not in log


WRITTEN_IN = "element => [getComputedStyle(element).fontSize, getComputedStyle(element, '::after').content]"


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_what_streamlit_says_in_english_is_said_in_the_readers_language(app_url, browser_page, lang):
    visit(browser_page, app_url, "what_if", text="one two three", lang=lang)
    say = catalogue(lang).gettext
    browser_page.keyboard.press("Tab")
    skip = browser_page.locator("a:focus")
    assert skip.evaluate(WRITTEN_IN) == ["0px", f'"{say("Go to the chapter")}"']
    browser_page.locator(".st-key-what_if_heads input").first.fill("no head is called so")
    found = browser_page.get_by_role("listbox").locator("span")
    found.wait_for()
    assert found.evaluate(WRITTEN_IN) == ["0px", f'"{say("Nothing is called so.")}"']


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_language_and_title_are_those_of_the_chapter(app_url, browser_page, lang):
    page, other = browser_page, {"en": "Français", "fr": "English"}[lang]
    language = "document.documentElement.lang"
    for chapter in ("start", "heads"):
        visit(page, app_url, chapter, text="one two", lang=lang)
        page.wait_for_function(f"{language} === '{lang}'", timeout=TIMEOUT)
        heading = page.locator("h1").inner_text()
        assert lesson(lang, chapter)["title"] in heading
        assert page.title() == f"{heading} — Glassbox GPT"
    page.get_by_role("radio", name=other).click()
    page.wait_for_function(f"{language} !== '{lang}'", timeout=TIMEOUT)
    settle(page)
    assert page.title() == f"{page.locator('h1').inner_text()} — Glassbox GPT" != f"{heading} — Glassbox GPT"


ENGLISH = re.compile(r"\b(Streamlit|connect(ing|ion)|error|server|running|internet|still|the)\b", re.IGNORECASE)


def test_a_lost_connection_is_told_in_the_readers_language_until_it_is_back(browser_page):
    page = browser_page
    said = catalogue("fr").gettext(
        "The connection to the server is lost. What you see stays; the page goes on as soon as it is back."
    )
    notice = page.get_by_role("alert").filter(has_text=said)
    with running(ROOT / "app.py", ready="readyz") as url:
        visit(page, url, "heads", lang="fr", text="le chat noir dort", layer=2, head=0)
        assert not notice.is_visible()
        page.evaluate(
            """() => new MutationObserver(() => {
              window.came ||= Boolean(document.querySelector('[data-testid=stDialog]'));
            }).observe(document.body, { childList: true, subtree: true })"""
        )
    notice.wait_for(timeout=TIMEOUT)
    page.wait_for_function("window.came", timeout=TIMEOUT)  # Streamlit's own, in English
    page.get_by_test_id("stDialog").wait_for(state="detached", timeout=TIMEOUT)
    assert ENGLISH.findall(page.locator("body").inner_text()) == []
    box(page).hover()  # nothing lies over the page
    with running(ROOT / "app.py", ready="readyz", port=int(url.rpartition(":")[2])):
        notice.wait_for(state="hidden", timeout=TIMEOUT)
        slider(page, "head").press("ArrowRight")
        expect_address(page, head="1", layer="2")


SOCKETS = """(Own => {
  window.WebSocket = class extends Own { constructor(...how) { super(...how); window.socket = this; } };
})(WebSocket)"""


def test_a_page_that_streamlit_gives_up_is_loaded_anew(app_url, browser_page):
    page = browser_page
    page.add_init_script(SOCKETS)
    visit(page, app_url, "heads", lang="en", text="one two three", layer=2, head=1)
    page.evaluate("window.before = true")
    page.evaluate("socket.dispatchEvent(new MessageEvent('message', { data: new Uint8Array([255, 255]).buffer }))")
    notice = page.get_by_role("alert").filter(has_text="The connection to the server is lost")
    notice.wait_for(timeout=TIMEOUT)
    page.wait_for_function("!window.before", timeout=TIMEOUT)
    settle(page)
    assert not notice.is_visible()
    slider(page, "head").press("ArrowRight")
    expect_address(page, text="one two three", layer="2", head="2")
