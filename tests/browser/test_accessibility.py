"""axe-core finds nothing of ours on any chapter, by day in English or by night in French; one fits its paper."""

import json
import re

import pytest

from pages.chapters import CHAPTERS
from tests.browser.conftest import ROOT
from tests.browser.steps import visit

AXE = ROOT / "node_modules/axe-core/axe.min.js"
# Streamlit's own: what lies outside its landmarks, and the corner of a table of data.
KNOWN = {"region", "empty-table-header"}
FIND = """async () => (await axe.run({ resultTypes: ['violations'] })).violations.flatMap(rule => rule.nodes.map(
  node => [rule.id, node.target.flat().join(' '), node.failureSummary]))"""


@pytest.fixture
def with_axe(browser_page):
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci")
    browser_page.add_init_script(path=AXE)
    return browser_page


@pytest.mark.parametrize("lang, scheme", [("en", "light"), ("fr", "dark")])
def test_axe_finds_nothing_of_ours(app_url, with_axe, lang, scheme, subtests):
    page = with_axe
    page.emulate_media(color_scheme=scheme)
    for row in CHAPTERS[lang == "fr" :: 2]:
        with subtests.test(row.id):
            visit(page, app_url, row.id, lang=lang)
            found = [one for one in page.evaluate(FIND) if one[0] not in KNOWN]
            assert found == [], json.dumps(found, indent=1)


@pytest.mark.parametrize("chapter", ["heads", "why_attention"])
def test_a_chapter_is_printed_alone_on_one_page(app_url, browser_page, chapter):
    page = browser_page
    visit(page, app_url, chapter, lang="fr")
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    page.emulate_media(media="print")
    assert not page.get_by_test_id("stSidebar").is_visible()
    assert page.locator("h1").is_visible()


NAMES = """() => [...document.querySelectorAll('[aria-label]')].filter(one => one.checkVisibility())
  .map(one => one.getAttribute('aria-label'))"""
IN_BOTH = re.compile(r"Language · Langue|Zoom|Top-[kp]|attention|feed-forward|positions|[\d\W]*")


def test_what_streamlit_names_in_english_has_a_name_in_french(app_url, browser_page):
    """What is called the same in both languages is English, but for a few words that French has too."""
    for chapter in ("what_if", "positions", "learning"):
        named = {}
        for lang in ("en", "fr"):
            visit(browser_page, app_url, chapter, lang=lang, text="le chat noir")
            browser_page.wait_for_timeout(300)  # names follow what was drawn
            named[lang] = {one for one in browser_page.evaluate(NAMES) if not IN_BOTH.fullmatch(one)}
        assert {"Increment", "Clear all", "Open"} & named["en"] == set()
        assert named["en"] & named["fr"] == set()
