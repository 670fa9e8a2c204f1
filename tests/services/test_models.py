"""Models of the readers' own: found in folders, named, kept within them, and refused in words that say what to do."""

import gc
import json
import os
import shutil
import weakref
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from gpt_core import GPTConfig, Tokenizer, save_model
from gpt_core.measure.anatomy import count_parameters
from gpt_core.training.keep import KeptModel, keep
from gpt_core.training.tiny import learn
from gpt_core.weights import packing
from gpt_core.weights.catalogue import name_at
from gpt_core.weights.configuration import write_config
from gpt_core.weights.model_file import WeightsError
from pages.services import engine as engine_module
from pages.services import models as service
from pages.services.engine import Engine
from pages.services.models import MOST_PADDED, Models, gpt2_vocabulary
from pages.settings import folders
from tests.conftest import random_gpt

SMALL = GPTConfig(context_length=4, emb_dim=8, n_heads=1, n_layers=1)


@pytest.fixture
def root(tmp_path) -> Path:
    """A folder of models that holds one."""
    save_model(random_gpt(SMALL), tmp_path / "models" / "mine")
    return tmp_path / "models"


def problem_of(root: Path, name: str = "yours:mine") -> str:
    own = Models([root]).own[name]
    assert own.card is None
    return str(own.problem)


def test_a_folder_with_a_model_is_a_choice_with_its_sizes_and_its_layout(root):
    models = Models([root])
    card = models.card("yours:mine")
    assert models.names()[-1] == card.name == "yours:mine"
    assert (card.title, card.config, card.random) == ("mine", SMALL, False)
    assert card.parameters == sum(parameter.numel() for parameter in random_gpt(SMALL).parameters())
    assert (models.own["yours:mine"].layout, models.own["yours:mine"].place) == ("Hugging Face", "models/mine")
    ids = torch.tensor([1, 2, 3])
    torch.testing.assert_close(models.load("yours:mine")(ids), random_gpt(SMALL)(ids))


def test_folders_within_folders_are_found_and_equal_names_are_told_apart(root):
    save_model(random_gpt(SMALL, seed=6), root / "class" / "mine")
    save_model(random_gpt(SMALL), root / ".hidden" / "mine")
    own = Models([root]).own
    assert {name: one.place for name, one in own.items()} == {
        "yours:mine": "models/class/mine",
        "yours:mine-2": "models/mine",
    }


def test_a_folder_whose_name_is_no_text_has_one_that_can_be_sent(root):
    save_model(random_gpt(SMALL), root / "mod\udce8le")
    own = Models([root]).own["yours:mod?le"]
    assert own.place == "models/mod?le"
    assert own.problem and str(own.problem).encode()  # safetensors opens no such path


def test_a_look_at_what_is_known_does_not_undo_a_look_at_all_folders(root, monkeypatch):
    """Both happen in different threads."""
    models = Models([root])
    assert list(models.own) == ["yours:mine"]
    real = service.edition_of

    def meanwhile(folder: Path):
        monkeypatch.setattr(service, "edition_of", real)
        save_model(random_gpt(SMALL), root / "new")
        models.look_again()
        return real(folder)

    monkeypatch.setattr(service, "edition_of", meanwhile)
    models.refresh()
    assert list(models.own) == ["yours:mine", "yours:new"]


@pytest.mark.parametrize("name", ["yours:../secret", "../secret", "yours:/etc", "yours:secret", "yours:", "mine"])
def test_no_name_leads_out_of_the_folders(root, name):
    save_model(random_gpt(SMALL), root.parent / "secret")
    (root / "link").symlink_to(root.parent / "secret")
    models = Models([root])
    assert list(models.own) == ["yours:mine"]
    with pytest.raises(KeyError):
        models.card(name)
    with pytest.raises(WeightsError):
        models.load(name)


def test_a_folder_named_as_a_bundled_model_takes_nobodys_place(root):
    save_model(random_gpt(SMALL), root / "storyteller")
    models = Models([root])
    assert models.card("storyteller").config.emb_dim == 192
    assert models.card("yours:storyteller").config == SMALL


def test_looking_again_finds_what_is_new_and_forgets_what_is_gone_without_a_restart(root):
    models = Models([root])
    assert "yours:second" not in models.names()
    save_model(random_gpt(SMALL), root / "second")
    assert "yours:second" not in models.names()
    assert models.look_again() == []
    assert "yours:second" in models.names()
    (root / "second" / "model.safetensors").unlink()
    (root / "second" / "config.json").unlink()
    assert models.look_again() == ["yours:second"]
    assert "yours:second" not in models.names()


