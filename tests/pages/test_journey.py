"""The journey's frames: every strip that a scene draws holds the numbers that the trace has at the place it names."""

import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from gpt_core import GPT, GPTConfig, GPTTrace
from gpt_core.measure.heads import strongest_key
from pages.services.reading import read, tokenizer
from pages.ui import journey
from pages.ui.components.journey import packed
from tests.pages.conftest import HOSTILE, assert_healthy

TEXT = "Once upon a time there was a little girl who lived in the forest with her grandmother."
LIMIT = 300_000  # bytes of one text's journey


def traced(name: str, text: str = TEXT):
    reading = read(name, text)
    return reading.model, reading.trace


def gpt2_like() -> tuple[GPT, GPTTrace]:
    """Of GPT-2's size but for its vocabulary, and 32 tokens."""
    model = GPT(GPTConfig(vocab_size=97, context_length=64, emb_dim=768, n_heads=12, n_layers=12)).requires_grad_(
        requires_grad=False
    )
    return model, model.trace(torch.arange(32) % 97)


MODELS = {
    "storyteller": lambda: traced("storyteller"),
    "induction lab": lambda: traced("induction-lab"),
    "size of GPT-2": gpt2_like,
}


def expected(trace: GPTTrace, place: str, position: int, head: int) -> torch.Tensor:
    """The numbers at a place, by another road: the address is read as Python."""
    tensor = eval("trace." + re.sub(r"blocks\.(\d+)", r"blocks[\1]", place), {"trace": trace})
    if place.endswith("att.context"):
        return tensor.transpose(0, 1).reshape(tensor.shape[1], -1)[position]
    if place.endswith("att.queries"):
        return tensor[head, position]
    if place.endswith("att.weights"):
        return tensor[:, position, : position + 1]
    if place.endswith(("att.keys", "att.values")):
        block = trace.blocks[int(re.findall(r"\d+", place)[0])]
        most = block.att.weights[head, position, : position + 1].sort(descending=True).indices[: journey.MOST_KEYS]
        return tensor[head, most]
    return tensor[position]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("where", ["first", "last"])
def test_every_strip_of_every_scene_is_the_traces_own(name, where):
    model, trace = MODELS[name]()
    position = 0 if where == "first" else len(trace.ids) - 1
    layer, head = model.config.n_layers - 1, model.config.n_heads - 1
    found = journey.token_way(model, trace, position, layer, head)
    strips = {strip.place: strip for strip in found.strips}
    scenes = journey.block_scenes(found, model.config, [b"x"] * len(trace.ids), position=position, head=head)
    shown = {place for scene in scenes for place in scene.places}
    assert shown <= strips.keys()
    assert {scene.block for scene in scenes if scene.within} == set(found.within)
    for place in shown:
        numbers = expected(trace, place, position, head).double().numpy()
        assert strips[place].values.shape == numbers.shape, place
        np.testing.assert_allclose(strips[place].values, numbers, rtol=0, atol=0.51 * strips[place].unit, err_msg=place)


@pytest.mark.parametrize("name", MODELS)
def test_a_text_takes_at_most_300_kilobytes(name):
    model, trace = MODELS[name]()
    position = len(trace.ids) - 1
    found = journey.token_way(model, trace, position, 0, 0)
    scenes = journey.block_scenes(found, model.config, [b" grandmother"] * len(trace.ids), position=position, head=0)
    captions = sum(len(scene.caption) + 300 for scene in scenes)
    shades = sum(strip.shades.nbytes for strip in found.strips)
    weights = 2 * 12 * sum(len(looks.weights) for looks in found.looks)
    assert captions + shades + weights < LIMIT


def test_a_wrong_number_would_be_found():
    model, trace = traced("storyteller")
    found = journey.token_way(model, trace, 5, 2, 1)
    (strip,) = (one for one in found.strips if one.place == "blocks.2.ff.post")
    assert not np.allclose(strip.values, trace.blocks[2].ff.pre[5].numpy(), rtol=0, atol=0.51 * strip.unit)


