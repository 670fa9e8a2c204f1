"""The wiring of a block."""

import torch


def test_the_stream_grows_by_attention_and_then_by_feed_forward_exactly(tiny, ids):
    for block in tiny.trace(ids).blocks:
        assert torch.equal(block.resid_mid, block.resid_pre + block.att.out)
        assert torch.equal(block.resid_post, block.resid_mid + block.ff.out)


def test_each_sublayer_reads_a_normalised_copy(tiny, ids):
    for block, traced in zip(tiny.blocks, tiny.trace(ids).blocks, strict=True):
        assert torch.equal(traced.norm1.out, block.norm1(traced.resid_pre))
        assert torch.equal(traced.att.out, block.att(traced.norm1.out))
        assert torch.equal(traced.norm2.out, block.norm2(traced.resid_mid))
        assert torch.equal(traced.ff.out, block.ff(traced.norm2.out))


def test_what_comes_out_has_the_shape_of_what_went_in(tiny):
    for shape in [(1, 12), (7, 12), (2, 7, 12)]:
        x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
        assert tiny.blocks[0](x).shape == shape
        assert torch.equal(tiny.blocks[0](x), tiny.blocks[0].trace(x).resid_post)
