"""Anatomy: what a GPT's size means, counted part by part: parameters, memory, multiplications."""

from dataclasses import dataclass, fields

import torch
from torch import nn

from gpt_core.model.config import GPTConfig
from gpt_core.model.gpt import GPT


@dataclass(frozen=True)
class Parameters:
    """How many numbers a GPT learns, by part, over all its blocks."""

    token_embedding: int
    position_embedding: int
    attention: int
    feed_forward: int
    norms: int  # the two of each block and the final one
    out_head: int  # 0 where it is tied: then it is the token table, counted already

    @property
    def total(self) -> int:
        """All numbers together: what is meant by "124 million parameters"."""
        return sum(getattr(self, field.name) for field in fields(self))

    @property
    def shares(self) -> dict[str, float]:
        """Each part's share of the whole; they sum to 1."""
        return {field.name: getattr(self, field.name) / self.total for field in fields(self)}


def count_parameters(config: GPTConfig) -> Parameters:
    """Count from the sizes alone.

    >>> count_parameters(GPTConfig()).total
    124439808
    """
    width, ff_dim = config.emb_dim, config.ff_dim
    query_key_value = 3 * (width * width + width * config.qkv_bias)
    out_proj = width * width + width
    return Parameters(
        token_embedding=config.vocab_size * width,
        position_embedding=config.context_length * width,
        attention=config.n_layers * (query_key_value + out_proj),
        feed_forward=config.n_layers * (width * ff_dim + ff_dim + ff_dim * width + width),
        norms=(2 * config.n_layers + 1) * 2 * width,
        out_head=0 if config.tied_head else config.vocab_size * width,
    )


def count_tensors(model: GPT) -> Parameters:
    """Count what is really there, tensor by tensor; a head that is the token table itself is not counted again."""
    tied = model.out_head.weight is model.embedding.tok_emb.weight
    norms = [norm for block in model.blocks for norm in (block.norm1, block.norm2)]
    return Parameters(
        token_embedding=_numbers(model.embedding.tok_emb),
        position_embedding=_numbers(model.embedding.pos_emb),
        attention=sum(_numbers(block.att) for block in model.blocks),
        feed_forward=sum(_numbers(block.ff) for block in model.blocks),
        norms=sum(_numbers(norm) for norm in [*norms, model.final_norm]),
        out_head=0 if tied else _numbers(model.out_head),
    )


def count_built(config: GPTConfig) -> Parameters:
    """Count the tensors of a model of these sizes that is built without any memory for its numbers, however large."""
    with torch.device("meta"):
        return count_tensors(GPT(config))


def _numbers(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@dataclass(frozen=True)
class Work:
    """Multiply-and-add operations of one pass, by part, over all blocks; each one is two floating-point operations."""

    projections: int  # query, key, value and out_proj
    scores: int  # every query with every key; masked pairs are computed too
    context: int  # weights @ values
    feed_forward: int
    out_head: int

    @property
    def total(self) -> int:
        """Multiply-and-adds of the whole pass; twice that are floating-point operations."""
        return sum(getattr(self, field.name) for field in fields(self))


def multiply_adds(config: GPTConfig, n_tokens: int, *, n_past: int = 0, n_logits: int | None = None) -> Work:
    """One pass over `n_tokens` new tokens; `n_past` earlier ones are in the key/value cache besides.

    `n_logits` positions get logits (all of them if None). Norms, softmax and GELU are left out: about 1 % at most
    in GPT-2, a few in small models.
    """
    width, n_keys = config.emb_dim, n_past + n_tokens
    return Work(
        projections=config.n_layers * n_tokens * 4 * width * width,
        scores=config.n_layers * n_tokens * n_keys * width,
        context=config.n_layers * n_tokens * n_keys * width,
        feed_forward=config.n_layers * n_tokens * 2 * width * config.ff_dim,
        out_head=(n_tokens if n_logits is None else n_logits) * width * config.vocab_size,
    )


def generation_multiply_adds(config: GPTConfig, n_prompt: int, n_new: int, *, use_cache: bool) -> list[int]:
    """Multiply-adds of each step of `generate`: the first reads the prompt, each later one adds a token.

    With the cache a later step computes one token; without, the whole text again. Logits for the last position only.

    >>> tiny = GPTConfig(vocab_size=17, context_length=8, n_layers=2, n_heads=3, emb_dim=12)
    >>> generation_multiply_adds(tiny, 4, 3, use_cache=True)
    [14796, 3900, 3948]
    >>> generation_multiply_adds(tiny, 4, 3, use_cache=False)
    [14796, 18684, 22668]
    """
    steps = []
    for n_text in range(n_prompt, n_prompt + n_new):
        n_tokens = min(n_text, config.context_length)
        if use_cache and n_prompt < n_text <= config.context_length:
            work = multiply_adds(config, 1, n_past=n_tokens - 1, n_logits=1)
        else:
            work = multiply_adds(config, n_tokens, n_logits=1)
        steps.append(work.total)
    return steps


def weight_bytes(config: GPTConfig, *, bytes_per_number: int = 4) -> int:
    """Memory for the parameters: 4 bytes each in float32, 2 in float16."""
    return count_parameters(config).total * bytes_per_number


def cache_bytes(config: GPTConfig, n_tokens: int) -> int:
    """Memory for keys and values in float32: two vectors of emb_dim numbers, in each layer, for each token."""
    return 2 * config.n_layers * n_tokens * config.emb_dim * 4


def trace_bytes(config: GPTConfig, n_tokens: int) -> int:
    """Memory for everything `GPT.trace` keeps of one text, in float32, without the logits (which come on demand)."""
    vectors = 5 + 12 * config.n_layers  # of emb_dim numbers, for each token
    wide = 2 * config.n_layers  # of ff_dim numbers: before and after GELU
    squares = 2 * config.n_layers * config.n_heads  # scores and weights
    numbers = vectors * config.emb_dim + wide * config.ff_dim + squares * n_tokens
    return 4 * n_tokens * numbers


def logits_bytes(config: GPTConfig, n_tokens: int) -> int:
    """Memory for the logits of one text, in float32: one for each entry of the vocabulary, at every position.

    >>> logits_bytes(GPTConfig(), 1)
    201028
    """
    return 4 * n_tokens * config.vocab_size
