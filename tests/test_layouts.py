"""Layouts: whatever house a GPT-2 was trained in, its files give the numbers that its own equations give."""

import json
from dataclasses import replace
from math import pi, sqrt
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import GPT2LMHeadModel
from transformers.activations import ACT2FN

from gpt_core import GPT, GPTConfig, load_model, save_model
from gpt_core.measure.anatomy import count_parameters
from gpt_core.weights import convert
from gpt_core.weights.configuration import TANH_GELU
from gpt_core.weights.folder import load_folder, open_folder
from gpt_core.weights.model_file import WeightsError
from tests.conftest import TINY, random_gpt
from tests.model_folders import random_gpt2, set_config, write

IDS = torch.tensor([3, 1, 4, 1, 5, 9, 2])
NEAR = {"rtol": 0, "atol": 1e-5}
BARE: dict[str, object] = {"n_heads": TINY.n_heads}  # all that no shape shows


def norm(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Section 4.2: the variance is divided by n."""
    return scale * (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5) + shift


def gelu(x: Tensor) -> Tensor:
    """Section 4.3: the approximation by tanh."""
    return 0.5 * x * (1 + torch.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))


def by_the_book(state: dict[str, Tensor], n_heads: int, ids: Tensor) -> Tensor:
    """The equations of chapters 3 and 4 over the book's own names, head by head and with nothing of ours."""

    def linear(name: str, x: Tensor) -> Tensor:
        return x @ state[f"{name}.weight"].T + state.get(f"{name}.bias", 0.0)

    def normed(name: str, x: Tensor) -> Tensor:
        return norm(x, state[f"{name}.scale"], state[f"{name}.shift"])

    x = state["tok_emb.weight"][ids] + state["pos_emb.weight"][: len(ids)]
    n_layers = len({name.split(".")[1] for name in state if name.startswith("trf_blocks.")})
    for block in (f"trf_blocks.{layer}" for layer in range(n_layers)):
        y, contexts = normed(f"{block}.norm1", x), []
        queries, keys, values = (linear(f"{block}.att.W_{part}", y) for part in ("query", "key", "value"))
        width = x.shape[-1] // n_heads
        for head in (slice(h * width, (h + 1) * width) for h in range(n_heads)):
            scores = queries[:, head] @ keys[:, head].T / sqrt(width)
            scores += torch.full_like(scores, -torch.inf).triu(1)
            contexts.append(torch.softmax(scores, dim=-1) @ values[:, head])
        x = x + linear(f"{block}.att.out_proj", torch.cat(contexts, dim=-1))
        inner = gelu(linear(f"{block}.ff.layers.0", normed(f"{block}.norm2", x)))
        x = x + linear(f"{block}.ff.layers.2", inner)
    return normed("final_norm", x) @ state["out_head.weight"].T


def books(model: GPT) -> dict[str, Tensor]:
    """The state_dict that the book's GPTModel has for the same numbers, its masks included."""
    names = {"blocks.": "trf_blocks.", "embedding.": "", "ff.up.": "ff.layers.0.", "ff.down.": "ff.layers.2."}
    state = {}
    for name, value in model.named_parameters(remove_duplicate=False):
        for ours, theirs in names.items():
            name = name.replace(ours, theirs)
        state[name] = value.detach().clone()
    size = model.config.context_length
    masks = {f"trf_blocks.{i}.att.mask": torch.ones(size, size).triu(1) for i in range(model.config.n_layers)}
    return state | masks


def book_config(config: GPTConfig) -> dict[str, object]:
    """As section 4.1 writes it."""
    names = ("vocab_size", "context_length", "emb_dim", "n_heads", "n_layers", "qkv_bias")
    return {**{name: getattr(config, name) for name in names}, "drop_rate": 0.1}


def nanogpts(theirs: GPT2LMHeadModel, *, biases: bool = True, prefix: str = "transformer.") -> dict[str, Tensor]:
    """The same numbers as nanoGPT's state_dict: matrices of nn.Linear, the head repeated."""
    turned = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    state = {name: t.T.contiguous() if name.endswith(turned) else t.clone() for name, t in theirs.state_dict().items()}
    kept = {name: t for name, t in state.items() if biases or not name.endswith(".bias")}
    return {name.replace("transformer.", prefix): t for name, t in kept.items()}


def folder_with(folder: Path, state: dict[str, Tensor], config: dict[str, object] | None) -> Path:
    save_file(state, folder / "model.safetensors")
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return folder


@pytest.mark.parametrize("qkv_bias", [True, False])
def test_the_books_state_dict_computes_the_books_equations(tmp_path, qkv_bias):
    config = replace(TINY, qkv_bias=qkv_bias, tied_head=False)
    state = books(random_gpt(config))
    opened = load_folder(folder_with(tmp_path, state, book_config(config)))
    assert opened.config == config
    torch.testing.assert_close(opened(IDS), by_the_book(state, config.n_heads, IDS), **NEAR)


def test_a_head_of_the_book_that_is_the_token_table_is_tied(tmp_path):
    state = books(random_gpt(TINY))
    opened = load_folder(folder_with(tmp_path, state, book_config(TINY)))
    assert opened.out_head.weight is opened.embedding.tok_emb.weight
    torch.testing.assert_close(opened(IDS), by_the_book(state, TINY.n_heads, IDS), **NEAR)


def test_gpt_cores_own_state_dict_is_read(tmp_path, tiny_untied):
    state = {name: value.clone() for name, value in tiny_untied.state_dict().items()}
    opened, _ = open_folder(folder_with(tmp_path, state, BARE))
    assert opened.layout == "gpt_core" and opened.config == tiny_untied.config
    torch.testing.assert_close(load_folder(tmp_path)(IDS), tiny_untied(IDS), **NEAR)


@pytest.mark.parametrize("prefix", ["transformer.", "_orig_mod.transformer.", "module.transformer."])
def test_nanogpts_matrices_lie_the_other_way_round(tmp_path, prefix):
    theirs = random_gpt2()
    folder = folder_with(tmp_path, nanogpts(theirs, prefix=prefix), {"n_head": 3, "block_size": 8, "bias": True})
    opened, _ = open_folder(folder)
    assert opened.layout == "nanoGPT" and opened.config == TINY
    assert "erf" in str(opened.remarks[-1])
    torch.testing.assert_close(load_folder(folder)(IDS), theirs(IDS[None]).logits[0], **NEAR)


def test_without_biases_zeros_do_the_same(tmp_path):
    theirs = random_gpt2()
    for name, parameter in theirs.named_parameters():
        if name.endswith(".bias"):
            parameter.data.zero_()
    folder = folder_with(tmp_path, nanogpts(theirs, biases=False), {"n_head": 3})
    opened, _ = open_folder(folder)
    assert not opened.config.qkv_bias
    assert "no biases" in str(opened.remarks[0])
    torch.testing.assert_close(load_folder(folder)(IDS), theirs(IDS[None]).logits[0], **NEAR)


def test_a_padded_vocabulary_keeps_all_its_rows(tmp_path):
    theirs = random_gpt2(replace(TINY, vocab_size=64))
    folder = folder_with(tmp_path, nanogpts(theirs), {"n_head": 3, "vocab_size": 64})
    assert load_folder(folder)(IDS).shape[-1] == 64


@pytest.mark.parametrize("name", TANH_GELU)
def test_every_name_of_the_tanh_gelu_is_the_same_function(tmp_path, name):
    x = torch.linspace(-6, 6, 500)
    torch.testing.assert_close(ACT2FN[name](x), gelu(x), rtol=0, atol=1e-6)
    load_folder(set_config(write(tmp_path), activation_function=name))


def test_a_configuration_may_hold_only_what_differs(tmp_path):
    folder = write(tmp_path)
    said = {"model_type": "gpt2", "vocab_size": 17, "n_positions": 8, "n_embd": 12, "n_head": 3, "n_layer": 2}
    (folder / "config.json").write_text(json.dumps(said), "utf-8")
    assert load_folder(folder).config == TINY


def test_an_inner_width_of_its_own_is_read(tmp_path):
    config = replace(TINY, n_inner=20)
    model = random_gpt(config)
    theirs = GPT2LMHeadModel.from_pretrained(save_model(model, tmp_path)).eval()
    assert load_folder(tmp_path).config == config
    assert count_parameters(config).total == sum(parameter.numel() for parameter in model.parameters())
    torch.testing.assert_close(model(IDS), theirs(IDS[None]).logits[0], **NEAR)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_shards_with_an_index_are_one_model(tmp_path):
    theirs = random_gpt2()
    theirs.save_pretrained(tmp_path, max_shard_size="4KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    torch.testing.assert_close(load_folder(tmp_path)(IDS), theirs(IDS[None]).logits[0], **NEAR)


@pytest.mark.parametrize("name", ["../secret.safetensors", "/etc/x.safetensors", "sub/x.safetensors", "x.bin", 3])
def test_an_index_cannot_lead_out_of_its_folder(tmp_path, name):
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"wte.weight": name}}), "utf-8")
    with pytest.raises(WeightsError, match="is no index of weights"):
        load_folder(tmp_path)


