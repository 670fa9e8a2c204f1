"""Where a token stands: another order of the words, and what relative schemes would do."""

import torch
from jaxtyping import Float
from torch import Tensor

from gpt_core.embedding import linear_bias, rotate
from gpt_core.trace import AttentionTrace


def shuffled(ids: tuple[int, ...], seed: int) -> tuple[int, ...]:
    """The same ids in another order, the last one left in its place: what comes next is still asked of it.

    >>> shuffled((1, 2, 3, 4, 5), seed=1)[-1]
    5
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(ids) - 1, generator=generator).tolist()
    return (*(ids[place] for place in order), ids[-1])


def biased_weights(att: AttentionTrace, slope: float) -> Float[Tensor, "... query key"]:
    """The weights this attention would have if distance lowered its scores, as in ALiBi (`linear_bias`)."""
    return (att.masked + linear_bias(att.masked.shape[-1], slope)).softmax(dim=-1)


def rotated_scores(
    query: Float[Tensor, " head_dim"], key: Float[Tensor, " head_dim"], n_positions: int
) -> Float[Tensor, "query key"]:
    """Scores of one query and one key wherever the two stand, with rotary positions: equal along each diagonal."""
    even = query.shape[-1] // 2 * 2  # pairs are turned; a last single number stays out
    queries = rotate(query[:even].expand(n_positions, -1))
    keys = rotate(key[:even].expand(n_positions, -1))
    return queries @ keys.T


def spread_along_diagonals(scores: Float[Tensor, "n n"]) -> float:
    """The largest difference between two numbers at the same distance from the diagonal; 0 if only distance counts."""
    n = len(scores)
    diagonals = [scores.diagonal(offset) for offset in range(1 - n, n)]
    return max(float(diagonal.max() - diagonal.min()) for diagonal in diagonals)
