"""What if? Each change does exactly what its name says, to one pass and to no other."""

import threading
from dataclasses import FrozenInstanceError

import pytest
import torch

from gpt_core import GPT, Intervention, Patch
from gpt_core.measure import by_torch
from gpt_core.model.intervention import FINAL
from tests.conftest import TINY

SITES = ["resid_pre", "att.out", "resid_mid", "ff.out", "resid_post"]


def edited(model: GPT, edit) -> GPT:
    """A copy of the model with some of its numbers changed."""
    copy = GPT(model.config)
    copy.load_state_dict(model.state_dict())
    edit(copy)
    return copy.eval().requires_grad_(requires_grad=False)


def same(first, second) -> bool:
    return torch.equal(first.logits, second.logits) and torch.equal(first.residual_stream, second.residual_stream)


def test_an_empty_intervention_changes_nothing_bit_for_bit(tiny, ids):
    assert same(tiny.trace(ids), tiny.trace(ids, Intervention()))
    assert not Intervention()
    assert Intervention(positions_off=True)


@pytest.mark.parametrize("head", [0, 1, 2])
def test_a_head_off_is_its_slice_of_out_proj_zeroed(tiny, ids, head):
    def zero(model: GPT) -> None:
        model.blocks[1].att.out_proj.weight.data[:, 4 * head : 4 * head + 4] = 0.0

    off = tiny.trace(ids, Intervention(heads_off={(1, head)}))
    torch.testing.assert_close(off.logits, edited(tiny, zero)(ids))
    assert (off.blocks[1].att.context[head] == 0).all()
    assert not torch.allclose(off.logits, tiny(ids))
    others = [other for other in range(3) if other != head]
    assert torch.equal(off.blocks[1].att.context[others], tiny.trace(ids).blocks[1].att.context[others])


def test_all_heads_off_leaves_the_bias_of_out_proj(tiny, ids):
    off = tiny.trace(ids, Intervention(heads_off={(0, head) for head in range(3)}))
    torch.testing.assert_close(off.blocks[0].att.out, tiny.blocks[0].att.out_proj.bias.expand(7, 12))


@pytest.mark.parametrize("layer", [0, 1])
def test_mask_off_lets_a_later_token_change_an_earlier_one(tiny, ids, layer):
    changed = torch.cat([ids[:-1], torch.tensor([16])])
    for intervention, leaks in [(Intervention(mask_off={layer}), True), (Intervention(), False)]:
        before, after = (tiny.trace(text, intervention).logits[:-1] for text in (ids, changed))
        assert torch.equal(before, after) is not leaks


@pytest.mark.parametrize("off", [set(), {0}, {1}, {0, 1}])
def test_only_the_layers_whose_mask_is_off_see_the_future(tiny, ids, off):
    blocks = tiny.trace(ids, Intervention(mask_off=off)).blocks
    assert {layer for layer, block in enumerate(blocks) if block.att.weights.triu(diagonal=1).any()} == off


@pytest.mark.parametrize(
    "intervention",
    [
        Intervention(heads_off={(0, 1)}),
        Intervention(attention_off={0}),
        Intervention(feed_forward_off={0}),
        Intervention(norms_off={(0, 1), (1, 2), (FINAL, 1)}),
        Intervention(shortcuts_off={(0, 1), (1, 2)}),
        Intervention(positions_off=True),
        Intervention(patches={Patch("ff.out", 0, 2, torch.ones(12))}),
    ],
)
def test_with_the_mask_on_nothing_else_leaks(tiny, ids, intervention):
    changed = torch.cat([ids[:-1], torch.tensor([16])])
    before, after = (tiny.trace(text, intervention).logits[:-1] for text in (ids, changed))
    assert torch.equal(before, after)


def test_attention_off_and_feed_forward_off_add_nothing(tiny, ids):
    trace = tiny.trace(ids, Intervention(attention_off={0}, feed_forward_off={1}))
    first, second = trace.blocks
    assert torch.equal(first.resid_mid, first.resid_pre)
    assert torch.equal(second.resid_post, second.resid_mid)
    assert not torch.equal(second.resid_mid, second.resid_pre)
    torch.testing.assert_close(first.att.weights, tiny.trace(ids).blocks[0].att.weights)  # still shown


