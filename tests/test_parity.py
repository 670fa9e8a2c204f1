"""Ours against transformers (eager) on the same random weights: logits, hidden states, attentions, text, lens."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from gpt_core import GPT, GPTConfig, generate
from gpt_core.measure.lens import contributions, logit_lens, stations
from gpt_core.weights.folder import build
from gpt_core.weights.translate import translate
from tests.conftest import TINY
from tests.model_folders import random_gpt2

ODD = GPTConfig(vocab_size=97, context_length=31, n_layers=3, n_heads=5, emb_dim=35)
NEAR = {"rtol": 0, "atol": 1e-4}


def as_ours(theirs, config: GPTConfig) -> GPT:
    state = {
        name: value for name, value in theirs.state_dict().items() if not config.tied_head or "lm_head" not in name
    }
    translated = translate(state, {"n_heads": config.n_heads}, "memory")
    assert translated.config == config
    return build(config, translated.state, Path("memory"))


@pytest.fixture(scope="module", params=[TINY, ODD, GPTConfig()], ids=["tiny", "odd", "124M"])
def pair(request):
    theirs = random_gpt2(request.param)
    if request.param == GPTConfig():
        for name, parameter in theirs.named_parameters():  # as small as GPT-2's own, or twelve layers explode
            parameter.data.sub_(1.0 if ".ln_" in name and name.endswith("weight") else 0.0).mul_(0.1)
            parameter.data.add_(1.0 if ".ln_" in name and name.endswith("weight") else 0.0)
    return theirs, as_ours(theirs, request.param)


@pytest.fixture(scope="module")
def ids(pair):
    _, ours = pair
    n_tokens = min(31, ours.config.context_length)
    return torch.arange(n_tokens) * 7919 % ours.config.vocab_size


@pytest.fixture(scope="module")
def outputs(pair, ids):
    theirs, ours = pair
    with torch.inference_mode():
        found = theirs(ids[None], output_hidden_states=True, output_attentions=True)
        return found, ours.trace(ids)


@pytest.fixture(scope="module")
def inputs(pair, ids) -> dict[str, Tensor]:
    """What goes into transformers' own modules, by their names: much of it they never hand out."""
    theirs, _ = pair
    seen, hooks = {}, []
    for name, module in theirs.named_modules():
        if name.endswith(("ln_2", "attn.c_proj", "mlp.c_proj", "ln_f")):
            hooks.append(module.register_forward_pre_hook(lambda _, args, name=name: seen.update({name: args[0][0]})))
    with torch.inference_mode():
        theirs(ids[None])
    for hook in hooks:
        hook.remove()
    return seen


def direct(theirs, inputs, vector: Tensor, *, token: int, position: int) -> Tensor:
    """What their head reads of a part of the stream for one token, with their final norm's scale held as it was."""
    norm, last = theirs.transformer.ln_f, inputs["transformer.ln_f"][position]
    spread = (last.var(correction=0) + norm.eps).sqrt()
    return ((vector - vector.mean()) / spread * norm.weight) @ theirs.lm_head.weight[token]


def test_logits(outputs):
    theirs, ours = outputs
    assert theirs.logits.abs().max() > 0.5
    torch.testing.assert_close(ours.logits, theirs.logits[0], **NEAR)
    torch.testing.assert_close(ours.next_logits, theirs.logits[0, -1], **NEAR)


def test_every_hidden_state(outputs):
    """transformers' last one is what comes out of the final norm."""
    theirs, ours = outputs
    stream = [*ours.residual_stream[:-1], ours.final_norm.out]
    assert len(stream) == len(theirs.hidden_states)
    for mine, other in zip(stream, theirs.hidden_states, strict=True):
        torch.testing.assert_close(mine, other[0], **NEAR)


def test_every_attention_weight(outputs):
    theirs, ours = outputs
    assert len(ours.blocks) == len(theirs.attentions)
    for block, other in zip(ours.blocks, theirs.attentions, strict=True):
        torch.testing.assert_close(block.att.weights, other[0], **NEAR)


def test_greedy_generation(pair):
    theirs, ours = pair
    prompt = [1, 3, 5]
    n_new = min(20, ours.config.context_length - len(prompt))
    found = theirs.generate(torch.tensor([prompt]), max_new_tokens=n_new, min_new_tokens=n_new, do_sample=False,
                            pad_token_id=0, eos_token_id=None)  # fmt: skip
    assert [step.id for step in generate(ours, prompt, max_new_tokens=n_new)] == found[0, 3:].tolist()


def test_the_lens_is_their_hidden_state_through_their_own_norm_and_head(pair, outputs):
    (theirs, ours), (found, trace) = pair, outputs
    for layer, hidden in enumerate(found.hidden_states[:-1]):
        expected = theirs.lm_head(theirs.transformer.ln_f(hidden[0]))
        torch.testing.assert_close(logit_lens(ours, stations(trace)[2 * layer]), expected, **NEAR)


def test_the_lens_after_attention_is_what_enters_their_second_norm_read_the_same_way(pair, outputs, inputs):
    (theirs, ours), (_, trace) = pair, outputs
    for layer in range(ours.config.n_layers):
        expected = theirs.lm_head(theirs.transformer.ln_f(inputs[f"transformer.h.{layer}.ln_2"]))
        torch.testing.assert_close(logit_lens(ours, stations(trace)[2 * layer + 1]), expected, **NEAR)


def test_contributions_sum_to_their_logit(pair, outputs):
    (_, ours), (found, trace) = pair, outputs
    for token in (0, 11):
        parts = contributions(ours, trace, token=token)
        torch.testing.assert_close(parts.total, found.logits[0, -1, token], **NEAR)


@pytest.mark.parametrize(("token", "position"), [(0, -1), (11, -1), (11, 2)])
def test_each_part_contributes_what_their_head_reads_of_it(pair, outputs, inputs, token, position):
    """Each head from its own rows of their c_proj; the bias belongs to no head."""
    (theirs, ours), (found, trace) = pair, outputs
    parts = contributions(ours, trace, token=token, position=position)
    head_dim = ours.config.emb_dim // ours.config.n_heads

    def check(mine: Tensor, vector: Tensor) -> None:
        expected = direct(theirs, inputs, vector, token=token, position=position)
        torch.testing.assert_close(mine, expected, **NEAR)

    check(parts.embedding, found.hidden_states[0][0, position])
    for layer, block in enumerate(theirs.transformer.h):
        out, side_by_side = block.attn.c_proj, inputs[f"transformer.h.{layer}.attn.c_proj"][position]
        for head in range(ours.config.n_heads):
            own = slice(head * head_dim, (head + 1) * head_dim)
            check(parts.heads[layer, head], side_by_side[own] @ out.weight[own])
        check(parts.attention_bias[layer], out.bias)
        check(parts.feed_forward[layer], block.mlp.c_proj(inputs[f"transformer.h.{layer}.mlp.c_proj"][position]))
    torch.testing.assert_close(parts.final_shift, theirs.transformer.ln_f.bias @ theirs.lm_head.weight[token], **NEAR)
