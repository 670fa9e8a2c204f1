"""The models known by name: what is said of them is true, and what is missing is said."""

import hashlib
import shutil
from dataclasses import replace

import pytest
import torch
from huggingface_hub import constants

from gpt_core import GPTConfig, load_model, save_model
from gpt_core.measure.anatomy import count_parameters
from gpt_core.weights import catalogue
from gpt_core.weights.catalogue import CATALOGUE, MODELS_FOLDER, available
from gpt_core.weights.model_file import WeightsError
from tests.conftest import random_gpt

IDS = torch.tensor([3, 1, 4])
BUNDLED = [name for name, model in CATALOGUE.items() if model.sha256 is not None]


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_entry_says_where_its_weights_come_from_and_how_many_there_are(name):
    model = CATALOGUE[name]
    assert model.name == name
    assert [model.seed, model.sha256, model.hub].count(None) == 2
    assert model.parameters == count_parameters(model.config).total
    assert model.title and model.trained_on and model.licence


@pytest.mark.parametrize("name", [name for name, model in CATALOGUE.items() if model.hub])
def test_the_size_said_before_fetching_is_that_of_the_weights_and_the_masks_the_files_carry(name):
    """Each layer's file entry holds a causal mask too; what is left is the header, 1.2 to 1.4 kB a layer."""
    model = CATALOGUE[name]
    assert model.hub is not None
    masks = model.config.n_layers * model.config.context_length**2
    header = model.hub.n_bytes - 4 * (model.parameters + masks)
    assert 1_100 < header / model.config.n_layers < 1_400
    assert len(model.hub.revision) == 40 and len(model.hub.sha256 or 64 * "?") == 64
    assert model.unverified == (name == "gpt2-large")


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_models_load_offline_and_are_checked(name, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert available(CATALOGUE[name])
    model = load_model(name)
    assert model.config == CATALOGUE[name].config
    assert model(IDS).isfinite().all()


def test_a_model_without_a_known_digest_must_have_its_sizes(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "MODELS_FOLDER", tmp_path)
    config = GPTConfig(vocab_size=9, context_length=5, emb_dim=64, n_heads=1, n_layers=1)
    save_model(random_gpt(config), tmp_path / "gpt2-large")
    with pytest.raises(WeightsError, match=r"^GPT-2 774M: the file is a .*n_layers=1.*, expected .*n_layers=36"):
        load_model("gpt2-large")
    monkeypatch.setitem(CATALOGUE, "gpt2-large", replace(CATALOGUE["gpt2-large"], config=config))
    assert load_model("gpt2-large").config == config


def test_a_published_model_may_lie_in_its_place_without_a_configuration(tmp_path, monkeypatch):
    """As the book downloads it: the digest says what it is, and the weights say their sizes."""
    config = GPTConfig(vocab_size=9, context_length=5, emb_dim=64, n_heads=1, n_layers=1)
    folder = save_model(random_gpt(config), tmp_path / "gpt2")
    (folder / "config.json").unlink()
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    hub = replace(CATALOGUE["gpt2"].hub or pytest.fail("no hub"), sha256=digest)
    monkeypatch.setattr(catalogue, "MODELS_FOLDER", tmp_path)
    monkeypatch.setitem(CATALOGUE, "gpt2", replace(CATALOGUE["gpt2"], hub=hub, config=config))
    assert load_model("gpt2").config == config


@pytest.fixture
def moved(tmp_path, monkeypatch):
    """A copy of the first bundled model, in a folder that a test may spoil."""
    name = BUNDLED[0]
    shutil.copytree(MODELS_FOLDER / name, tmp_path / name, ignore=shutil.ignore_patterns("snapshots"))
    monkeypatch.setattr(catalogue, "MODELS_FOLDER", tmp_path)
    return tmp_path / name


def test_a_flipped_bit_in_a_bundled_model_is_noticed(moved):
    path = moved / "model.safetensors"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(WeightsError, match=r"^model.safetensors: SHA-256 is [0-9a-f]{12}…, expected [0-9a-f]{12}…$"):
        load_model(moved.name)


def test_a_bundled_model_that_is_missing_is_named(moved):
    (moved / "model.safetensors").unlink()
    assert not available(CATALOGUE[moved.name])
    with pytest.raises(WeightsError, match=rf"model.safetensors is missing from .*/{moved.name}$"):
        load_model(moved.name)


def test_a_model_of_another_size_than_the_catalogue_says_is_refused(monkeypatch):
    entry = CATALOGUE[BUNDLED[0]]
    other = replace(entry, config=replace(entry.config, context_length=entry.config.context_length + 1))
    monkeypatch.setitem(CATALOGUE, entry.name, other)
    with pytest.raises(WeightsError, match=r": the file is a GPTConfig\(.*\), expected GPTConfig\("):
        load_model(entry.name)


def test_a_published_model_that_is_not_here_is_an_error_at_once_when_offline(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert not available(CATALOGUE["gpt2"])
    with pytest.raises(OSError, match="offline mode is enabled"):
        load_model("gpt2")


def test_random_weights_depend_on_the_seed_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = load_model("random-small")
    assert torch.equal(torch.get_rng_state(), before)
    catalogue.random_model.cache_clear()
    torch.manual_seed(2)
    again = load_model("random-small")
    assert again is not first
    assert torch.equal(first(IDS), again(IDS))
    assert not any(parameter.requires_grad for parameter in again.parameters())


def test_an_unknown_name_is_answered_with_the_catalogue():
    with pytest.raises(ValueError, match=r"^no model and no folder 'gpt5'; the catalogue has .*gpt2, gpt2-medium"):
        load_model("gpt5")
