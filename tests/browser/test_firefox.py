"""Firefox, as it is installed, does what Chromium does: the tests of chart, ribbon, sliders and saving once more.

It is driven by Playwright over WebDriver BiDi (firefox_relay.py).
"""

import pytest

from tests.browser.test_app import (
    test_a_click_on_a_cell_chooses_its_query_and_its_key,
    test_a_new_text_is_read,
    test_a_token_can_be_chosen_from_the_ribbon_also_by_keys,
    test_every_choice_survives,
    test_the_back_button_leads_to_what_was_chosen_before,
    test_what_has_the_keyboard_is_seen_to_have_it,
)
from tests.browser.test_chart import (
    open_chart,
    test_a_bar_and_a_point_of_a_line_are_reported,
    test_a_click_on_a_cell_is_reported_once,
    test_a_head_of_the_mosaic_is_reported,
    test_a_masked_cell_can_be_clicked_and_says_that_it_is_masked,
    test_a_moved_slider_shows_its_chart_before_what_follows_has_come,
    test_a_rerun_draws_into_the_same_node_and_keeps_the_zoom,
    test_an_arc_names_its_two_tokens_and_is_reported,
    test_each_arrow_key_moves_the_chosen_cell_its_own_way,
    test_hostile_tokens_are_literal_on_hover,
    test_hostile_words_are_literal_in_bars_legends_and_annotations,
    test_labels_are_large_enough_and_never_cut,
    test_signed_numbers_have_the_minus_of_the_axes_and_zero_has_no_sign,
    test_the_figure_can_be_saved_as_svg_and_png,
    test_words_in_cells_are_cut_where_there_is_no_room_and_whole_on_hover,
)

__all__ = [
    "open_chart",
    "test_a_bar_and_a_point_of_a_line_are_reported",
    "test_a_click_on_a_cell_chooses_its_query_and_its_key",
    "test_a_click_on_a_cell_is_reported_once",
    "test_a_head_of_the_mosaic_is_reported",
    "test_a_masked_cell_can_be_clicked_and_says_that_it_is_masked",
    "test_a_moved_slider_shows_its_chart_before_what_follows_has_come",
    "test_a_new_text_is_read",
    "test_a_rerun_draws_into_the_same_node_and_keeps_the_zoom",
    "test_a_token_can_be_chosen_from_the_ribbon_also_by_keys",
    "test_an_arc_names_its_two_tokens_and_is_reported",
    "test_each_arrow_key_moves_the_chosen_cell_its_own_way",
    "test_every_choice_survives",
    "test_hostile_tokens_are_literal_on_hover",
    "test_hostile_words_are_literal_in_bars_legends_and_annotations",
    "test_labels_are_large_enough_and_never_cut",
    "test_signed_numbers_have_the_minus_of_the_axes_and_zero_has_no_sign",
    "test_the_back_button_leads_to_what_was_chosen_before",
    "test_the_figure_can_be_saved_as_svg_and_png",
    "test_what_has_the_keyboard_is_seen_to_have_it",
    "test_words_in_cells_are_cut_where_there_is_no_room_and_whole_on_hover",
]


@pytest.fixture(scope="session")
def browser(firefox):
    """In place of the browser of the other tests."""
    return firefox


def test_it_is_firefox(browser_page):
    assert "Firefox" in browser_page.evaluate("navigator.userAgent")
