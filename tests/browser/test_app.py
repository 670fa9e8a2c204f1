"""The app as readers have it: a real server, a real Chromium, links, clicks, two readers, hostile texts."""

import urllib.request
from urllib.parse import quote

import pytest

from tests.pages.conftest import HOSTILE

DRAWN = ".glassbox-chart [data-draws]"
TIMEOUT = 60_000


def visit(page, url: str, chapter: str, **address: object) -> None:
    query = "&".join(f"{name}={quote(str(value))}" for name, value in address.items())
    place = "" if chapter == "start" else chapter  # the first page is the address itself
    page.goto(f"{url}/{place}?{query}")
    page.wait_for_selector("h1", timeout=TIMEOUT)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=TIMEOUT)


def slider(page, name: str):
    return page.locator(f".st-key-{name}").get_by_role("slider")


def expect_slider(page, name: str, value: str) -> None:
    page.wait_for_function(
        "([name, value]) => document.querySelector(`.st-key-${name} input`).value === value",
        arg=[name, value],
        timeout=TIMEOUT,
    )


def expect_address(page, **parts: str) -> None:
    page.wait_for_function(
        "parts => { const now = new URLSearchParams(location.search);"
        " return Object.entries(parts).every(([name, value]) => now.get(name) === value); }",
        arg=parts,
        timeout=TIMEOUT,
    )


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
    assert browser_page.locator(".st-key-text textarea").input_value() == "le chat dort"


def test_a_token_can_be_chosen_from_the_ribbon(app_url, browser_page):
    visit(browser_page, app_url, "heads", text="one two three", lang="en", token=2)
    browser_page.locator(".ribbon .chip").first.click()
    expect_address(browser_page, token="0")
    expect_slider(browser_page, "token", "0")


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


@pytest.mark.parametrize("chapter", ["start"])
def test_hostile_texts_are_shown_as_they_are_and_nothing_leaves(app_url, browser_page, chapter):
    text = " ".join(part for part in HOSTILE[:4])
    visit(browser_page, app_url, chapter, text=text, lang="fr")
    browser_page.wait_for_timeout(500)
    assert browser_page.evaluate("document.querySelectorAll('.stMain script, .stMain img[src*=example]').length") == 0
    assert browser_page.locator(".stMain a[href^='http://example.org'], .stMain a[href^='javascript']").count() == 0
    browser_page.wait_for_selector(".ribbon .chip", timeout=TIMEOUT)
    chips = browser_page.locator(".ribbon .chip").all_inner_texts()
    shown = "".join(chip.rpartition("\n")[0] for chip in chips).replace("␣", " ")
    assert shown.startswith("<b>x</b> <script>alert(1)</script>")
