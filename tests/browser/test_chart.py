"""The chart in a real browser: it stays, keeps its zoom, reports clicks and draws any text literally."""

import re
from base64 import b64encode
from itertools import pairwise
from pathlib import Path

import pytest

from pages.figures import visible
from pages.figures.labels import WORD_JOINER
from pages.figures.palette import SIGNED, SIGNED_ON_DARK
from tests.browser.chart_page import CHOSEN, HOSTILE, MANY

SCRIPT = Path(__file__).with_name("chart_server.py")


@pytest.fixture
def open_chart(serve, browser_page):
    def go(query: str = ""):
        browser_page.goto(f"{serve(SCRIPT)}/?{query}")
        browser_page.locator(".glassbox-chart [data-draws]").wait_for()
        said(browser_page, "step 0, click None")
        return browser_page

    return go


def said(page, text: str) -> None:
    page.get_by_text(text, exact=True).wait_for()


def step(page) -> None:
    page.get_by_role("slider").press("ArrowRight")


def draws(page) -> int:
    return page.evaluate("+document.querySelector('.glassbox-chart .plot').dataset.draws")


def picture(page) -> str:
    return page.locator(".glassbox-chart .hm image").evaluate("image => image.outerHTML")


def ranges(page) -> list[list[float]]:
    return page.evaluate("['xaxis','yaxis'].map(a => document.querySelector('.plot')._fullLayout[a].range)")


def cell(page, row: int, column: int, n: int) -> tuple[float, float]:
    box = page.locator(".glassbox-chart .nsewdrag").first.bounding_box()
    return box["x"] + (column + 0.5) * box["width"] / n, box["y"] + (row + 0.5) * box["height"] / n


def hovered(page, row: int, column: int, n: int) -> list[str]:
    page.mouse.move(*cell(page, row, column, n))
    page.locator(".hoverlayer .hovertext").first.wait_for()
    page.wait_for_timeout(120)
    return page.locator(".hoverlayer .hovertext .nums").first.locator("tspan.line").all_text_contents()


def test_a_rerun_draws_into_the_same_node_and_keeps_the_zoom(open_chart):
    page = open_chart()
    page.evaluate("window.before = document.querySelector('.glassbox-chart .plot')")
    full = ranges(page)
    page.mouse.move(*cell(page, 1, 1, 6))
    page.mouse.down()
    page.mouse.move(*cell(page, 4, 4, 6), steps=4)
    page.mouse.up()
    page.wait_for_function("Math.abs(document.querySelector('.plot')._fullLayout.xaxis.range[1]) < 5")
    zoomed = ranges(page)
    before = picture(page)
    step(page)
    said(page, "step 1, click None")
    page.wait_for_function("+document.querySelector('.plot').dataset.draws >= 2")
    assert page.evaluate("window.before === document.querySelector('.glassbox-chart .plot')")
    assert picture(page) != before
    assert ranges(page) == zoomed != full
    page.locator(".modebar-btn[data-title='Reset the view']").click(force=True)
    page.wait_for_function("document.querySelector('.plot')._fullLayout.xaxis.range[1] === 5.5")
    assert ranges(page) == full


def test_other_labels_start_with_the_whole_view(open_chart):
    page = open_chart()
    page.get_by_role("slider").press("End")
    said(page, "step 9, click None")
    page.wait_for_function("document.querySelector('.plot')._fullLayout.xaxis.range[1] === 3.5")


def test_an_unchanged_figure_is_not_drawn_again(open_chart):
    page = open_chart("kind=still")
    before = draws(page)
    step(page)
    said(page, "step 1, click None")
    page.wait_for_timeout(300)
    assert draws(page) == before


def test_a_click_on_a_cell_is_reported_once(open_chart):
    page = open_chart()
    page.mouse.click(*cell(page, 3, 1, 6))
    said_click = page.get_by_text("click Click(x=1, y=3, trace=0")
    said_click.wait_for()
    assert "['␣with', '␣journey'," in said_click.text_content()
    said(page, "heard before the run: (1, 3)")
    step(page)
    said(page, "step 1, click None")


def test_a_masked_cell_can_be_clicked_and_says_that_it_is_masked(open_chart):
    page = open_chart()
    assert hovered(page, 1, 4, 6) == ["␣journey → ␣one", "masked"]
    page.mouse.click(*cell(page, 1, 4, 6))
    page.get_by_text("click Click(x=4, y=1, trace=0").wait_for()


