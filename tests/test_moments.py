"""A bundled model as it was: at each step of its training of which there is a snapshot, by a name of its own."""

import math
import re
from dataclasses import replace

import pytest
import torch

from gpt_core import Tokenizer, load_model
from gpt_core.measure.anatomy import count_parameters
from gpt_core.measure.text_loss import text_loss
from gpt_core.weights.catalogue import CATALOGUE, MODELS_FOLDER, card_of, name_at, parted, steps_of
from gpt_core.weights.folder import snapshot_files
from gpt_core.weights.model_file import MODEL_FILE, WeightsError
from gpt_core.weights.packing import kept_in, tokens_trained
from gpt_core.weights.snapshots import load_snapshot, point_of, snapshots
from tests.test_storyteller import PROMPTS

MODEL = next(name for name in CATALOGUE if steps_of(name))
STEPS = list(steps_of(MODEL))
CARD = (MODELS_FOLDER / "README.md").read_text("utf-8")
TALE = "The old king gave the golden key to the boy, and the boy opened the little door in the wall."
ROUNDED = 0.005 + 1e-9  # of two decimals
COSTS = 0.2  # nats by which a snapshot's loss is higher for what its file leaves out


def uniformity(name: str) -> torch.Tensor:
    """Of each head [layer, head] the entropy of its weights over that of a head that looks at all alike, on average."""
    ids = torch.tensor(Tokenizer().encode(TALE))
    weights = torch.stack([block.att.weights for block in load_model(name).trace(ids).blocks])[..., 1:, :]
    entropy = -torch.special.xlogy(weights, weights).sum(dim=-1)
    return (entropy / torch.arange(2, len(ids) + 1).log()).mean(dim=-1)


def test_before_training_every_head_looks_at_all_tokens_nearly_alike_and_in_the_end_few_do():
    assert STEPS[0] == 0
    assert uniformity(name_at(MODEL, 0)).min() > 0.99
    assert (uniformity(MODEL) < 0.8).float().mean() > 0.5


def test_heads_sharpen_from_moment_to_moment():
    """The sharpest of them; on average they need not."""
    sharpest = [float(uniformity(name_at(MODEL, step)).min()) for step in [*STEPS, None]]
    assert sharpest == sorted(sharpest, reverse=True)


def of_card(row: str) -> dict[int, float]:
    """Losses of snapshots in a table of the model card, by step."""
    (steps,) = re.findall(r"^\| step \|((?: [\d,]+ \|)+)$", CARD, flags=re.MULTILINE)
    (losses,) = re.findall(rf"^\| {row} \|((?: [\d.]+ \|)+)$", CARD, flags=re.MULTILINE)
    said = [int(step.replace(",", "")) for step in re.findall(r"[\d,]+", steps)]
    return dict(zip(said, map(float, re.findall(r"[\d.]+", losses)), strict=True))


@pytest.mark.parametrize(("language", "code"), [("English", "en"), ("French", "fr")])
def test_the_loss_at_each_moment_is_the_history_s_and_the_card_says_what_the_file_costs(language, code):
    whole, kept = of_card(f"{language}, every row"), of_card(f"{language}, as kept")
    assert list(whole) == list(kept) == STEPS
    for step in STEPS:
        point = point_of(card_of(name_at(MODEL, step)))
        assert point and point.held_out[code] == pytest.approx(whole[step], abs=ROUNDED)
        assert -ROUNDED <= kept[step] - whole[step] <= COSTS


def test_untrained_it_is_as_good_as_a_blind_guess_as_the_history_says():
    """Of any text: so this loss can be measured here, and not only on chapters that are not here."""
    name, tokenizer = name_at(MODEL, 0), Tokenizer()
    model, point = load_model(name), point_of(card_of(name))
    assert point
    for code, prompts in (("en", PROMPTS["tales"]), ("fr", PROMPTS["fr"])):
        ids = torch.tensor(tokenizer.encode(" ".join(prompts))[: model.config.context_length])
        assert text_loss(model, model.trace(ids)).loss == pytest.approx(point.held_out[code], abs=0.1)
    assert point.held_out["en"] == pytest.approx(math.log(point.vocabulary), abs=0.1)


