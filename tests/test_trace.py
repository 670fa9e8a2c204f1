"""Everything computed has its name, its shape, and cannot be changed."""

from dataclasses import FrozenInstanceError

import pytest
import torch


def test_shapes(tiny, ids):
    trace = tiny.trace(ids)
    block = trace.blocks[0]
    assert trace.ids is ids
    assert trace.logits.shape == trace.probs.shape == (7, 17)
    assert trace.residual_stream.shape == (3, 7, 12)
    assert block.att.queries.shape == block.att.context.shape == (3, 7, 4)
    assert block.att.weights.shape == block.att.scores.shape == (3, 7, 7)
    assert block.norm1.mean.shape == (7, 1)
    assert block.ff.pre.shape == (7, 48)


def test_probabilities_sum_to_one(tiny, ids):
    torch.testing.assert_close(tiny.trace(ids).probs.sum(dim=-1), torch.ones(7))


def test_the_stream_starts_with_the_embedding_and_ends_before_the_final_norm(tiny, ids):
    trace = tiny.trace(ids)
    assert torch.equal(trace.residual_stream[0], trace.embedding.out)
    assert torch.equal(trace.residual_stream[0], trace.blocks[0].resid_pre)
    assert torch.equal(trace.residual_stream[1], trace.blocks[1].resid_pre)
    assert torch.equal(tiny.final_norm(trace.residual_stream[-1]), trace.final_norm.out)


def test_next_logits_are_the_last_row_of_the_logits(tiny, ids):
    trace = tiny.trace(ids)
    torch.testing.assert_close(trace.next_logits, trace.logits[-1])
    batched = tiny.trace(torch.stack([ids, ids.flip(0)]))
    torch.testing.assert_close(batched.next_logits, batched.logits[:, -1])


def test_a_trace_weighs_the_same_before_and_after_its_logits_were_asked_for(tiny, ids):
    trace = tiny.trace(ids)
    before = trace.n_bytes
    assert torch.equal(trace.logits, trace.logits)
    assert trace.n_bytes == before
    assert not any(isinstance(value, torch.Tensor) and value.shape == (7, 17) for value in vars(trace).values())


def test_records_are_frozen(tiny, ids):
    trace = tiny.trace(ids)
    for record in (trace, trace.embedding, trace.blocks[0], trace.blocks[0].att, trace.final_norm):
        with pytest.raises(FrozenInstanceError):
            record.out = torch.zeros(1)  # type: ignore[misc]


def test_a_trace_made_under_inference_mode_cannot_be_written_into(tiny, ids):
    with torch.inference_mode():
        trace = tiny.trace(ids)
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor"):
        trace.blocks[0].att.weights[0, 0, 0] = 7.0
    assert trace.logits.shape == (7, 17)  # reading on is fine, outside too