def test_a_norm_off_hands_its_input_on_unchanged(tiny, ids):
    trace = tiny.trace(ids, Intervention(norms_off={(0, 1), (1, 2), (FINAL, 1)}))
    first, second = trace.blocks
    assert torch.equal(first.norm1.out, first.resid_pre)
    assert torch.equal(first.norm2.out, tiny.blocks[0].norm2(first.resid_mid))
    assert torch.equal(second.norm1.out, tiny.blocks[1].norm1(second.resid_pre))
    assert torch.equal(second.norm2.out, second.resid_mid)
    assert torch.equal(trace.final_norm.out, second.resid_post)


def test_a_shortcut_cut_leaves_the_sublayers_result_alone(tiny, ids):
    trace = tiny.trace(ids, Intervention(shortcuts_off={(0, 1), (1, 2)}))
    first, second = trace.blocks
    assert torch.equal(first.resid_mid, first.att.out)
    assert torch.equal(first.resid_post, first.resid_mid + first.ff.out)
    assert torch.equal(second.resid_mid, second.resid_pre + second.att.out)
    assert torch.equal(second.resid_post, second.ff.out)


def test_positions_off_is_a_table_of_zeros(tiny, ids):
    def zero(model: GPT) -> None:
        model.embedding.pos_emb.weight.data.zero_()

    assert torch.equal(tiny.trace(ids, Intervention(positions_off=True)).logits, edited(tiny, zero)(ids))


def test_without_positions_and_mask_the_order_of_words_is_lost(tiny, ids):
    """Self-attention alone sees a bag of words: shuffling the input shuffles the output, and nothing else."""
    bag, order = Intervention(positions_off=True, mask_off={0, 1}), torch.tensor([3, 0, 6, 1, 5, 2, 4])
    torch.testing.assert_close(tiny.trace(ids[order], bag).logits, tiny.trace(ids, bag).logits[order])


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("layer", [0, 1])
def test_patching_a_trace_into_itself_changes_nothing(tiny, ids, site, layer):
    plain = tiny.trace(ids)
    vectors = {
        "resid_pre": plain.blocks[layer].resid_pre,
        "att.out": plain.blocks[layer].att.out,
        "resid_mid": plain.blocks[layer].resid_mid,
        "ff.out": plain.blocks[layer].ff.out,
        "resid_post": plain.blocks[layer].resid_post,
    }[site]
    itself = Intervention(patches={Patch(site, layer, token, vectors[token]) for token in (0, 3, 6)})
    assert same(tiny.trace(ids, itself), plain)


def test_patching_the_whole_stream_of_another_text_makes_it_that_text(tiny, ids):
    other = tiny.trace(ids.flip(0))
    stream = other.blocks[1].resid_pre
    patched = tiny.trace(ids, Intervention(patches={Patch("resid_pre", 1, t, stream[t]) for t in range(7)}))
    assert torch.equal(patched.logits, other.logits)
    assert torch.equal(patched.blocks[1].resid_pre, stream)


def test_patching_one_token_changes_that_token_and_later_ones_only(tiny, ids):
    plain = tiny.trace(ids)
    patched = tiny.trace(ids, Intervention(patches={Patch("ff.out", 0, 3, torch.ones(12))}))
    changed = (patched.logits != plain.logits).any(dim=-1)
    assert changed.tolist() == [False] * 3 + [True] * 4
    assert torch.equal(patched.blocks[0].ff.out[3], torch.ones(12))


def test_an_intervention_applies_to_every_text_of_a_batch(tiny, ids):
    change = Intervention(heads_off={(0, 2)}, patches={Patch("resid_mid", 1, 4, torch.ones(12))}, mask_off={1})
    batch = torch.stack([ids, ids.flip(0)])
    for i in range(2):
        torch.testing.assert_close(tiny.trace(batch, change).logits[i], tiny.trace(batch[i], change).logits)