def test_on_the_first_half_of_the_way_each_moment_guesses_better_than_the_one_before():
    """Held-out losses fall so; on a page of short beginnings the last ones may tie."""
    ids, losses = torch.tensor(Tokenizer().encode(" ".join(PROMPTS["tales"]))), []
    for step in STEPS[: len(STEPS) // 2 + 1]:
        model = load_model(name_at(MODEL, step))
        losses.append(text_loss(model, model.trace(ids[: model.config.context_length])).loss)
    assert losses == sorted(losses, reverse=True)
    assert losses[0] - losses[-1] > 2


def test_a_moment_is_loaded_by_its_name_and_is_that_snapshot():
    ids = torch.tensor(Tokenizer().encode(TALE))
    for point in snapshots()[:-1]:
        if point.kept:
            logits = load_model(name_at("storyteller", point.step)).trace(ids).logits
            assert torch.equal(logits, load_snapshot(point).trace(ids).logits)


def test_what_a_moment_s_file_leaves_out_is_read_off_it():
    for step, path in steps_of(MODEL).items():
        packed, ids = kept_in(path), tokens_trained(path)
        assert packed and ids is not None
        assert (packed.n_own, packed.n_shared) == (len(ids), 1)
        table = load_model(name_at(MODEL, step)).embedding.tok_emb.weight
        others = torch.ones(len(table), dtype=torch.bool).index_fill(0, ids, value=False)
        assert len(table[others].unique(dim=0)) == packed.n_shared
    finished = kept_in(MODELS_FOLDER / MODEL / MODEL_FILE)
    assert finished and finished.n_own > packed.n_own and finished.n_layers >= packed.n_layers


@pytest.mark.parametrize(
    "name", ["{m}@", "{m}@-1", "{m}@00{s}", "{m}@ {s}", "{m}@{s}@{s}", "@{s}", "{m}@99999", "{m}@x"]
)
def test_a_name_of_no_moment_is_no_model(name):
    wrong = name.format(m=MODEL, s=STEPS[1])
    assert parted(wrong) == (wrong, None)
    with pytest.raises(KeyError):
        card_of(wrong)
    with pytest.raises(ValueError, match="no model and no folder"):
        load_model(wrong)


def test_a_snapshot_s_card_is_its_model_s_but_for_what_it_is():
    card, finished = card_of(name_at(MODEL, STEPS[1])), CATALOGUE[MODEL]
    sizes = load_model(card.name).config
    assert card.title == finished.title
    assert card.config == sizes == replace(finished.config, n_layers=sizes.n_layers)
    assert card.parameters == count_parameters(sizes).total <= finished.parameters
    assert card.step == STEPS[1] and card.snapshot == steps_of(MODEL)[STEPS[1]]
    assert card_of(name_at(MODEL, 0)).untrained and not card.untrained and not finished.untrained


def test_files_of_other_names_are_no_snapshots_and_a_damaged_one_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / MODEL / "snapshots"
    folder.mkdir(parents=True)
    for name in ("step-000020", "step-3", "step-x", "step-000001.part", "latest", "step-0000000000001"):
        (folder / f"{name}.safetensors").write_text("<html>", "utf-8")
    assert list(snapshot_files(folder.parent)) == [3, 20]
    assert snapshot_files(tmp_path) == {}
    (folder.parent / MODEL_FILE).symlink_to(MODELS_FOLDER / MODEL / MODEL_FILE)
    monkeypatch.setattr("gpt_core.weights.catalogue.MODELS_FOLDER", tmp_path)
    with pytest.raises(WeightsError, match=r"step-000020.safetensors holds a web page"):
        load_model(name_at(MODEL, 20))
    assert point_of(card_of(name_at(MODEL, 20))) is None
