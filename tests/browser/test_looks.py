"""Every experiment in both languages on laptop, wall and phone: no word is cut, covered or too small.

On the wall every step stands whole.

A quarter of an hour: `python -m pytest tests/browser/test_looks.py --every-look`, after a change to how charts are
drawn. Otherwise only the chapters themselves are measured, in test_chapters.py.
"""

import json
import re

import pytest

from pages.chapters import CHAPTERS
from tests.browser.looks import faults
from tests.browser.steps import settle, visit

LISTS = {"glossary"}  # every term, below one another: the clicker goes down
ROUNDING = 40  # pixels that a chart's own margin may be out of sight
SIZES = [((1280, 720), 14), ((1920, 1080), 14), ((390, 844), 12)]  # of the window, and of the smallest letters on it


def pytest_generate_tests(metafunc):
    every = metafunc.config.getoption("--every-look")
    if "look" in metafunc.fixturenames:
        places = [(row.id, look) for row in CHAPTERS for look in ("", *row.experiments)] if every else []
        metafunc.parametrize("chapter, look", places)
    else:
        metafunc.parametrize("chapter", [row.id for row in CHAPTERS if row.id not in LISTS] if every else [])


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


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_each_step_stands_whole_on_the_wall(app_url, browser_page, chapter, lang, subtests):
    page = browser_page
    visit(page, app_url, chapter, lang=lang)
    page.get_by_text({"fr": "Mode présentation", "en": "Presenter mode"}[lang], exact=True).first.click()
    bar = page.locator(".st-key-class_bar")
    bar.wait_for()
    at, n = 0, 1
    while at < n:
        settle(page)
        at, n = map(int, bar.get_by_text(re.compile(r"^\d+ / \d+$")).first.inner_text().split(" / "))
        for width, height in ((1280, 720), (1920, 1080)):
            with subtests.test(f"step {at}, {width}×{height}"):
                page.set_viewport_size({"width": width, "height": height})
                page.wait_for_timeout(1500)
                settle(page)
                over = page.evaluate(
                    "(main => main.scrollHeight - main.clientHeight)(document.querySelector('.stMain'))"
                )
                assert over <= ROUNDING
        page.locator(".steps button").last.click()
        page.wait_for_timeout(700)
