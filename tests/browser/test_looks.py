"""Every experiment in both languages on laptop, wall and phone: no word is cut, covered or too small.

A quarter of an hour: `python -m pytest tests/browser/test_looks.py --every-look`, after a change to how charts are
drawn. Otherwise only the chapters themselves are measured, in test_chapters.py.
"""

import json

import pytest

from pages.chapters import CHAPTERS
from tests.browser.looks import faults
from tests.browser.steps import settle, visit

SIZES = [((1280, 720), 14), ((1920, 1080), 14), ((390, 844), 12)]  # of the window, and of the smallest letters on it


def pytest_generate_tests(metafunc):
    every = metafunc.config.getoption("--every-look")
    places = [(row.id, look) for row in CHAPTERS for look in ("", *row.experiments)] if every else []
    metafunc.parametrize("chapter, look", places)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_no_word_is_cut_covered_or_too_small(app_url, browser_page, chapter, look, lang, subtests):
    page = browser_page
    visit(page, app_url, chapter, lang=lang, **({"look": look} if look else {}))
    for (width, height), least in SIZES:
        with subtests.test(f"{width}×{height}"):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(600)
            settle(page)
            found = faults(page, least)
            assert found == [], json.dumps(found, ensure_ascii=False, indent=1)