def test_arrow_keys_move_the_chosen_cell(open_chart):
    page = open_chart()
    page.get_by_role("figure", name="What the chart shows").press("ArrowDown")
    page.get_by_text("click Click(x=1, y=3, trace=0").wait_for()


def test_a_bar_and_a_point_of_a_line_are_reported(open_chart):
    page = open_chart("kind=bars")
    page.locator(".glassbox-chart .bars .point path").nth(2).click(force=True)
    page.get_by_text("y=2, trace=0, customdata='a&#60;br&#62;b'").wait_for()
    page = open_chart("kind=lines")
    point = page.locator(".glassbox-chart .scatterlayer .points path").nth(5).bounding_box()
    page.mouse.move(point["x"] + 3, point["y"] + 3)
    page.mouse.click(point["x"] + 3, point["y"] + 3)
    page.get_by_text("click Click(x=5").wait_for()


def test_an_arc_names_its_two_tokens_and_is_reported(open_chart):
    page = open_chart("kind=arcs")
    arc = page.locator(".glassbox-chart .scatterlayer .js-line").first.bounding_box()
    middle = arc["x"] + arc["width"] / 2, arc["y"] + 4
    page.mouse.move(*middle)
    page.locator(".hoverlayer .hovertext").first.wait_for()
    assert page.locator(".hoverlayer tspan.line").all_text_contents() == ["<script> → <b>x</b>", "0.75"]
    page.mouse.click(*middle)
    page.get_by_text("0.75, 1, 0])").wait_for()


def test_a_head_of_the_mosaic_is_reported(open_chart):
    page = open_chart("kind=mosaic")
    box = page.locator(".glassbox-chart .nsewdrag").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 2.5 / 4, box["y"] + box["height"] * 1.5 / 3)
    page.get_by_text("click Click(x=14.5, y=8.5, trace=1").wait_for()


@pytest.mark.parametrize("axis", ["x", "y"])
def test_hostile_tokens_are_literal_on_axes_and_in_titles(open_chart, axis):
    page = open_chart("kind=hostile")
    ticks = page.locator(f".glassbox-chart .{axis}axislayer-above .{axis}tick text").all_text_contents()
    assert ticks == [visible(token) for token in HOSTILE]
    title = page.locator(f".glassbox-chart .{axis}title").text_content()
    assert title == {"x": "key $k$", "y": "query <b>"}[axis]
    assert page.locator(".glassbox-chart .cbtitle").text_content() == "%{weight}"


def test_hostile_tokens_are_literal_on_hover(open_chart):
    page = open_chart("kind=hostile")
    n = len(HOSTILE)
    for row, token in enumerate(HOSTILE):
        names, number = hovered(page, row, row, n)
        assert names == f"{visible(token)} → {visible(token)}"
        assert 0 <= float(number) <= 1


def test_hostile_words_are_literal_in_bars_legends_and_annotations(open_chart):
    page = open_chart("kind=bars")
    assert page.locator(".glassbox-chart .ytick text").all_text_contents() == [visible(token) for token in HOSTILE]
    page.locator(".glassbox-chart .bars .point path").first.hover(force=True)
    assert page.locator(".hoverlayer tspan.line").first.text_content() == "<b>x</b>"
    page = open_chart("kind=lines")
    assert page.locator(".glassbox-chart .legendtext").all_text_contents() == ["<b>one</b>", "%{y}"]
    page = open_chart("kind=marks")
    assert page.locator(".glassbox-chart .annotation-text").all_text_contents() == ["<b>mean</b>", "$x$"]


def test_hostile_tokens_are_literal_in_three_dimensions(open_chart, browser_page):
    browser_page.add_init_script(
        """window.drawn = new Set();
        const fillText = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
          drawn.add(text);
          return fillText.call(this, text, ...rest);
        };"""
    )
    page = open_chart("kind=solid")
    drawn = {text.replace(WORD_JOINER, "").removesuffix("\n") for text in page.evaluate("[...drawn]")}
    assert {*map(visible, HOSTILE), "50\u202f%", "<b>two</b>", "&amp;"} <= drawn