def test_sizes_are_read_off_the_shapes_and_64_numbers_a_head_are_assumed(tmp_path):
    config = GPTConfig(vocab_size=17, context_length=8, n_layers=1, n_heads=2, emb_dim=128)
    opened, _ = open_folder(folder_with(tmp_path, books(random_gpt(config)), None))
    assert opened.config == config
    assert any('{"n_heads": 2} is assumed. A line in config.json says another.' in str(remark)
               for remark in opened.remarks)  # fmt: skip


def test_a_pickle_in_the_folder_is_told_with_the_command_that_converts_it(tmp_path):
    (tmp_path / "model.pth").write_bytes(b"never opened")
    with pytest.raises(
        WeightsError, match=rf"python -m gpt_core.weights.convert model.pth {tmp_path.name}” converts it$"
    ):
        load_folder(tmp_path)


def test_another_kind_of_model_is_told_with_its_names(tmp_path):
    save_file({"model.embed_tokens.weight": torch.ones(3, 2)}, tmp_path / "model.safetensors")
    with pytest.raises(
        WeightsError, match=r"no GPT-2 .*Hugging Face, nanoGPT, Raschka, gpt_core.*embed_tokens\.weight$"
    ):
        load_folder(tmp_path)


def test_biases_that_the_configuration_denies_are_not_dropped(tmp_path):
    with pytest.raises(WeightsError, match=r"holds h\.0\.attn\.c_attn\.bias, although the configuration says qkv_bias"):
        load_folder(set_config(write(tmp_path), qkv_bias=False))


