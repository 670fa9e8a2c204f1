"""The moment of its training at which a model is looked at: on all chapters, in the link, and said in words."""

import re

import pytest

from gpt_core.weights import packing
from gpt_core.weights.catalogue import CATALOGUE, MODELS_FOLDER, card_of, name_at, steps_of
from gpt_core.weights.snapshots import point_of
from pages.chapters import CHAPTERS
from pages.services.reading import read, tokenizer
from pages.services.shared import engine, models
from pages.ui import choices, moments, session, take_along
from pages.ui.choices import Choices
from pages.ui.words import number, speaking
from tests.pages.conftest import assert_healthy, chart_numbers, explore, plain, said, words
from tests.pages.test_handout import offered_to

TEXT = "The old king gave the golden key to the boy."
MODEL = next(name for name in engine.available_models() if steps_of(name))
STEPS = list(steps_of(MODEL))
FIRST, MIDDLE = STEPS[0], STEPS[len(STEPS) // 2]
WITHOUT = next(name for name in engine.available_models() if not steps_of(name))
AT = {"lang": "en", "text": TEXT, "model": MODEL}
UNLIKE = (("en", "for all others."), ("fr", "pour tous les autres."))


def slider(app):
    return app.sidebar.select_slider(key=moments.MOMENT)


def rows(name: str) -> set[int]:
    """Ids of the tokens of which a model has rows of their own."""
    ids = models.tokens_met(name)
    assert ids is not None
    return set(ids.tolist())


def misfits(app) -> list[str]:
    """What is said of parameters of the link."""
    return [notice.value for notice in app.info if "does not fit here" in notice.value]


@pytest.mark.parametrize("place", range(len(CHAPTERS)), ids=[row.id for row in CHAPTERS])
def test_a_chapter_is_drawn_at_the_first_moment_and_at_one_in_the_middle(run, place):
    """In one language at the one and in the other at the other, from chapter to chapter the other way round."""
    (lang, kept), (other, as_well) = UNLIKE if place % 2 else reversed(UNLIKE)
    app = run(CHAPTERS[place].id, **AT | {"lang": lang}, moment=FIRST)
    assert_healthy(app)
    assert plain(app).count(kept) == 1
    app.session_state["lang"] = other
    slider(app).set_value(str(MIDDLE)).run()
    assert_healthy(app)
    assert plain(app).count(as_well) == 1 and kept not in plain(app)
    assert (said(app, "moment"), said(app, "model")) == (str(MIDDLE), MODEL)


def test_the_slider_has_all_moments_and_the_finished_model_last(run):
    app = run("heads", **AT)
    assert slider(app).options == [*map(number, STEPS), "finished"]
    assert slider(app).value == moments.FINISHED
    assert "moment" not in app.query_params
    assert "for all others." not in plain(app)
    assert run("heads", **AT | {"lang": "fr"}).sidebar.select_slider(key="moment").options[-1] == "achevé"


def test_one_slides_through_all_moments_and_sees_the_same_head_of_another_model(run):
    app = run("heads", **AT)
    before = {widget.key: widget.value for widget in app.sidebar.slider if widget.key != "key"}
    for step in [*STEPS, None]:
        slider(app).set_value(moments.FINISHED if step is None else str(step)).run()
        assert_healthy(app)
        assert {widget.key: widget.value for widget in app.sidebar.slider if widget.key != "key"} == before
        weights = read(name_at(MODEL, step), TEXT).trace.blocks[before["layer"]].att.weights[before["head"]]
        drawn = chart_numbers(app, "attention")
        assert drawn[-1] == pytest.approx(weights[-1].numpy(), abs=1e-6)
        assert said(app, "moment") == ("" if step is None else str(step))
    assert app.sidebar.text_area(key="text").value == TEXT


def test_a_link_with_a_moment_shows_the_head_that_the_finished_model_finds(run):
    finished, earlier = run("heads", **AT), run("heads", **AT, moment=FIRST)
    for name in ("layer", "head", "token"):
        assert earlier.sidebar.slider(key=name).value == finished.sidebar.slider(key=name).value
    assert any("in the finished model" in caption.help for caption in earlier.sidebar.caption if caption.help)
    assert not any("in the finished model" in caption.help for caption in finished.sidebar.caption if caption.help)


@pytest.mark.parametrize("nonsense", ["abc", "-1", "1e3", f"{FIRST}0", str(max(STEPS) + 1), "٣", "9" * 400])
def test_a_moment_that_there_is_not_is_met_with_one_notice_and_the_finished_model(run, nonsense):
    app = run("heads", **AT, moment=nonsense)
    assert_healthy(app)
    assert ["“moment”" in notice for notice in misfits(app)] == [True]
    assert slider(app).value == moments.FINISHED
    assert "moment" not in app.query_params


LAST = CATALOGUE[MODEL].config.n_layers - 1
LAST_THEN = card_of(name_at(MODEL, MIDDLE)).config.n_layers - 1


@pytest.mark.skipif(LAST == LAST_THEN, reason="this model has always had as many layers")
def test_a_layer_that_a_moment_lacks_comes_back_with_the_others_but_not_over_one_that_was_picked(run):
    app = run("heads", **AT, layer=LAST, head=1)
    layer = app.sidebar.slider(key="layer")
    assert (layer.value, layer.max) == (LAST, LAST)
    for there in (MIDDLE, FIRST):
        slider(app).set_value(str(there)).run()
        assert_healthy(app)
        assert app.sidebar.slider(key="layer").value == LAST_THEN == app.sidebar.slider(key="layer").max
    slider(app).set_value(moments.FINISHED).run()
    assert app.sidebar.slider(key="layer").value == LAST and not misfits(app)
    slider(app).set_value(str(MIDDLE)).run()
    app.sidebar.slider(key="layer").set_value(0).run()
    assert app.sidebar.slider(key="layer").value == 0
    app.sidebar.slider(key="layer").set_value(LAST_THEN).run()
    slider(app).set_value(moments.FINISHED).run()
    assert app.sidebar.slider(key="layer").value == LAST_THEN


@pytest.mark.skipif(LAST == LAST_THEN, reason="this model has always had as many layers")
def test_of_a_moment_with_fewer_layers_that_is_said_in_both_languages():
    for lang, sentence in (("en", "It had {n} blocks then"), ("fr", "Il avait alors {n} blocs")):
        said_then = sentence.format(n=LAST_THEN + 1)
        with speaking(lang):
            assert said_then in " ".join(moments.said_of(card_of(name_at(MODEL, MIDDLE))))
            assert said_then not in " ".join(moments.said_of(CATALOGUE[MODEL]))


def test_a_moment_of_a_model_that_has_none_does_not_fit(run):
    app = run("heads", **AT | {"model": WITHOUT}, moment=MIDDLE)
    assert_healthy(app)
    assert ["“moment”" in notice for notice in misfits(app)] == [True]
    assert not [one for one in app.sidebar.select_slider if one.key == moments.MOMENT]


def test_whoever_goes_on_to_another_model_leaves_the_moment_without_a_word_and_comes_back_to_the_end(run):
    app = run("heads", **AT, moment=MIDDLE)
    app.sidebar.selectbox(key="model").set_value(WITHOUT).run()
    assert_healthy(app)
    assert not misfits(app) and "moment" not in app.query_params
    app.sidebar.selectbox(key="model").set_value(MODEL).run()
    assert slider(app).value == moments.FINISHED and not misfits(app)


def test_the_name_that_the_engine_has_for_it_is_none_for_an_address(run):
    app = run("heads", **AT | {"model": name_at(MODEL, MIDDLE)})
    assert app.sidebar.selectbox(key="model").value == engine.available_models()[0]
    assert ["“model”" in notice for notice in misfits(app)] == [True]


def test_a_moment_is_kept_from_chapter_to_chapter_and_where_an_older_address_comes_late(run):
    app = run("heads", **AT)
    before = dict(app.query_params)
    slider(app).set_value(str(MIDDLE)).run()
    app.switch_page("00_start.py").run()
    assert said(app, "moment") == str(MIDDLE) == slider(app).value
    for name, value in before.items():  # what the address bar said when the next thing was sent
        app.query_params[name] = value
    app.sidebar.slider(key="layer").set_value(1).run()
    assert said(app, "moment") == str(MIDDLE)
    assert_healthy(app)


def test_what_streamlit_forgets_when_it_changes_the_page_is_remembered_as_model_and_moment():
    chosen = Choices(TEXT, name_at(MODEL, MIDDLE), 0, 0, 1, 0, "en", present=False)
    with session.aside({}):
        choices.remember(chosen)
        choices.apply_url_parameters()
        assert (session.get("model"), session.get(moments.MOMENT)) == (MODEL, str(MIDDLE))
        assert moments.chosen_model() == chosen.model


def test_a_link_to_the_model_alone_leads_to_the_finished_one(run):
    app = run("heads", **AT, moment=MIDDLE)
    app.query_params.clear()
    for name, value in AT.items():
        app.query_params[name] = value
    app.run()
    assert slider(app).value == moments.FINISHED


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_what_was_worth_what_is_the_history_s_and_what_is_kept_is_the_file_s(lang):
    """Never made up: nothing of these numbers is written in the code."""
    with speaking(lang):
        for step in STEPS:
            card = card_of(name_at(MODEL, step))
            point, packed = point_of(card), packing.kept_in(card.snapshot) if card.snapshot else None
            assert point and packed
            told = " ".join(moments.said_of(card)).replace("\\", "").replace(";", " ;")
            for loss in point.held_out.values():
                assert re.search(rf"(?<!\d){number(loss, 2)}[ .]", told)
            for n in (packed.n_own, packed.n_shared, point.tokens, point.of):
                assert re.search(rf"(?<!\d){number(n)}\s", told)
            assert ("8 bits" in told) == packed.whole_numbers
            assert packed.n_own == len(rows(card.name)) < len(rows(MODEL))
        assert moments.said_of(CATALOGUE[MODEL]) == []


def test_without_a_history_no_loss_is_said(monkeypatch):
    monkeypatch.setattr(moments, "point_of", lambda card: None)
    with speaking("en"):
        assert "model’s loss" not in " ".join(moments.said_of(card_of(name_at(MODEL, MIDDLE))))


def test_a_moment_is_named_wherever_its_model_is(run):
    title = f"Storyteller after {number(MIDDLE)} steps"
    app = run("heads", **AT, moment=MIDDLE)
    assert any(title in caption.value.replace("\\", "") for caption in app.sidebar.caption)
    briefly = f"Storyteller, step {number(MIDDLE)} · "
    assert briefly in run("heads", **AT, moment=MIDDLE, present=True).get("popover")[1].proto.popover.label.replace(
        "\\", ""
    )
    app = explore(app, "heads/compare")
    assert f"{title}, layer" in plain(app)
    french = f"Storyteller après {number(MIDDLE)} étapes"
    assert french in plain(run("heads", **AT | {"lang": "fr"}, moment=MIDDLE))


def test_a_prediction_is_held_against_the_same_moment_at_first_and_may_be_against_the_end(run):
    app = explore(run("forward_pass", **AT, moment=FIRST), "forward_pass/two_predictions")
    for step in (FIRST, MIDDLE):
        slider(app).set_value(str(step)).run()
        assert_healthy(app)
        assert app.selectbox(key="forward_other_model").value == name_at(MODEL, step)
    app.selectbox(key="forward_other_model").set_value(MODEL).run()
    assert_healthy(app)
    assert said(app, "forward_other_model") == MODEL


def test_the_list_of_models_and_what_is_said_about_them_have_no_moments(run):
    app = run("heads", **AT, moment=MIDDLE)
    app.session_state["about"] = True
    app.run()
    assert_healthy(app)
    assert not [option for option in app.sidebar.selectbox(key="model").options if "after" in option]
    assert app.sidebar.selectbox(key="model").options == run("heads", **AT).sidebar.selectbox(key="model").options


def test_tokens_of_which_no_row_is_kept_are_told_of_and_not_called_unmet(run):
    left_out = tokenizer().decode([min(rows(MODEL) - rows(name_at(MODEL, MIDDLE)))])
    text = f"the king{left_out}"
    app = run("heads", **AT | {"text": text}, moment=MIDDLE)
    assert "no row is kept for" in plain(app)
    assert "never met" not in plain(app)
    assert "no row is kept" not in plain(run("heads", **AT | {"text": text}))


def test_an_address_that_is_gone_back_to_leads_back_in_the_training_too(run, monkeypatch):
    app = run("heads", **AT)
    before = dict(app.query_params)
    slider(app).set_value(str(MIDDLE)).run()
    monkeypatch.setattr(session, "is_history_navigation", lambda: True)
    app.query_params.clear()
    for name, value in before.items():
        app.query_params[name] = value
    app.run()
    assert slider(app).value == moments.FINISHED and "moment" not in app.query_params


def test_a_hand_out_names_the_moment_and_its_link_leads_there(run, monkeypatch):
    asked = offered_to(run("heads", **AT, moment=MIDDLE), "heads", monkeypatch)
    assert f"moment={MIDDLE}" in asked.links["heads"] and f"model={MODEL}&" in asked.links["heads"]
    assert f"Storyteller after {number(MIDDLE)} steps" in take_along.make_handout(asked).decode()


def test_a_damaged_snapshot_is_told_of_and_the_finished_model_is_shown(run, monkeypatch, tmp_path):
    (tmp_path / MODEL / "snapshots").mkdir(parents=True)
    for path in (MODELS_FOLDER / MODEL).iterdir():
        if path.is_file():
            (tmp_path / MODEL / path.name).symlink_to(path)
    (tmp_path / MODEL / "snapshots" / f"step-{MIDDLE:06}.safetensors").write_text("<html>log in</html>", "utf-8")
    monkeypatch.setattr("gpt_core.weights.catalogue.MODELS_FOLDER", tmp_path)
    engine.forget_model(name_at(MODEL, MIDDLE))
    app = run("heads", **AT, moment=MIDDLE)
    assert not app.exception
    (error,) = app.error
    assert "holds a web page instead of safetensors weights" in error.value
    assert "Storyteller is shown instead" in error.value
    assert "for all others." not in words(app)
