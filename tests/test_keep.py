"""A model that has just learnt a text is kept: the same numbers, small, and in files that open again."""

import io
import zipfile

import pytest
import torch

from gpt_core import Tokenizer, load_model
from gpt_core.measure.text_loss import next_token_loss
from gpt_core.training.keep import keep
from gpt_core.training.tiny import ENOUGH, Learner, learn, n_trained
from gpt_core.weights.packing import tokens_trained

TEXT = Tokenizer().encode("The old king gave the golden key to the boy, and the boy gave it to the queen of the land.")


def learner_of(ids, steps: int = 40) -> Learner:
    found = list(learn(ids, steps=steps))[-1].learner
    assert found is not None
    return found


def test_the_end_of_a_text_is_held_back_and_its_loss_is_measured():
    assert len(TEXT) >= ENOUGH
    steps = list(learn(TEXT, steps=40))
    first, last = steps[0], steps[-1]
    assert first.held_out is not None and last.held_out is not None and last.learner is not None
    own = torch.tensor([last.learner.vocabulary.index(id) for id in TEXT])
    n = n_trained(len(TEXT))
    assert last.learner.ids.tolist() == own[:n].tolist()
    assert last.held_out == pytest.approx(next_token_loss(last.learner.model, own[None, n - 1 :]).item(), rel=1e-5)
    assert last.loss < first.loss / 2 < last.held_out


def test_of_a_short_text_nothing_is_held_back():
    assert next(learn(TEXT[: ENOUGH - 1], steps=1)).held_out is None


def test_what_is_kept_predicts_as_the_learner_does_and_writes_no_token_that_it_never_met():
    learner = learner_of(TEXT)
    kept = keep(learner)
    assert kept.met == tuple(sorted(set(TEXT[: n_trained(len(TEXT))])))
    ids = torch.tensor(TEXT[: kept.config.context_length])
    own = torch.tensor([learner.vocabulary.index(id) for id in ids.tolist()])
    met = torch.tensor(kept.met)
    columns = torch.tensor([learner.vocabulary.index(id) for id in kept.met])
    probs = kept.load().trace(ids).logits.softmax(dim=-1)
    assert float(probs[:, met].sum(dim=-1).min()) > 0.998
    wanted = learner.model.trace(own).logits[:, columns].softmax(dim=-1).detach()
    torch.testing.assert_close(probs[:, met], wanted, rtol=0, atol=0.04)
    assert len(kept.weights) < 400_000


def test_what_is_taken_home_opens_from_a_folder(tmp_path):
    kept = keep(learner_of(TEXT))
    with zipfile.ZipFile(io.BytesIO(kept.zipped("mine"))) as archive:
        assert archive.namelist() == ["mine/config.json", "mine/model.safetensors"]
        archive.extractall(tmp_path)
    ids = torch.tensor(TEXT[:7])
    assert torch.equal(load_model(tmp_path / "mine")(ids), kept.load()(ids))
    met = tokens_trained(tmp_path / "mine" / "model.safetensors")
    assert met is not None and tuple(met.tolist()) == kept.met


@pytest.mark.parametrize("ids", [[5, 5, 5, 5], [1, 2, 1, 2], list(range(300, 330))])
def test_texts_of_any_kind_are_kept(ids):
    kept = keep(learner_of(ids, steps=2))
    assert kept.load()(torch.tensor(ids[:3])).isfinite().all()
