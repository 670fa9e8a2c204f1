"""The stage of the journey in a real browser: it plays, steps, obeys keys, and every picture has something on it."""

import pytest

from tests.browser.steps import TIMEOUT, settle, visit

TEXT = "Once upon a time there was a little girl who lived in the forest with her grandmother."


@pytest.fixture
def stage(browser_page, app_url):
    visit(browser_page, app_url, "", lang="en", text=TEXT, layer="4", head="4")
    settle(browser_page)
    found = browser_page.locator(".journey")
    found.locator("canvas").wait_for(timeout=TIMEOUT)
    return found


def scene(stage) -> str:
    return stage.get_attribute("data-scene")


def until_scene(stage, kind: str) -> None:
    stage.page.wait_for_function(
        "([stage, kind]) => stage.dataset.scene.startsWith(kind)", arg=[stage.element_handle(), kind], timeout=TIMEOUT
    )


def colours(stage) -> int:
    """How many different colours the picture has: an empty one has next to none."""
    return stage.evaluate(
        """stage => {
          const {width, height} = stage.stage.canvas;
          const {data} = stage.stage.canvas.getContext("2d").getImageData(0, 0, width, height);
          const found = new Set();
          for (let i = 0; i < data.length; i += 4) found.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
          return found.size;
        }"""
    )


def test_at_rest_it_shows_the_sentence_and_three_whole_words(stage):
    assert scene(stage) == "rest"
    words = stage.evaluate("stage => stage.stage.header.words.map(word => word[0])")
    assert words[0] == "␣She" and len(words) == 3
    assert colours(stage) > 50
    assert stage.get_by_role("button", name="Follow a token").is_visible()


def test_every_scene_draws_and_says_something(stage):
    n = stage.evaluate("stage => stage.stage.scenes.length")
    pictures = set()
    for at in range(n):
        found = stage.evaluate(
            """({stage}, at) => {
              stage.at = at; stage.time = 1; stage.say(); stage.draw();
              return stage.canvas.toDataURL();
            }""",
            at,
        )
        pictures.add(found)
        assert len(stage.locator(".caption").inner_text()) > 10
        assert colours(stage) > 20, scene(stage)
    assert len(pictures) == n


def test_keys_step_on_and_back_and_home(stage):
    stage.locator("canvas").focus()
    stage.page.keyboard.press("PageDown")
    until_scene(stage, "tokens")
    stage.page.keyboard.press("ArrowRight")
    until_scene(stage, "ids")
    stage.page.keyboard.press("PageUp")
    until_scene(stage, "tokens")
    stage.page.keyboard.press("Home")
    until_scene(stage, "rest")


def test_it_plays_to_the_end_and_the_next_round_follows_the_new_token(stage):
    stage.locator("select").select_option("4")
    stage.get_by_role("button", name="Follow a token").click()
    until_scene(stage, "joined")
    stage.get_by_role("button", name="Next round").click()
    stage.page.wait_for_function(
        "stage => stage.stage.header.tokens.at(-1) === '␣She'", arg=stage.element_handle(), timeout=TIMEOUT
    )
    until_scene(stage, "position")  # it goes on by itself, with the new token
    stage.page.get_by_role("button", name="Back to your text").click()
    stage.page.wait_for_function(
        "stage => stage.stage.header.tokens.at(-1) === '.'", arg=stage.element_handle(), timeout=TIMEOUT
    )


def test_a_cell_tells_its_very_number(stage):
    stage.evaluate(
        """stage => {
          const s = stage.stage;
          s.at = s.scenes.findIndex(scene => scene.kind === "muted"); s.time = 1; s.say(); s.draw();
        }"""
    )
    target = stage.evaluate("stage => stage.stage.targets.find(one => one.place.endsWith('ff.post'))")
    cell = {
        "x": target["x"] + 2.5 * target["w"] / target["columns"],
        "y": target["y"] + 0.5 * target["h"] / target["rows"],
    }
    stage.locator("canvas").click(position=cell)
    told = stage.page.locator(".stMarkdown", has_text="blocks.4.ff.post").first
    told.wait_for(timeout=TIMEOUT)
    told = told.inner_text()
    assert "number 2:" in told and "position 17" in told


def test_an_arc_writes_the_sum_behind_it(stage):
    found = stage.evaluate(
        """stage => {
          const { canvas, chips, header } = stage.stage;
          const { left, top } = canvas.getBoundingClientRect();
          const key = header.looks[header.layer].keys[0];
          for (let y = 2; y < chips[key].y; y += 2) {
            for (let x = 2; x < canvas.clientWidth; x += 2) {
              const found = [-4, 0, 4].map((d) => stage.stage.hit({ clientX: left + x, clientY: top + y + d }));
              const weight = header.percents[header.layer][key];
              if (found.every((hit) => hit?.name === "arc" && hit.value.key === key)) return { x, y, weight };
            }
          }
        }"""
    )
    stage.locator("canvas").click(position={"x": found["x"], "y": found["y"]})
    told = stage.page.locator(".stMarkdown", has_text="softmax").first
    told.wait_for(timeout=TIMEOUT)
    share = float(told.inner_text().rsplit("=", 1)[1].strip().removesuffix("%"))
    assert round(share) == int(found["weight"].removesuffix("%"))


def test_a_click_on_a_token_follows_it(stage):
    chip = stage.evaluate("stage => stage.stage.chips[7]")
    stage.locator("canvas").click(position={"x": chip["x"] + chip["w"] / 2, "y": chip["y"] + chip["h"] / 2})
    stage.page.wait_for_function(
        "stage => stage.stage.header.position === 7", arg=stage.element_handle(), timeout=TIMEOUT
    )


def test_reduced_motion_steps_without_moving(stage):
    stage.page.emulate_media(reduced_motion="reduce")
    stage.locator("canvas").focus()
    stage.page.keyboard.press("PageDown")
    assert stage.evaluate("stage => stage.stage.time") == 1


def test_the_words_below_tell_every_scene(stage):
    stage.locator("summary").click()
    lines = stage.locator(".log li")
    assert lines.count() == stage.evaluate("stage => stage.stage.scenes.length")
    assert "192 numbers" in lines.nth(2).inner_text()
    assert "\\" not in stage.locator(".log").inner_text()