def test_a_larger_model_is_shown_from_within_in_the_chosen_block_only(monkeypatch):
    monkeypatch.setattr(journey, "MOST_BYTES", 1_000)
    model, trace = traced("storyteller")
    found = journey.token_way(model, trace, 3, 2, 0)
    assert found.within == (2,)
    places = {strip.place for strip in found.strips}
    assert "blocks.2.ff.pre" in places and "blocks.1.ff.pre" not in places
    assert "blocks.1.resid_mid" in places


def test_shades_keep_every_number_to_half_a_unit():
    numbers = torch.tensor([-3.0, 0.0, 0.011, 3.0, float("nan"), float("inf")])
    strip = journey.shaded("here", numbers)
    assert strip.values[:4] == pytest.approx([-3.0, 0.0, 0.0, 3.0], abs=3.01 / 254)
    assert strip.values[4:].tolist() == [0.0, 0.0]
    assert journey.shaded("nowhere", torch.zeros(4)).values.tolist() == [0.0] * 4


def message(app: AppTest) -> tuple[dict[str, Any], bytes]:
    """The header and the shades that the stage was sent."""
    (one,) = (one.proto for one in app.get("bidi_component") if one.proto.component_name == "glassbox_journey")
    length = int.from_bytes(one.bytes[:4], "little")
    return json.loads(one.bytes[4 : 4 + length]), one.bytes[4 + length :]


def test_the_message_says_where_each_strip_lies(run):
    app = run("start", lang="en", text=TEXT, layer=3, head=2, token=8)
    assert_healthy(app)
    header, shades = message(app)
    trace = read("storyteller", TEXT).trace
    assert header["tokens"][8] == "␣girl" and header["position"] == 8
    at = 0
    for place, shape, unit, _largest in header["strips"]:
        n = int(np.prod(shape))
        if place == "blocks.3.resid_mid":
            sent = np.frombuffer(shades[at : at + n], np.int8) * unit
            np.testing.assert_allclose(sent, trace.blocks[3].resid_mid[8].numpy(), rtol=0, atol=0.51 * unit)
        at += n
    assert at == len(shades)


def test_captions_say_the_traces_numbers(run):
    header, _ = message(run("start", lang="en", text=TEXT, layer=4, head=4))
    trace = read("storyteller", TEXT).trace
    captions = {(scene["kind"], scene["block"]): scene["caption"] for scene in header["scenes"]}
    last = len(trace.ids) - 1
    weights = trace.blocks[4].att.weights[4]
    key = strongest_key(weights, last)
    token = tokenizer().token(int(trace.ids[key])).decode().strip()
    assert token in captions["query", 4] and f"{100 * float(weights[last, key]):.0f}" in captions["query", 4]
    muted = float((trace.blocks[4].ff.pre[last] < 0).double().mean())
    assert f"{100 * muted:.0f}" in captions["muted", 4]
    best = trace.next_logits.softmax(-1).max()
    assert f"{100 * float(best):.1f}".replace(".", "\\.") in captions["vocabulary", -1]


def test_a_token_joins_and_the_next_round_follows_it(run):
    app = run("start", lang="en", text=TEXT)
    before = message(app)[0]
    prompt = tuple(before["ids"])
    best = int(read("storyteller", TEXT).trace.next_logits.argmax())
    app.session_state["the text of a journey, and the tokens that have joined it since"] = (prompt, (best,))
    app.run()
    assert_healthy(app)
    header = message(app)[0]
    assert header["ids"] == [*prompt, best] and header["position"] == len(prompt)
    app.sidebar.text_area(key="text").set_value("Another text").run()
    assert message(app)[0]["ids"] == list(tokenizer().encode("Another text"))


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_travels(run, text):
    app = run("start", lang="fr", text=text)
    assert_healthy(app)
    header, _ = message(app)
    assert len(header["tokens"]) == len(header["ids"])
    assert not re.search(r"(?<!\\)[<$]", "".join(scene["caption"] for scene in header["scenes"]))


def test_the_header_may_hold_half_a_character():
    assert packed({"tokens": ["\ud800"]}, ())