def contrasts(page) -> list[float]:
    """How the numbers in cells stand out from their cells, as WCAG has it: 1 not at all, 21 the most."""
    return page.evaluate(
        """() => {
          const image = document.querySelector('.hm image');
          const canvas = document.createElement('canvas');
          [canvas.width, canvas.height] = [9, 4];
          const context = canvas.getContext('2d');
          context.imageSmoothingEnabled = false;
          context.drawImage(image, 0, 0, 9, 4);
          const light = ([red, green, blue]) => [[red, 0.2126], [green, 0.7152], [blue, 0.0722]]
            .map(([c, share]) => share * (c <= 10 ? c / 3295 : ((c / 255 + 0.055) / 1.055) ** 2.4))
            .reduce((sum, part) => sum + part) + 0.05;
          return [...document.querySelectorAll('.heatmap-label text')].map((text, i) => {
            const cell = light(context.getImageData(i % 9, Math.floor(i / 9), 1, 1).data);
            const own = light(getComputedStyle(text).fill.match(/\\d+/g).map(Number));
            return Math.max(cell / own, own / cell);
          });
        }"""
    )


def test_numbers_in_cells_can_be_read_or_are_left_out(open_chart):
    page = open_chart("kind=cells")
    labels = page.locator(".heatmap-label text")
    assert labels.count() == 36
    assert labels.evaluate_all("all => Math.min(...all.map(one => parseFloat(getComputedStyle(one).fontSize)))") >= 14
    assert min(contrasts(page)) >= 4.5
    page.evaluate("Plotly.relayout(document.querySelector('.plot'), { 'xaxis.range': [-0.5, 8.5] })")
    assert min(contrasts(page)) >= 4.5
    page.set_viewport_size({"width": 420, "height": 720})
    page.wait_for_function("!document.querySelector('.heatmap-label')")
    assert float(hovered(page, 0, 0, 9)[-1]) >= 0


def test_words_in_cells_are_cut_where_there_is_no_room_and_whole_on_hover(open_chart):
    page = open_chart("kind=words")
    page.set_viewport_size({"width": 1000, "height": 720})
    page.wait_for_function("document.querySelector('.heatmap-label:nth-of-type(2)').textContent.endsWith('…')")
    texts = page.locator(".heatmap-label").all_text_contents()
    assert texts[0] == "&"
    assert "<b>grandmother</b>".startswith(texts[1].removesuffix("…")) and len(texts[1]) > 3
    box = page.locator(".glassbox-chart .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 6, box["y"] + box["height"] / 2)
    page.locator(".hoverlayer tspan.line", has_text="<b>grandmother</b>").first.wait_for()


def test_colours_follow_the_theme_and_its_change(open_chart):
    page = open_chart()

    def colours() -> tuple[str, str]:
        tick = "getComputedStyle(document.querySelector('.glassbox-chart .xtick text')).fill"
        return page.evaluate(tick), page.evaluate("getComputedStyle(document.querySelector('.stApp')).color")

    light = colours()
    assert light[0] == light[1]
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"getComputedStyle(document.querySelector('.stApp')).color !== '{light[1]}'")
    page.wait_for_function("+document.querySelector('.plot').dataset.draws >= 2")
    dark = colours()
    assert dark[0] == dark[1] != light[0]


def test_a_french_page_has_a_french_mode_bar_and_decimal_commas(open_chart):
    page = open_chart("lang=fr")
    titles = [button.get_attribute("data-title") for button in page.locator(".modebar-btn").all()]
    assert titles == ["Télécharger en PNG", "Télécharger en SVG", "Zoom", "Rétablir la vue"]
    assert "," in hovered(page, 0, 0, 6)[1]


def test_a_french_percent_sign_stands_apart_after_every_drawing(open_chart):
    page = open_chart("lang=fr&kind=bars")
    for _ in range(2):
        numbers = page.locator(".bartext, .xtick text").all_text_contents()
        assert "50,0\u202f%" in numbers
        assert not [number for number in numbers if "%" in number and "\u202f%" not in number]
        page.evaluate("Plotly.relayout(document.querySelector('.plot'), { bargap: 0.4 })")


def test_the_figure_can_be_saved_as_svg_and_png(open_chart):
    page = open_chart()
    for button, beginning in [("Download as SVG", b"<svg"), ("Download as PNG", b"\x89PNG")]:
        with page.expect_download() as download:
            page.locator(f".modebar-btn[data-title='{button}']").click(force=True)
        assert Path(download.value.path()).read_bytes().startswith(beginning)
        # Firefox counts what was saved before under the same name.
        assert re.fullmatch(r"chart(\(\d+\))?\.(svg|png)", download.value.suggested_filename)


