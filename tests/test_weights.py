"""Loading: what transformers saved is what we compute, and what is damaged is refused by name."""

import hashlib
import struct
from dataclasses import replace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from gpt_core import load_model
from gpt_core.weights.folder import load_folder
from gpt_core.weights.model_file import WeightsError
from tests.conftest import TINY
from tests.model_folders import random_gpt2, set_config, with_header, write

IDS = torch.tensor([3, 1, 4, 1, 5, 9, 2])


def same_logits(folder, theirs, atol: float = 1e-5) -> None:
    torch.testing.assert_close(load_folder(folder)(IDS), theirs(IDS[None]).logits[0], atol=atol, rtol=0)


@pytest.mark.parametrize("prefix", ["transformer.", ""])
def test_a_saved_model_loads_with_and_without_its_prefix(tmp_path, prefix):
    same_logits(write(tmp_path, prefix=prefix), random_gpt2())


def test_a_head_of_its_own_loads(tmp_path):
    theirs = random_gpt2(replace(TINY, tied_head=False))
    theirs.save_pretrained(tmp_path)
    assert load_folder(tmp_path).config == replace(TINY, tied_head=False)
    same_logits(tmp_path, theirs)


def test_a_tied_head_may_be_repeated_in_the_file(tmp_path):
    theirs = random_gpt2()
    head: dict[str, Any] = {"lm_head.weight": theirs.lm_head.weight}
    folder = write(tmp_path, **head)
    same_logits(folder, theirs)
    model = load_folder(folder)
    assert model.out_head.weight is model.embedding.tok_emb.weight


def test_old_files_carry_masks_that_are_not_weights(tmp_path):
    mask = torch.ones(1, 1, 8, 8).tril()
    extra: dict[str, Any] = {
        "transformer.h.0.attn.bias": mask,
        "transformer.h.1.attn.masked_bias": torch.tensor(-torch.inf),
    }
    same_logits(write(tmp_path, **extra), random_gpt2())


@pytest.mark.parametrize(("dtype", "atol"), [(torch.float16, 0.02), (torch.bfloat16, 0.2)])
def test_half_precision_files_are_computed_in_float32(tmp_path, dtype, atol):
    theirs = random_gpt2()
    theirs.save_pretrained(tmp_path)
    save_file(
        {n: t.to(dtype) for n, t in load_file(tmp_path / "model.safetensors").items()}, tmp_path / "model.safetensors"
    )
    model = load_folder(tmp_path)
    assert model(IDS).dtype == torch.float32
    same_logits(tmp_path, theirs, atol)


def test_float32_weights_stay_mapped_to_the_file(tmp_path):
    """Query, key and value are views of one mapped matrix: nothing was copied."""
    att = load_folder(write(tmp_path)).blocks[0].att
    assert att.W_query.weight.untyped_storage().data_ptr() == att.W_value.weight.untyped_storage().data_ptr()
    assert not any(parameter.requires_grad for parameter in att.parameters())


def test_load_model_takes_a_folder_by_path_or_by_text(tmp_path):
    folder = write(tmp_path)
    assert torch.equal(load_model(folder)(IDS), load_model(str(folder))(IDS))


def test_a_model_loaded_under_inference_mode_can_still_be_followed_backwards(tmp_path):
    with torch.inference_mode():
        model = load_model(write(tmp_path))
    assert not any(parameter.is_inference() for parameter in model.parameters())


def test_the_digest_is_checked_where_one_is_known(tmp_path):
    folder = write(tmp_path)
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    load_folder(folder, sha256=digest)


def flip(folder, at: int = -5) -> None:
    path = folder / "model.safetensors"
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)


def test_a_flipped_bit_is_noticed_by_the_digest(tmp_path):
    folder = write(tmp_path)
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    flip(folder)
    with pytest.raises(
        WeightsError, match=rf"^model.safetensors: SHA-256 is [0-9a-f]{{12}}…, expected {digest[:12]}…$"
    ):
        load_folder(folder, sha256=digest)


def weights(edit):
    """A way to spoil the weights file, given its path."""
    return lambda folder: edit(folder / "model.safetensors")