def test_a_tensor_may_not_come_twice(tmp_path):
    folder = write(tmp_path)
    path = folder / "model.safetensors"
    save_file(load_file(path) | {"wte.weight": torch.ones(17, 12)}, path)
    with pytest.raises(WeightsError, match=r"holds wte\.weight twice"):
        load_folder(folder)


SIZES = st.builds(
    lambda heads, head_dim, **rest: GPTConfig(n_heads=heads, emb_dim=heads * head_dim, **rest),
    heads=st.integers(1, 3),
    head_dim=st.integers(1, 5),
    vocab_size=st.integers(10, 20),
    context_length=st.integers(7, 9),
    n_layers=st.integers(1, 3),
    qkv_bias=st.booleans(),
    tied_head=st.booleans(),
    n_inner=st.sampled_from([None, 1, 7]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(config=SIZES)
def test_what_is_saved_is_loaded_again_and_transformers_reads_it(tmp_path, config):
    model = random_gpt(config)
    folder = save_model(model, tmp_path / "model")
    again = load_model(folder)
    assert again.config == (replace(config, n_inner=None) if config.n_inner == 4 * config.emb_dim else config)
    torch.testing.assert_close(again(IDS), model(IDS), rtol=1e-5, atol=1e-5)
    mine, other = dict(model.named_parameters()), dict(again.named_parameters())
    assert all(torch.equal(mine[name], other[name]) for name in mine)
    theirs = GPT2LMHeadModel.from_pretrained(folder).eval()
    torch.testing.assert_close(model(IDS), theirs(IDS[None]).logits[0].detach(), rtol=1e-5, atol=1e-5)


def test_a_model_is_saved_over_the_one_it_was_loaded_from(tmp_path, tiny):
    model = load_model(save_model(tiny, tmp_path))
    before = model(IDS)
    save_model(model, tmp_path)
    assert torch.equal(load_model(tmp_path)(IDS), before)


CHECKPOINTS = {
    "the weights alone": lambda state, config: state,
    "of section 5.4": lambda state, config: {"model_state_dict": state, "optimizer_state_dict": {"state": {}}},
    "with sizes": lambda state, config: {"model": state, "config": config, "iter_num": 5},
}


@pytest.mark.parametrize("how", CHECKPOINTS)
def test_a_pickle_is_converted_once_outside_the_server(tmp_path, capsys, how):
    config = replace(TINY, tied_head=False, qkv_bias=False)
    state = books(random_gpt(config))
    torch.save(CHECKPOINTS[how](state, book_config(config)), tmp_path / "model.pth")
    heads = [] if how == "with sizes" else ["--heads", "3"]
    assert convert.main([str(tmp_path / "model.pth"), str(tmp_path / "mine"), *heads]) == 0
    assert "Raschka: GPTConfig(vocab_size=17" in capsys.readouterr().out
    torch.testing.assert_close(load_model(tmp_path / "mine")(IDS), by_the_book(state, 3, IDS), **NEAR)
    with pytest.raises(SystemExit):  # what is there stays
        convert.main([str(tmp_path / "model.pth"), str(tmp_path / "mine"), *heads])


def test_a_checkpoint_of_nanogpt_is_converted(tmp_path):
    theirs = random_gpt2()
    sizes = {"n_layer": 2, "n_head": 3, "n_embd": 12, "block_size": 8, "bias": True, "vocab_size": 17, "dropout": 0.0}
    held = {
        "model": nanogpts(theirs, prefix="_orig_mod.transformer."),
        "model_args": sizes,
        "config": {"device": "cpu"},
    }
    torch.save(held, tmp_path / "ckpt.pt")
    assert convert.main([str(tmp_path / "ckpt.pt"), str(tmp_path / "mine")]) == 0
    torch.testing.assert_close(load_model(tmp_path / "mine")(IDS), theirs(IDS[None]).logits[0], **NEAR)


def test_a_pickle_of_hugging_face_is_converted_with_the_configuration_beside_it(tmp_path):
    theirs = random_gpt2()
    theirs.config.save_pretrained(tmp_path)
    torch.save(theirs.state_dict(), tmp_path / "pytorch_model.bin")
    assert convert.main([str(tmp_path / "pytorch_model.bin"), str(tmp_path / "mine")]) == 0
    torch.testing.assert_close(load_model(tmp_path / "mine")(IDS), theirs(IDS[None]).logits[0], **NEAR)


class Run:
    """What a pickle could do."""

    def __reduce__(self):
        return (Path.touch, (Path("ran"),))


def test_a_pickle_with_code_is_refused_and_nothing_runs(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"model": Run()}, "evil.pth")
    assert convert.main(["evil.pth", "mine"]) == 1
    assert 'In Python: torch.save(model.state_dict(), "model.pth")' in capsys.readouterr().err
    assert not Path("ran").exists() and not Path("mine").exists()