def test_a_saved_picture_is_as_wide_as_a_projector_also_from_a_small_window(open_chart, browser_page):
    browser_page.set_viewport_size({"width": 700, "height": 700})
    header = saved(open_chart(), "Download as PNG")[16:24]
    width, height = (int.from_bytes(header[i : i + 4]) for i in (0, 4))
    assert width >= 1920 and height > 400


def saved(page, button: str) -> bytes:
    with page.expect_download() as download:
        page.locator(f".modebar-btn[data-title='{button}']").click(force=True)
    return Path(download.value.path()).read_bytes()


def saved_svg(page, button: str, texts: str) -> list[list[str]]:
    """Of a saved picture: what is written in the chosen texts, with its colour, and first of all the paper's colour."""
    return page.evaluate(
        """([svg, texts]) => {
          document.body.insertAdjacentHTML('beforeend', `<div id="saved">${svg}</div>`);
          const colour = (node) => getComputedStyle(node).fill;
          const found = [...document.querySelectorAll(`#saved :is(${texts})`)];
          const paper = colour(document.querySelector('#saved rect'));
          const told = found.map((text) => [text.textContent, colour(text)]);
          document.getElementById('saved').remove();
          return [['paper', paper], ...told];
        }""",
        [saved(page, button).decode(), texts],
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_saved_picture_has_the_colours_of_the_screen(open_chart, browser_page, scheme):
    browser_page.emulate_media(color_scheme=scheme)
    page = open_chart("kind=cells")
    live = page.locator(".heatmap-label text, .xtick text").evaluate_all(
        "all => all.map(text => [text.textContent, getComputedStyle(text).fill])"
    )
    paper = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    picture = saved_svg(page, "Download as SVG", ".heatmap-label text, .xtick text")
    assert picture == [["paper", paper], *live]
    assert {colour for _number, colour in live[:36]} == {"rgb(0, 0, 0)", "rgb(255, 255, 255)"}
    corner = page.evaluate(
        """async (png) => {
          const image = Object.assign(new Image(), { src: `data:image/png;base64,${png}` });
          await image.decode();
          const canvas = document.createElement('canvas');
          canvas.getContext('2d').drawImage(image, 0, 0);
          return `rgb(${[...canvas.getContext('2d').getImageData(1, 1, 1, 1).data.slice(0, 3)].join(', ')})`;
        }""",
        b64encode(saved(page, "Download as PNG")).decode(),
    )
    assert corner == paper


@pytest.mark.parametrize("kind", ["signs", "signed_bars"])
def test_signed_numbers_have_the_minus_of_the_axes_and_zero_has_no_sign(open_chart, kind):
    page = open_chart(f"kind={kind}&lang=fr")
    numbers = {
        "signs": ["−1,50", "0,00", "0,00", "+1,50"],
        "signed_bars": ["−15,0\u202f%", "0,0\u202f%", "+15,0\u202f%"],
    }[kind]
    texts = ".heatmap-label text, .bartext"
    assert page.locator(texts).all_text_contents() == numbers
    assert [said for said, _colour in saved_svg(page, "Télécharger en SVG", texts)[1:]] == numbers
    assert hovered(page, 0, 0, len(numbers))[-1] == numbers[0] or kind == "signed_bars"


def test_what_looks_like_a_number_in_the_readers_own_text_stays_as_it_is(open_chart):
    page = open_chart("lang=fr&kind=hyphens")
    said = page.locator(".heatmap-label text, .xtick text, .ytick text").all_text_contents()
    assert sorted(said) == ["+0", "-1", "-5", "50%", "5M"]


def test_a_french_prefix_stands_apart_from_its_number(open_chart):
    page = open_chart("lang=fr&kind=magnitude_bars")
    assert "2\u202fM" in page.locator(".xtick text").all_text_contents()


def test_a_saved_picture_has_the_french_percent_signs_of_the_screen(open_chart):
    page = open_chart("lang=fr&kind=bars")
    numbers = [said for said, _colour in saved_svg(page, "Télécharger en SVG", ".bartext, .xtick text")]
    assert "50,0\u202f%" in numbers
    assert not [number for number in numbers if "%" in number and "\u202f%" not in number]


def test_a_french_percent_sign_stands_apart_where_a_bar_is_pointed_at(open_chart):
    page = open_chart("lang=fr&kind=bars")
    page.mouse.move(*cell(page, 0, 0, 12))
    page.locator(".hovertext tspan", has_text="50,0\u202f%").first.wait_for()
    assert "%{x}" not in hovered(page, 4, 0, 12)[1]


def test_powers_of_ten_that_would_touch_are_fewer(open_chart):
    page = open_chart("kind=decades&large=1")
    heights = page.locator(".ytick text").evaluate_all(
        "all => all.map(text => text.getBoundingClientRect()).map(({ top, bottom }) => [top, bottom])"
    )
    assert len(heights) >= 2
    assert all(one[1] <= other[0] + 1 or other[1] <= one[0] + 1 for one, other in pairwise(heights))


@pytest.mark.parametrize("kind", ["hostile", "decades"])
@pytest.mark.parametrize("large, least", [("", 14), ("&large=1", 20)])
def test_labels_are_large_enough_and_never_cut(open_chart, kind, large, least):
    page = open_chart(f"kind={kind}{large}")
    page.wait_for_timeout(300)
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.xtick text')).fontSize)")
    assert size >= least
    for width in (1280, 700):
        page.set_viewport_size({"width": width, "height": 720})
        page.wait_for_timeout(400)
        overflow = page.evaluate(
            """() => {
              const box = document.querySelector('.glassbox-chart').getBoundingClientRect();
              const texts = document.querySelectorAll('.xtick text, .ytick text, .xtitle, .ytitle, .cbaxis text');
              const out = r => r.left < box.left - 1 || r.right > box.right + 1 || r.bottom > box.bottom + 1;
              return [...texts].filter(t => out(t.getBoundingClientRect())).map(t => t.textContent);
            }"""
        )
        assert overflow == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_its_library_the_chart_says_so(serve, browser_page):
    browser_page.route("**/PlotlyChart*", lambda route: route.abort())
    browser_page.route("**/plotly-cartesian*", lambda route: route.abort())
    browser_page.goto(f"{serve(SCRIPT)}/?lang=fr")
    browser_page.get_by_text("Ce graphique ne peut pas être dessiné").wait_for()


def test_a_moved_slider_shows_its_chart_before_what_follows_has_come(serve, browser_page):
    browser_page.goto(f"{serve(SCRIPT)}/?kind=part")
    browser_page.locator(".bartext", has_text="0").wait_for()
    said(browser_page, "step 0")
    step(browser_page)
    browser_page.locator(".bartext", has_text="1").wait_for()
    assert browser_page.get_by_text("step 0", exact=True).is_visible()
    said(browser_page, "step 1")


def press(page, *keys: str) -> None:
    for key in keys:
        page.locator(".glassbox-chart .plot").press(key)


def chosen(page, row: int, column: int) -> None:
    page.get_by_text(f"click Click(x={column}, y={row}, trace=0").wait_for()


def test_each_arrow_key_moves_the_chosen_cell_its_own_way(open_chart):
    page = open_chart()
    for key, row, column in [("ArrowRight", 2, 2), ("ArrowUp", 1, 2), ("ArrowLeft", 1, 1), ("ArrowDown", 2, 1)]:
        press(page, key)
        chosen(page, row, column)


def told(page, words: str) -> None:
    """What somebody hears who does not see the chart."""
    page.wait_for_function(
        "words => document.querySelector('.glassbox-chart [aria-live]').textContent.includes(words)", arg=words
    )


def test_the_chosen_cell_is_told_to_those_who_hear_the_page(open_chart):
    page = open_chart("deaf=1")
    press(page, "ArrowUp")
    told(page, "␣journey → ␣journey")
    press(page, "ArrowRight")
    told(page, "masked")


def test_bars_are_gone_through_by_keys_and_enter_chooses(open_chart):
    page = open_chart("kind=bars")
    press(page, "ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp")
    told(page, "<script>")
    told(page, "45.5%")
    press(page, "Enter")
    page.get_by_text("y=1, trace=0").wait_for()


def test_a_chart_is_one_stop_of_the_tab_key_and_enter_leads_to_its_tools(open_chart):
    page = open_chart()
    assert page.locator(".modebar-btn").count() == 4
    stops = "box => [...box.querySelectorAll('*')].filter(node => node.tabIndex >= 0).map(node => node.className)"
    (only,) = page.locator(".glassbox-chart").evaluate(stops)
    assert "plot" in only
    focused = "document.activeElement.ariaLabel"
    press(page, "Enter")
    assert page.evaluate(focused) == "Download as PNG"
    for key, name in [
        ("ArrowLeft", "Reset the view"),
        ("ArrowRight", "Download as PNG"),
        ("ArrowRight", "Download as SVG"),
    ]:
        page.keyboard.press(key)
        assert page.evaluate(focused) == name
    page.keyboard.press("Escape")
    assert page.evaluate(focused) == "What the chart shows"


def test_at_the_edge_the_chosen_cell_stays(open_chart):
    page = open_chart()
    press(page, *["ArrowLeft"] * 3, *["ArrowUp"] * 4)
    chosen(page, 0, 0)
    press(page, *["ArrowRight"] * 7, *["ArrowDown"] * 7)
    chosen(page, 5, 5)
    press(page, "ArrowLeft", "ArrowUp")
    chosen(page, 4, 4)


def test_the_keyboard_goes_on_from_the_cell_that_was_clicked(open_chart):
    page = open_chart()
    page.mouse.click(*cell(page, 4, 3, 6))
    chosen(page, 4, 3)
    press(page, "ArrowRight")
    chosen(page, 4, 4)


def test_a_chart_that_offers_no_choice_answers_neither_keys_nor_clicks(open_chart):
    page = open_chart("deaf=1")
    press(page, "ArrowDown")
    page.mouse.click(*cell(page, 3, 1, 6))
    step(page)
    said(page, "step 1, click None")
    page.wait_for_timeout(300)
    assert not page.get_by_text("a click was answered").count()


def test_the_word_of_a_masked_cell_does_not_spoil_those_of_the_others(open_chart):
    page = open_chart("kind=masked_words")
    words = page.locator(".heatmap-label text").evaluate_all(
        "all => all.map(text => [text.textContent, getComputedStyle(text).fill])"
    )
    assert [colour for word, colour in words if word in "abc"] == ["rgb(0, 0, 0)"] * 3  # on the brightest yellow


def test_a_logarithmic_scale_tells_the_number_itself_where_it_is_pointed_at(open_chart):
    page = open_chart("kind=magnitudes")
    assert [hovered(page, 0, column, 3)[-1] for column in range(3)] == ["0.002", "0.500", "40.000"]


def test_where_few_labels_have_room_the_chosen_ones_are_among_them_and_touch_no_other(open_chart):
    page = open_chart("kind=many")
    page.set_viewport_size({"width": 660, "height": 720})  # on a phone a chart of cells would scroll
    page.wait_for_function("document.querySelector('.plot')._fullLayout.width < 660")
    for axis, at in zip("yx", CHOSEN, strict=True):
        labels = page.locator(f".glassbox-chart .{axis}tick text").evaluate_all(
            """all => all.map(text => {
              const { top, bottom, left, right } = text.getBoundingClientRect();
              return [text.textContent, top, bottom, left, right];
            })"""
        )
        assert 5 < len(labels) < 0.6 * MANY
        assert f"w{at}" in [name for name, *_ in labels]
        edges = sorted(row[1:3] if axis == "y" else row[3:5] for row in labels)
        assert all(before[1] <= after[0] + 1 for before, after in pairwise(edges))


def test_numbers_at_bars_are_left_out_where_they_would_be_too_small(open_chart):
    page = open_chart("kind=many_bars")
    assert page.locator(".bartext").all_text_contents() == ["50.0%"] * 6
    step(page)
    said(page, "step 1, click None")
    page.wait_for_function("document.querySelectorAll('.bars .point').length === 300")
    assert not page.locator(".bartext").count()
    assert hovered(page, 250, 7, 300)[-1] == "50.0%"


def test_a_dark_page_has_the_colours_made_for_it(open_chart):
    page = open_chart("kind=signs")

    def colours() -> list[str]:
        return page.evaluate(
            """() => {
              const context = document.createElement('canvas').getContext('2d');
              context.imageSmoothingEnabled = false;
              context.drawImage(document.querySelector('.hm image'), 0, 0, 4, 1);
              const hex = (i) => [...context.getImageData(i, 0, 1, 1).data.slice(0, 3)];
              return [0, 3].map((i) => '#' + hex(i).map((c) => c.toString(16).padStart(2, '0')).join(''));
            }"""
        )

    assert colours() == [SIGNED[0], SIGNED[-1]]
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("+document.querySelector('.plot').dataset.draws >= 2")
    assert colours() == [SIGNED_ON_DARK[0], SIGNED_ON_DARK[-1]]


def test_in_large_type_bars_become_as_high_as_their_names_ask(open_chart, browser_page):
    browser_page.set_viewport_size({"width": 1920, "height": 1080})
    page = open_chart("kind=low_bars&large=1")
    assert page.locator(".ytick text").count() == len(HOSTILE)
