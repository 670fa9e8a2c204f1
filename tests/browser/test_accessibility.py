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
