"""The stage of the journey in a real browser: it plays, steps, obeys keys, and every picture has something on it."""

import pytest

from pages.services.reading import read
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
          const [{ canvas }] = stage.stage.travellers;
          const {width, height} = canvas;
          const {data} = canvas.getContext("2d").getImageData(0, 0, width, height);
          const found = new Set();
          for (let i = 0; i < data.length; i += 4) found.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
          return found.size;
        }"""
    )


def test_at_rest_it_shows_the_sentence_and_three_whole_words(stage):
    assert scene(stage) == "rest"
    words = stage.evaluate("stage => stage.stage.travellers[0].header.words.map(word => word[0])")
    assert words[0] == "␣She" and len(words) == 3
    assert stage.locator("canvas").count() == 1
    assert colours(stage) > 50
    assert stage.get_by_role("button", name="Follow a token").is_visible()


MEASURE = """
({ stage }, share) => {
  const [one] = stage.travellers;
  const { header, canvas, chips } = one;
  const n = header.position + 1;
  const keys = [n - 3, n - 4, 1];
  const weights = Array.from({ length: n }, (_, key) => (keys.includes(key) ? share : 0));
  const picture = (looks) => {
    header.looks = header.looks.map(() => looks);
    header.percents = header.percents.map((row) => row.map(() => "100.0%"));
    stage.draw();
    const ratio = canvas.width / canvas.clientWidth;
    const brush = canvas.getContext("2d");
    const words = one.chips.map(({ x, y, w, h }) =>
      brush.getImageData((x + 3) * ratio, (y + 3) * ratio, (w - 6) * ratio, (h - 6) * ratio).data.join());
    return { words, shares: one.shares.map(({ x, y, w, h }) => ({ x, y, w, h })) };
  };
  const bare = picture({ keys: [], weights: weights.map(() => 0) });
  const found = picture({ keys, weights });
  return {
    lines: new Set(one.chips.map(({ y }) => y)).size,
    width: canvas.clientWidth,
    covered: found.words.filter((word, i) => word !== bare.words[i]).length,
    shares: found.shares,
    chips: one.chips.map(({ x, y, w, h }) => ({ x, y, w, h })),
  };
}
"""


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return all(one[at] < other[at] + other[by] - 1 and other[at] < one[at] + one[by] - 1 for at, by in ("xw", "yh"))


def test_percentages_stand_apart_and_arcs_cover_no_word(stage, subtests):
    show = "({stage}, kind) => { stage.at = stage.scenes.findIndex(one => one.kind === kind); stage.time = 1; }"
    for width, height in ((1280, 720), (390, 844)):
        stage.page.set_viewport_size({"width": width, "height": height})
        stage.page.wait_for_function(f"innerWidth === {width}")
        for at in ("rest", "query"):
            with subtests.test(f"{width} {at}"):
                stage.evaluate(show, at)
                found = stage.evaluate(MEASURE, 0.33)
                shares = found["shares"]
                assert len(shares) == 3
                if at == "rest":
                    assert found["lines"] > 1  # or nothing could be covered
                assert found["covered"] == 0
                for i, one in enumerate(shares):
                    assert one["x"] >= 0 and one["y"] >= 0 and one["x"] + one["w"] <= found["width"]
                    assert not any(overlap(one, other) for other in shares[i + 1 :])
                    assert not any(overlap(one, chip) for chip in found["chips"])


def test_every_scene_draws_and_says_something(stage):
    n = stage.evaluate("stage => stage.stage.scenes.length")
    pictures = set()
    for at in range(n):
        found = stage.evaluate(
            """({stage}, at) => {
              stage.at = at; stage.time = 1; stage.say(); stage.draw();
              return stage.travellers[0].canvas.toDataURL();
            }""",
            at,
        )
        pictures.add(found)
        assert len(stage.locator(".caption").inner_text()) > 10
        assert colours(stage) > 20, scene(stage)
    assert len(pictures) == n


def test_on_the_wall_the_bars_of_the_vocabulary_can_be_read(stage):
    page = stage.page
    page.get_by_text("Presenter mode").click()
    page.locator(".st-key-class_bar").wait_for(timeout=TIMEOUT)
    settle(page)
    page.wait_for_function("parseFloat(getComputedStyle(document.documentElement).fontSize) > 24")
    page.wait_for_timeout(1000)  # the stage takes what height is left
    sizes = page.locator(".journey").evaluate(
        """({stage}) => {
          stage.at = stage.scenes.findIndex(one => one.kind === "vocabulary"); stage.time = 1; stage.say();
          const found = [], brush = CanvasRenderingContext2D.prototype, write = brush.fillText;
          brush.fillText = function (text, ...rest) {
            if (text.endsWith("%")) found.push(parseFloat(/([0-9.]+)px/.exec(this.font)[1]));
            return write.call(this, text, ...rest);
          };
          stage.draw();
          brush.fillText = write;
          return found;
        }"""
    )
    assert len(sizes) >= 3 and min(sizes) >= 18


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
        "stage => stage.stage.travellers[0].header.tokens.at(-1) === '␣She'",
        arg=stage.element_handle(),
        timeout=TIMEOUT,
    )
    until_scene(stage, "position")  # it goes on by itself, with the new token
    stage.page.get_by_role("button", name="Back to your text").click()
    stage.page.wait_for_function(
        "stage => stage.stage.travellers[0].header.tokens.at(-1) === '.'", arg=stage.element_handle(), timeout=TIMEOUT
    )


def test_a_cell_tells_its_very_number(stage):
    stage.evaluate(
        """stage => {
          const s = stage.stage;
          s.at = s.scenes.findIndex(scene => scene.kind === "muted"); s.time = 1; s.say(); s.draw();
        }"""
    )
    target = stage.evaluate("stage => stage.stage.travellers[0].targets.find(one => one.place.endsWith('ff.post'))")
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
          const [traveller] = stage.stage.travellers;
          const { canvas, header } = traveller;
          const { left, top } = canvas.getBoundingClientRect();
          const key = header.looks[header.layer].keys[0];
          for (let y = 2; y < canvas.clientHeight; y += 2) {
            for (let x = 2; x < canvas.clientWidth; x += 2) {
              const found = [-4, 0, 4].map((d) => traveller.hit({ clientX: left + x, clientY: top + y + d }));
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
    chip = stage.evaluate("stage => stage.stage.travellers[0].chips[7]")
    stage.locator("canvas").click(position={"x": chip["x"] + chip["w"] / 2, "y": chip["y"] + chip["h"] / 2})
    stage.page.wait_for_function(
        "stage => stage.stage.travellers[0].header.position === 7", arg=stage.element_handle(), timeout=TIMEOUT
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


# Two sentences in lockstep.

SECOND = "Once upon a time there was a little boy who lived in the forest with his mother."
AT = "({stage}, at) => { stage.at = at; stage.time = 1; stage.say(); stage.draw(); }"


@pytest.fixture
def two(browser_page, app_url):
    visit(browser_page, app_url, "", lang="en", text=TEXT, layer="4", head="4", start_second=SECOND)
    found = browser_page.locator(".journey")
    found.locator("canvas").nth(1).wait_for(timeout=TIMEOUT)
    return found


def places(stage) -> list[dict[str, float]]:
    return [stage.locator("canvas").nth(i).bounding_box() for i in range(2)]


def test_two_sentences_are_at_the_same_station_with_numbers_of_their_own(two):
    page = two.page
    assert two.evaluate("({stage}) => stage.travellers.map(one => one.header.tokens[8])") == ["␣girl", "␣boy"]
    kinds = two.evaluate("({stage}) => stage.travellers.map(one => one.scenes.map(scene => scene.kind + scene.block))")
    assert kinds[0] == kinds[1]
    two.locator("canvas").nth(1).focus()
    page.keyboard.press("PageDown")
    until_scene(two, "tokens")
    n = len(kinds[0])
    for at in range(n):
        two.evaluate(AT, at)
        said = two.locator(".caption").all_inner_texts()
        assert len(said) == 2 and all(len(one) > 10 for one in said)
        pictures = two.evaluate("({stage}) => stage.travellers.map(one => one.canvas.toDataURL())")
        assert pictures[0] != pictures[1], kinds[0][at]
    told = two.locator(".differs li").all_inner_texts()
    assert "␣She" in told[0] and "␣He" in told[0]
    two.evaluate(AT, n - 2)
    assert two.locator(".differs li").count() == 0
    two.locator("summary").click()
    line = two.locator(".log ol li").nth(n - 1).inner_text()
    assert "First sentence · “␣She”" in line and "Second sentence · “␣He”" in line
    assert "What differs" in two.locator(".log").inner_text()


def test_a_cell_of_the_second_sentence_tells_its_own_number(two):
    two.evaluate("({stage}) => { stage.at = stage.scenes.findIndex(one => one.kind === 'muted'); stage.time = 1; }")
    two.evaluate("({stage}) => { stage.say(); stage.draw(); }")
    target = two.evaluate("({stage}) => stage.travellers[1].targets.find(one => one.place.endsWith('resid_mid'))")
    x, y = target["x"] + 2.5 * target["w"] / target["columns"], target["y"] + 0.5 * target["h"] / target["rows"]
    two.locator("canvas").nth(1).click(position={"x": x, "y": y})
    told = two.page.locator(".stMarkdown", has_text="blocks.4.resid_mid").first
    told.wait_for(timeout=TIMEOUT)
    value = float(read("storyteller", SECOND).trace.blocks[4].resid_mid[-1, 2])
    assert f"number 2: {value:.5f}".replace("-", "−") in told.inner_text()


def test_two_sentences_stand_one_above_the_other_and_side_by_side_where_there_is_room(two):
    page = two.page
    for width, height, beside in ((390, 844, False), (1280, 720, False), (1920, 1080, True)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            "([stage, beside]) => stage.querySelector('.pictures').classList.contains('beside') === beside"
            " && stage.querySelector('canvas').clientWidth > 0",
            arg=[two.element_handle(), beside],
            timeout=TIMEOUT,
        )
        first, second = places(two)
        assert (abs(first["y"] - second["y"]) < 2) == beside
        assert second["y"] >= first["y"] + first["height"] or second["x"] >= first["x"] + first["width"]
        assert page.evaluate("document.querySelector('.stMain').scrollWidth <= innerWidth")


def test_on_the_wall_two_sentences_are_whole_at_every_station(two):
    page = two.page
    page.get_by_text("Presenter mode").click()
    page.locator(".st-key-class_bar").wait_for(timeout=TIMEOUT)
    settle(page)
    for width, height in ((1280, 720), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(f"parseFloat(getComputedStyle(document.documentElement).fontSize) > {height / 30}")
        for at in range(-1, two.evaluate("({stage}) => stage.scenes.length")):
            two.evaluate(AT, at)
            two.evaluate(AT, at)  # the sentence below may have another height
            foot = two.locator(".controls").bounding_box()
            assert foot["y"] + foot["height"] <= height, at