def tensors(**changes):
    """A way to spoil single tensors; names with `__` for dots."""
    return lambda folder: write(folder, **{name.replace("__", "."): tensor for name, tensor in changes.items()})


def header(edit):
    return lambda folder: with_header(folder, edit)


def settings(**changed):
    return lambda folder: set_config(folder, **changed)


QUERY = "transformer__h__0__attn__c_attn__weight"
NORM = "transformer__ln_f__weight"
SPOILT = {
    "truncated": (weights(lambda p: p.write_bytes(p.read_bytes()[:-1])), r"^model.safetensors is not a whole saf"),
    "only its first half": (weights(lambda p: p.write_bytes(p.read_bytes()[:3_000])), r"^model.safetensors is not a w"),
    "empty": (weights(lambda p: p.write_bytes(b"")), r"^model.safetensors is not a whole safetensors file: "),
    "missing": (weights(lambda p: p.unlink()), r" holds no model.safetensors$"),
    "a folder": (weights(lambda p: (p.unlink(), p.mkdir())), r"^model.safetensors cannot be read: Is a directory$"),
    "a web page": (
        weights(lambda p: p.write_bytes(b"\n<!DOCTYPE html><html>404</html>")),
        r"^model.safetensors holds a web page instead of safetensors weights$",
    ),
    "a Git LFS pointer": (
        weights(lambda p: p.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:24\nsize 548\n")),
        r"^model.safetensors holds a Git LFS pointer instead of safetensors weights$",
    ),
    "a pickle": (
        weights(lambda p: p.write_bytes(b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00.")),
        r"^model.safetensors holds a pickle instead of safetensors weights$",
    ),
    "a zipped pickle": (
        weights(lambda p: p.write_bytes(b"PK\x03\x04" + bytes(60))),
        r"^model.safetensors holds a zipped pickle instead of safetensors weights$",
    ),
    "other text": (weights(lambda p: p.write_bytes(b'{"error": "not found"}')), r"^model.safetensors is not a whole"),
    "a header longer than the file": (
        weights(lambda p: p.write_bytes(struct.pack("<Q", 1 << 60) + p.read_bytes()[8:])),
        r"^model.safetensors is not a whole safetensors file: ",
    ),
    "a name twice": (
        header(lambda text: '{"transformer.ln_f.bias":{"dtype":"F32","shape":[12],"data_offsets":[0,48]},' + text[1:]),
        r"^model.safetensors (names transformer.ln_f.bias twice in its header|is not a whole safetensors file: .*)$",
    ),
    "another shape": (
        tensors(**{NORM: torch.ones(13)}),
        r"^model.safetensors: ln_f.weight has shape \(13,\), expected \(12,\)$",
    ),
    "a shape that cannot be cut": (
        tensors(**{QUERY: torch.ones(12, 35)}),
        r"^model.safetensors: h.0.attn.c_attn.weight has shape \(12, 35\), expected \(12, 36\)$",
    ),
    "a matrix turned": (
        tensors(**{QUERY: torch.ones(36, 12)}),
        r"^model.safetensors: h.0.mlp.c_fc.weight has shape \(12, 48\), expected \(12, 12\)$",
    ),
    "a number instead of a vector": (
        tensors(**{NORM: torch.tensor(1.0)}),
        r"^model.safetensors: ln_f.weight has shape \(\), expected \(12,\)$",
    ),
    "whole numbers": (
        tensors(**{NORM: torch.ones(12, dtype=torch.int64)}),
        r"^model.safetensors: ln_f.weight is torch.int64, expected float32, float16 or bfloat16$",
    ),
    "a tensor missing": (tensors(**{NORM: None}), r"^model.safetensors lacks ln_f.weight$"),
    "a tensor too many": (
        tensors(transformer__h__2__ln_1__bias=torch.ones(12)),
        r"^model.safetensors holds h.2.ln_1.bias, which a GPT-2 of this size does not have$",
    ),
    "another head though tied": (
        tensors(lm_head__weight=torch.ones(17, 12)),
        r"^model.safetensors: lm_head.weight is not wte.weight, although the configuration ties them$",
    ),
    "NaN": (
        tensors(**{NORM: torch.tensor([1.0] * 11 + [torch.nan])}),
        r"^model.safetensors: transformer.ln_f.weight holds NaN or infinite numbers$",
    ),
    "infinity": (
        tensors(**{NORM: torch.tensor([torch.inf, -torch.inf] * 6)}),
        r"^model.safetensors: transformer.ln_f.weight holds NaN or infinite numbers$",
    ),
    "no configuration": (lambda f: (f / "config.json").unlink(), r"^The number of heads is in no tensor’s shape"),
    "a configuration that is not JSON": (
        lambda f: (f / "config.json").write_bytes(b"<html>"),
        r"^config.json is not a GPT-2 configuration: JSONDecodeError",
    ),
    "a configuration that is not UTF-8": (
        lambda f: (f / "config.json").write_bytes(b"\xff\xfe{}"),
        r"^config.json is not a GPT-2 configuration: UnicodeDecodeError",
    ),
    "a configuration that is a list": (
        lambda f: (f / "config.json").write_text("[1]"),
        r"^config.json is not a GPT-2 configuration: AttributeError",
    ),
    "a bottomless configuration": (
        lambda f: (f / "config.json").write_text("[" * 100_000),
        r"^config.json is not a GPT-2 configuration: RecursionError",
    ),
    "a configuration without sizes": (
        lambda f: (f / "config.json").write_text("{}"),
        r"^The number of heads is in no tensor’s shape. A line in config.json says it, such as {\"n_heads\": 4}$",
    ),
    "another kind of model": (
        settings(model_type="llama"),
        r"^config.json says model_type='llama', but this is a GPT with 'gpt2'$",
    ),
    "another activation": (
        settings(activation_function="relu"),
        r"^config.json says activation_function='relu', but this is a GPT with 'gelu_new'$",
    ),
    "another epsilon": (
        settings(layer_norm_epsilon=1e-6),
        r"^config.json says layer_norm_epsilon=1e-06, but this is a GPT with 1e-05$",
    ),
    "scores scaled by layer": (
        settings(scale_attn_by_inverse_layer_idx=True),
        r"^config.json says scale_attn_by_inverse_layer_idx=True, but this is a GPT with False$",
    ),
    "more layers than there are": (settings(n_layer=3), r"^model.safetensors lacks h.2.ln_1.weight$"),
    "absurdly many layers": (settings(n_layer=10**12), r"^model.safetensors lacks h.2.ln_1.weight$"),
    "fewer layers than there are": (settings(n_layer=1), r"^model.safetensors holds h.1.attn.c_attn.bias, which a"),
    "heads that do not divide": (
        settings(n_head=5),
        r"^config.json is not a GPT-2 configuration: ValueError\('emb_dim=12 cannot be shared out ev",
    ),
    "a size as text": (
        settings(n_embd="12"),
        r"^config.json is not a GPT-2 configuration: ValueError\(\"emb_dim='12' is not a whole number",
    ),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_model_is_refused_by_name(tmp_path, unchecked, how):
    spoil, message = SPOILT[how]
    write(tmp_path)
    spoil(tmp_path)
    with pytest.raises(WeightsError, match=message):
        load_folder(tmp_path)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.ckpt", "model.pkl"])
def test_a_pickle_is_refused_by_its_ending_and_never_opened(tmp_path, name):
    from gpt_core.weights.model_file import refuse_other_formats

    with pytest.raises(WeightsError, match=rf"^{name}: only .safetensors files are read, never pickles"):
        refuse_other_formats(tmp_path / name)  # it does not even exist


def test_a_header_whose_length_looks_like_a_pickle_is_no_pickle(tmp_path):
    """Lengths are any byte: 0x80 as the first is a header of 128 (or 384, …) bytes."""
    from gpt_core.weights.model_file import read_tensors, refuse_other_formats

    path = tmp_path / "model.safetensors"
    text = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.ljust(128)
    path.write_bytes(struct.pack("<Q", 128) + text + struct.pack("<f", 2.5))
    refuse_other_formats(path)
    assert read_tensors(path)[0]["a"].tolist() == [2.5]