def test_of_a_model_that_was_trained_on_no_old_result_is_shown(root):
    models = Models([root])
    engine = Engine(cache_bytes=10**6, threads=1, models=models)
    before, ids = models.edition("yours:mine"), torch.tensor([1, 2])
    old = engine.model("yours:mine")(ids)
    save_model(random_gpt(SMALL, seed=9), root / "mine")
    path = root / "mine" / "model.safetensors"
    os.utime(path, ns=(1, 1))  # whatever the clock
    for name in models.look_again():
        engine.forget_model(name)
    assert models.edition("yours:mine") != before
    assert not torch.allclose(engine.model("yours:mine")(ids), old)


def test_a_model_in_use_does_not_change_with_a_file_that_is_being_written(root):
    """A file that is shortened in place would even end the process."""
    opened, ids = Models([root]).load("yours:mine"), torch.tensor([1, 2, 3])
    path = root / "mine" / "model.safetensors"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(bytes(path.stat().st_size // 2))
    torch.testing.assert_close(opened(ids), random_gpt(SMALL)(ids))


def test_files_are_looked_at_again_only_where_they_are_other_ones(root, monkeypatch):
    save_model(random_gpt(SMALL), root / "second")
    models = Models([root])
    before = models.own
    looked: list[str] = []
    look_at = service.look_at
    monkeypatch.setattr(service, "look_at", lambda name, *place: looked.append(name) or look_at(name, *place))
    models.refresh()
    assert models.own == before and looked == []
    os.utime(root / "mine" / "model.safetensors", ns=(1, 1))
    shutil.rmtree(root / "second")
    models.refresh()
    assert looked == ["yours:mine"] and list(models.own) == ["yours:mine"]
    assert models.edition("yours:mine") != before["yours:mine"].edition


def test_a_pickle_is_told_with_the_command_that_converts_it(root):
    (root / "mine" / "model.safetensors").rename(root / "mine" / "model.pth")
    assert "“python -m gpt_core.weights.convert model.pth mine” converts it" in problem_of(root)


def test_what_is_damaged_is_listed_with_its_reason_and_costs_no_other_model(root):
    save_model(random_gpt(SMALL), root / "good")
    (root / "mine" / "model.safetensors").write_text("<html>log in</html>", "utf-8")
    assert problem_of(root) == "model.safetensors holds a web page instead of safetensors weights"
    assert Models([root]).names()[-1] == "yours:good"


@pytest.mark.parametrize("size", [65, MOST_PADDED + 1])
def test_another_vocabulary_is_refused_with_both_sizes(root, size):
    save_model(
        random_gpt(GPTConfig(vocab_size=size, context_length=4, emb_dim=8, n_heads=1, n_layers=1)), root / "mine"
    )
    assert (
        problem_of(root) == f"mine: its vocabulary has size {size}, but texts are read here with GPT-2’s, of size 50257"
    )


def test_a_padded_vocabulary_is_told_of_and_its_rows_have_a_name(root):
    config = GPTConfig(vocab_size=50_304, context_length=4, emb_dim=8, n_heads=1, n_layers=1)
    save_model(random_gpt(config), root / "mine")
    (remark,) = Models([root]).own["yours:mine"].remarks
    assert str(remark).startswith("Rows past GPT-2’s vocabulary: 47.")
    assert Tokenizer(padded=True).decode([464, 50_300]) == "The⟨unused⟩"
    with pytest.raises(ValueError, match="50300"):
        Tokenizer().decode([50_300])


def test_a_vocabulary_beside_the_model_must_be_gpt_2s(root):
    gpt2 = gpt2_vocabulary({})
    assert (gpt2["Ġthe"], gpt2["!"], gpt2["Ċ"], len(gpt2)) == (262, 0, 198, 50_257)
    path = root / "mine" / "vocab.json"
    path.write_text(json.dumps(gpt2 | {"<pad>": 50_257}), "utf-8")
    assert Models([root]).own["yours:mine"].card
    path.write_text(json.dumps(gpt2 | {"Ġthe": 263, "Ġand": 262}), "utf-8")
    assert problem_of(root) == "vocab.json is another vocabulary than GPT-2’s, with which texts are read here"


def test_a_model_larger_than_the_free_memory_is_refused_with_both_numbers(root):
    with pytest.raises(WeightsError, match=r"^mine needs 1 MB of memory, but only 1 MB are free$"):
        Models([root], free=lambda: 1_700_000).load("yours:mine")
    assert Models([root], free=lambda: 10**9).load("yours:mine")


def test_a_packed_model_says_which_tokens_it_met(root):
    used, model = torch.tensor([5, 7, 9]), random_gpt(GPTConfig(3, 4, 8, 1, 1))
    state = {name: parameter.detach() for name, parameter in model.named_parameters()}
    packed = packing.pack(state, used, {"embedding.tok_emb.weight": torch.zeros(1, 8)})
    save_file(packed, root / "mine" / "model.safetensors", {"format": packing.FORMAT})
    write_config(root / "mine", SMALL)
    met = Models([root]).tokens_met("yours:mine")
    assert met is not None and met.tolist() == [5, 7, 9]


def test_a_hostile_index_or_configuration_is_a_reason_and_no_crash(root, unchecked):
    config = root / "mine" / "config.json"
    for text in (
        "[" * 100_000,
        '{"n_layers": 1000000000000}',
        '{"emb_dim": 1e999}',
        '{"n_heads": 0}',
        '{"n_heads": "8"}',
    ):
        config.write_text(text, "utf-8")
        assert problem_of(root)
    weights = load_file(root / "mine" / "model.safetensors")
    (root / "mine" / "model.safetensors").unlink()
    save_file(weights, root / "mine" / "a.safetensors")
    save_file(weights, root / "mine" / "b.safetensors")
    assert problem_of(root).startswith("mine holds several .safetensors files (a.safetensors, b.safetensors)")


def test_a_folder_that_is_not_there_stops_the_start_and_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("GLASSBOX_MODELS", os.pathsep.join([str(tmp_path), str(tmp_path / "none")]))
    with pytest.raises(SystemExit, match=r"^GLASSBOX_MODELS: .*none' is not a folder$"):
        folders("GLASSBOX_MODELS")
    monkeypatch.setenv("GLASSBOX_MODELS", str(tmp_path))
    assert folders("GLASSBOX_MODELS") == (tmp_path,)


def kept_model() -> KeptModel:
    learner = list(learn([5, 7, 9, 5, 7], steps=1))[-1].learner
    assert learner is not None
    return keep(learner)


def test_a_model_trained_live_is_in_no_list_but_whoever_has_its_name_can_choose_it(root):
    models = Models([root])
    kept = kept_model()
    name = models.add_trained(kept)
    assert name not in models.names()
    assert models.can_be_chosen(name) and not models.can_be_chosen("trained:" + "x" * 16)
    met = models.tokens_met(name)
    assert met is not None and met.tolist() == [5, 7, 9]
    assert models.card(name).config == kept.config
    assert torch.equal(models.load(name)(torch.tensor([5, 7])), kept.load()(torch.tensor([5, 7])))
    assert models.add_trained(kept) != name


def test_snapshots_of_a_training_are_in_no_list_and_few_of_them_stay_in_memory(monkeypatch):
    monkeypatch.setattr(engine_module, "MOST_LOADED", 1)
    models = Models()
    engine = Engine(cache_bytes=10**6, threads=1, models=models)
    name = next(name for name in models.names() if models.moments(name))
    first, second, *_others = (name_at(name, step) for step in models.moments(name))
    assert not {first, second} & set(models.names())
    assert not models.can_be_chosen(first)
    assert models.card(first) != models.card(second)
    for one in (first, second):
        assert models.card(one).config == engine.model(one).config
        assert models.card(one).parameters == count_parameters(engine.model(one).config).total
    assert models.layers_throughout(name) == models.card(first).config.n_layers <= models.card(name).config.n_layers
    held = [weakref.ref(engine.model(one)) for one in (name, first, second)]
    gc.collect()
    assert [one() is not None for one in held] == [True, False, True]
    assert not torch.equal(engine.model(first)(torch.tensor([5])), engine.model(second)(torch.tensor([5])))


def test_models_trained_live_are_bounded_in_number_and_in_memory(root, monkeypatch):
    monkeypatch.setattr(service, "MOST_TRAINED", 3)
    monkeypatch.setattr(engine_module, "MOST_LOADED", 1)
    models = Models([root])
    engine = Engine(cache_bytes=10**6, threads=1, models=models)
    kept = kept_model()
    names = [models.add_trained(kept) for _ in range(4)]
    assert [models.is_trained(name) for name in names] == [False, True, True, True]
    held = [weakref.ref(engine.model(name)) for name in names[1:]]
    gc.collect()
    assert [one() is not None for one in held] == [False, False, True]
    assert engine.model(names[1])(torch.tensor([5])).isfinite().all()  # opened anew
