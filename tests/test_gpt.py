"""Laws of the whole model: the future is unseen, a batch is a list, and what cannot be is refused in words."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gpt_core import GPT
from tests.conftest import TINY

TEXTS = st.lists(st.integers(0, 16), min_size=1, max_size=8)


@given(text=TEXTS, at=st.integers(0, 7), other=st.integers(0, 16))
@settings(max_examples=50, deadline=None)
def test_a_token_cannot_see_the_future(tiny, text, at, other):
    changed = [*text]
    changed[at % len(text) :] = [other] * (len(text) - at % len(text))
    before, after = (tiny.trace(torch.tensor(ids)) for ids in (text, changed))
    unseen = slice(0, at % len(text))
    assert torch.equal(before.logits[unseen], after.logits[unseen])
    assert torch.equal(before.residual_stream[:, unseen], after.residual_stream[:, unseen])


def test_a_longer_text_begins_like_a_shorter_one(tiny, ids):
    whole = tiny(ids)
    for n_tokens in range(1, 7):
        torch.testing.assert_close(tiny(ids[:n_tokens]), whole[:n_tokens])


def test_a_batch_is_the_same_as_one_text_at_a_time(tiny, ids):
    batch = torch.stack([ids, ids.flip(0), ids * 0])
    traced = tiny.trace(batch)
    for i, text in enumerate(batch):
        single = tiny.trace(text)
        torch.testing.assert_close(traced.logits[i], single.logits)
        torch.testing.assert_close(traced.blocks[1].att.weights[i], single.blocks[1].att.weights)
        torch.testing.assert_close(traced.residual_stream[i], single.residual_stream)


def test_forward_is_trace(tiny, tiny_untied, ids):
    for model in (tiny, tiny_untied):
        assert torch.equal(model(ids), model.trace(ids).logits)


def test_the_same_ids_give_the_same_bits(tiny, ids):
    assert torch.equal(tiny(ids), tiny(ids))


@pytest.mark.parametrize("n_past", [1, 4, 6])
def test_remembered_keys_and_values_save_work_and_change_nothing(tiny, ids, n_past):
    whole = tiny.trace(ids)
    rest = tiny.trace(ids[n_past:], past=tiny.trace(ids[:n_past]).kv_cache)
    torch.testing.assert_close(rest.logits, whole.logits[n_past:])
    torch.testing.assert_close(rest.kv_cache[1].keys, whole.kv_cache[1].keys)


def test_a_tied_head_is_the_token_table(tiny, tiny_untied):
    assert tiny.out_head.weight is tiny.embedding.tok_emb.weight
    assert tiny_untied.out_head.weight is not tiny_untied.embedding.tok_emb.weight
    assert "out_head.weight" in dict(tiny_untied.named_parameters())


def test_parameters_are_created_in_the_books_order():
    names = [name for name, _ in GPT(TINY).named_parameters() if name.startswith("blocks.0.") and "weight" in name]
    assert [name.removeprefix("blocks.0.").removesuffix(".weight") for name in names] == [
        "att.W_query",
        "att.W_key",
        "att.W_value",
        "att.out_proj",
        "ff.up",
        "ff.down",
    ]


def test_no_token_is_refused(tiny):
    with pytest.raises(ValueError, match=r"^no ids: a GPT needs at least one token to say what comes next$"):
        tiny.trace(torch.tensor([], dtype=torch.long))


def test_the_context_fits_exactly_and_one_more_is_refused(tiny, ids):
    assert tiny(torch.zeros(8, dtype=torch.long)).shape == (8, 17)
    with pytest.raises(ValueError, match=r"^9 tokens do not fit in context_length=8$"):
        tiny.trace(torch.zeros(9, dtype=torch.long))
    with pytest.raises(ValueError, match=r"^9 tokens do not fit in context_length=8$"):
        tiny.trace(ids[:2], past=tiny.trace(ids).kv_cache)


@pytest.mark.parametrize(("wrong", "lowest", "highest"), [(-1, -1, 3), (17, 1, 17), (10**9, 1, 10**9)])
def test_an_id_outside_the_vocabulary_is_refused(tiny, wrong, lowest, highest):
    with pytest.raises(ValueError, match=rf"^ids run from {lowest} to {highest}, but vocab_size=17$"):
        tiny.trace(torch.tensor([3, 1, wrong]))
