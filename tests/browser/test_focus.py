"""What a new text looks like on the screen: whole rows of tokens, and no list of examples over the page."""

import pytest

from tests.browser.steps import TIMEOUT, box, chips, settle, visit

LONG = "Once upon a time there was a little girl who lived in the forest with her grandmother. " * 7
ROWS = """ribbon => {
  const seen = ribbon.getBoundingClientRect();
  const cut = (box) => (box.top < seen.top - 1 && box.bottom > seen.top + 1)
    || (box.bottom > seen.bottom + 1 && box.top < seen.bottom - 1);
  const boxes = [...ribbon.children].map(chip => chip.getBoundingClientRect());
  const inside = (box) => box.top >= seen.top - 1 && box.bottom <= seen.bottom + 1;
  return {
    cut: boxes.filter(cut).length, first: inside(boxes[0]), inside: boxes.filter(inside).length, all: boxes.length,
    chosen: inside(ribbon.querySelector('[aria-selected="true"]').getBoundingClientRect()),
  };
}"""


@pytest.mark.parametrize(("token", "first"), [(0, True), (12, True), (60, False), (124, False)])
def test_rows_of_tokens_are_whole_and_the_chosen_one_is_seen(app_url, browser_page, token, first):
    visit(browser_page, app_url, "heads", lang="en", text=LONG, token=token)
    ribbon = browser_page.locator(".ribbon")
    for width in (1280, 1000):
        browser_page.set_viewport_size({"width": width, "height": 720})
        browser_page.wait_for_timeout(300)
        rows = ribbon.evaluate(ROWS)
        assert rows["cut"] == 0
        assert rows["chosen"]
        assert rows["first"] == first
        assert 0 < rows["inside"] < rows["all"]


def test_the_list_of_examples_closes_over_the_one_that_is_picked(app_url, browser_page):
    visit(browser_page, app_url, "heads", lang="en", text="one two three")
    browser_page.get_by_role("button", name="Examples").click()
    options = browser_page.locator(".st-key-example")
    options.get_by_text("the cat the cat").click(timeout=TIMEOUT)
    options.wait_for(state="hidden", timeout=TIMEOUT)
    settle(browser_page)
    assert box(browser_page).input_value() == "the cat the cat the cat the"
    assert chips(browser_page).count() == 7
    browser_page.get_by_role("button", name="Examples").click()
    options.wait_for(state="visible", timeout=TIMEOUT)


def test_a_list_of_many_stations_is_searched_by_typing(app_url, browser_page):
    visit(browser_page, app_url, "block", lang="en", text="one two three", look="one_station")
    field = browser_page.locator(".st-key-block_station input")
    field.focus()
    field.press("ArrowDown")  # a click may miss it: charts above are still finding their height
    options = browser_page.locator('[role="listbox"]:not(.ribbon)').get_by_role("option")
    options.first.wait_for(timeout=TIMEOUT)
    field.press_sequentially("norm")
    options.filter(has_text="attention").first.wait_for(state="detached", timeout=TIMEOUT)
    assert options.all_text_contents() == ["LayerNorm 1", "LayerNorm 2"]
