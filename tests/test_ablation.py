"""Parts off one at a time, and activations from another text."""

import pytest
import torch

from gpt_core import Intervention
from gpt_core.measure.ablation import (
    WITHOUT,
    at_site,
    head_effects,
    moved_over,
    part_effects,
    rivals,
    scored,
    with_token,
)


def without_each_part(layer: int) -> dict[str, Intervention]:
    """What `WITHOUT` should be, written out here once more."""
    return {
        "attention": Intervention(attention_off={layer}),
        "feed_forward": Intervention(feed_forward_off={layer}),
        "norm1": Intervention(norms_off={(layer, 1)}),
        "norm2": Intervention(norms_off={(layer, 2)}),
        "shortcut1": Intervention(shortcuts_off={(layer, 1)}),
        "shortcut2": Intervention(shortcuts_off={(layer, 2)}),
        "mask": Intervention(mask_off={layer}),
    }


def test_the_score_is_the_logit_and_its_share_in_bits(tiny, ids):
    trace = tiny.trace(ids)
    logit, bits = scored(trace, 3, position=2)
    assert logit == pytest.approx(trace.logits[2, 3].item(), abs=1e-5)
    assert 2**bits == pytest.approx(trace.probs[2, 3].item(), rel=1e-4)


def test_a_heads_effect_is_that_of_its_slice_of_out_proj_zeroed(tiny, ids):
    trace = tiny.trace(ids)
    effects = head_effects(tiny, trace, layer=1, token=3)
    for head in range(3):
        block = trace.blocks[1]
        part = tiny.blocks[1].att.out_proj.weight.unflatten(-1, (3, -1))[:, head]
        mid = block.resid_mid - block.att.context[head] @ part.T
        logits = tiny.out_head(tiny.final_norm(mid + tiny.blocks[1].ff(tiny.blocks[1].norm2(mid))))[-1]
        assert effects[head, 0] == pytest.approx((logits[3] - trace.next_logits[3]).item(), abs=1e-4)


def test_each_part_is_switched_off_in_its_own_layer(tiny, ids):
    trace = tiny.trace(ids)
    effects = part_effects(tiny, trace, layer=0, token=5)
    assert effects.shape == (len(WITHOUT), 2)
    alone = tiny.trace(ids, Intervention(feed_forward_off={0})).next_logits[5] - trace.next_logits[5]
    assert effects[list(WITHOUT).index("feed_forward"), 0] == pytest.approx(alone.item(), abs=1e-5)


@pytest.mark.parametrize("layer", [0, 1])
def test_each_part_is_switched_off_and_nothing_else(layer):
    assert {part: without(layer) for part, without in WITHOUT.items()} == without_each_part(layer)


def test_each_parts_effect_is_that_of_a_pass_without_it(tiny, ids):
    """At a token with later ones, or the mask of the last layer would change nothing."""
    trace = tiny.trace(ids)
    effects = part_effects(tiny, trace, layer=1, token=5, position=3)
    for effect, part in zip(effects, WITHOUT, strict=True):
        without = tiny.trace(ids, without_each_part(1)[part])
        logit = without.logits[3, 5] - trace.logits[3, 5]
        bits = (without.probs[3, 5] / trace.probs[3, 5]).log2()
        torch.testing.assert_close(effect, torch.stack([logit, bits]), rtol=0, atol=1e-4)
    assert len({round(float(logit), 3) for logit in effects[:, 0]} - {0.0}) == len(WITHOUT)


def test_the_rivals_are_who_gains_most_and_who_loses_most(tiny, ids):
    here, there = tiny.trace(ids), tiny.trace(with_token(ids, 3, 16))
    gains = (there.probs[-1] - here.probs[-1]).tolist()
    winner, loser = rivals(here, there)
    assert gains[winner] == max(gains) > 0
    assert gains[loser] == min(gains) < 0


def test_how_far_a_vector_moves_the_prediction_does_not_depend_on_which_rival_leads(tiny, ids):
    here, there = tiny.trace(ids), tiny.trace(with_token(ids, 3, 16))
    winner, loser = rivals(here, there)
    one, other = (
        moved_over(tiny, here, there, site="resid_mid", layer=0, tokens=range(7), rivals=pair)
        for pair in ((winner, loser), (loser, winner))
    )
    torch.testing.assert_close(one, other)
    assert one.abs().max() > 0.1


def test_the_changed_tokens_vector_before_the_first_block_moves_all_the_way(tiny, ids):
    here, there = tiny.trace(ids), tiny.trace(with_token(ids, 3, 16))
    shares = moved_over(tiny, here, there, site="resid_pre", layer=0, tokens=range(7), rivals=rivals(here, there))
    assert shares[3] == pytest.approx(1, abs=1e-3)
    assert shares[[0, 1, 2, 4, 5, 6]].abs().max() < 1e-3


def test_all_is_in_the_last_token_after_the_last_block(tiny, ids):
    here, there = tiny.trace(ids), tiny.trace(with_token(ids, 3, 16))
    shares = moved_over(tiny, here, there, site="resid_post", layer=1, tokens=range(7), rivals=rivals(here, there))
    assert shares[6] == pytest.approx(1, abs=1e-3)
    assert shares[:6].abs().max() < 1e-3


def test_a_place_is_where_the_patch_goes(tiny, ids):
    trace = tiny.trace(ids)
    assert torch.equal(at_site(trace, "att.out", 1), trace.blocks[1].att.out)
    assert torch.equal(at_site(trace, "resid_mid", 0), trace.blocks[0].resid_mid)


def test_texts_of_different_length_are_refused_by_number(tiny, ids):
    with pytest.raises(ValueError, match="7 and 4 tokens"):
        moved_over(tiny, tiny.trace(ids), tiny.trace(ids[:4]), site="ff.out", layer=0, tokens=[0], rivals=(0, 1))