def test_two_readers_at_once_do_not_see_each_others(tiny, ids):
    changes = [Intervention(heads_off={(0, 1)}, norms_off={(1, 1)}), Intervention(mask_off={0}, shortcuts_off={(1, 2)})]
    expected = [tiny.trace(ids, change).logits for change in changes]
    wrong = []

    def read(which: int) -> None:
        torch.set_num_threads(1)  # is each thread's own; two add up in another order than one
        for _ in range(60):
            if not torch.equal(tiny.trace(ids, changes[which]).logits, expected[which]):
                wrong.append(which)

    threads = [threading.Thread(target=read, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_nothing_is_left_on_the_model(tiny, ids):
    before = tiny.trace(ids)
    tiny.trace(ids, Intervention(heads_off={(0, 1)}, norms_off={(0, 1)}, mask_off={0, 1}, positions_off=True))
    assert same(tiny.trace(ids), before)


def test_an_intervention_is_a_value():
    first, second = Intervention(heads_off=[(0, 1), (1, 2)]), Intervention(heads_off={(1, 2), (0, 1)})
    assert first == second
    assert hash(first) == hash(second)
    with pytest.raises(FrozenInstanceError):
        first.positions_off = True  # type: ignore[misc]


SIZE = "which is not in a model of 2 layers and 3 heads"


@pytest.mark.parametrize(
    ("intervention", "message"),
    [
        (Intervention(heads_off={(2, 0)}), rf"^heads_off has \(2, 0\), {SIZE}$"),
        (Intervention(heads_off={(0, 3)}), rf"^heads_off has \(0, 3\), {SIZE}$"),
        (Intervention(heads_off={(0, -1)}), rf"^heads_off has \(0, -1\), {SIZE}$"),
        (Intervention(attention_off={2}), rf"^attention_off has 2, {SIZE}$"),
        (Intervention(feed_forward_off={-1}), rf"^feed_forward_off has -1, {SIZE}$"),
        (Intervention(mask_off={7}), rf"^mask_off has 7, {SIZE}$"),
        (Intervention(norms_off={(0, 3)}), rf"^norms_off has \(0, 3\), {SIZE}$"),
        (Intervention(norms_off={(FINAL, 2)}), rf"^norms_off has \(-1, 2\), {SIZE}$"),
        (Intervention(shortcuts_off={(FINAL, 1)}), rf"^shortcuts_off has \(-1, 1\), {SIZE}$"),
        (Intervention(patches={Patch("ff.out", 2, 0, torch.ones(12))}), r"^no site 'ff.out', layer 2, token 0 in th"),
        (Intervention(patches={Patch("ff.out", 0, -1, torch.ones(12))}), r"^no site 'ff.out', layer 0, token -1 in"),
        (Intervention(patches={Patch("ff.out", 0, 0, torch.ones(1))}), r"^a patch has shape \(1,\), expected \(12,\)$"),
        (Intervention(patches={Patch("ff.out", 0, 7, torch.ones(12))}), r"^a patch names token 7, but there are 7 tok"),
    ],
)
def test_a_part_the_model_does_not_have_is_refused_by_name(tiny, ids, intervention, message):
    with pytest.raises(ValueError, match=message):
        tiny.trace(ids, intervention)


def test_an_unknown_site_is_refused_by_name(unchecked):
    change = Intervention(patches={Patch("nowhere", 0, 0, torch.ones(12))})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^no site 'nowhere', layer 0, token 0 in this model$"):
        change.check(TINY)


def test_a_head_dialled_to_1_is_the_model_bit_for_bit_and_to_0_the_head_switched_off(tiny, ids):
    heads = [(layer, head) for layer in range(tiny.config.n_layers) for head in range(tiny.config.n_heads)]
    for layer, head in heads:
        assert same(tiny.trace(ids), tiny.trace(ids, Intervention(heads_times={(layer, head, 1.0)})))
        off = tiny.trace(ids, Intervention(heads_off={(layer, head)}))
        assert same(off, tiny.trace(ids, Intervention(heads_times={(layer, head, 0.0)})))


def test_a_head_dialled_to_2_is_its_slice_of_out_proj_doubled(tiny, ids):
    def double(model: GPT) -> None:
        model.blocks[1].att.out_proj.weight.data[:, 4:8] *= 2

    twice = tiny.trace(ids, Intervention(heads_times={(1, 1, 2.0)}))
    torch.testing.assert_close(twice.logits, edited(tiny, double)(ids))


@pytest.mark.parametrize("activation", ["relu", "silu"])
def test_another_activation_bends_every_feed_forward_and_nothing_else(tiny, ids, activation):
    bent = tiny.trace(ids, Intervention(activation=activation))
    for block in bent.blocks:
        torch.testing.assert_close(block.ff.post, getattr(torch.nn.functional, activation)(block.ff.pre))
    torch.testing.assert_close(bent.final_norm.out, by_torch.final_vectors(tiny, ids, activation))
    assert same(tiny.trace(ids), tiny.trace(ids, Intervention(activation=None)))


@pytest.mark.parametrize("head", [(9, 0, 1.0), (0, 0, float("nan")), (0, 0, float("inf"))])
def test_a_dial_that_does_not_exist_is_refused(tiny, ids, head):
    with pytest.raises(ValueError, match="heads_times"):
        tiny.trace(ids, Intervention(heads_times={head}))
