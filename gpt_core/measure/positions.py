"""Where a token stands: another order of the words, and what relative schemes would do."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gpt_core.measure.embedding_space import cosine_table
from gpt_core.model.trace import AttentionTrace


@dataclass(frozen=True)
class Band:
    """How alike the rows of neighbouring positions are, and all others: two mean cosines."""

    neighbours: float
    others: float

    @property
    def seen(self) -> bool:
        """Whether the cosines of all pairs show a band along the diagonal."""
        return self.neighbours > max(0.5, self.others + 0.1)


def band(rows: Float[Tensor, "position emb_dim"]) -> Band:
    """Measure both of them in a table of positions, which has three rows at least."""
    cosines, n = cosine_table(rows), len(rows)
    apart = (torch.arange(n)[:, None] - torch.arange(n)).abs()
    return Band(float(cosines[apart == 1].mean()), float(cosines[apart > 1].mean()))


def shuffled(ids: tuple[int, ...], seed: int) -> tuple[int, ...]:
    """The same ids in another order, the last one left in its place: what comes next is still asked of it.

    They stay as they were only where there is no other order.

    >>> shuffled((1, 2, 3, 4, 5), seed=1)[-1]
    5
    >>> shuffled((7, 8, 9), seed=0), shuffled((7, 7, 9), seed=0)
    ((8, 7, 9), (7, 7, 9))
    """
    generator = torch.Generator().manual_seed(seed)
    mixed = ids
    while mixed == ids and len(set(ids[:-1])) > 1:
        order = torch.randperm(len(ids) - 1, generator=generator).tolist()
        mixed = (*(ids[place] for place in order), ids[-1])
    return mixed


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


def linear_bias(n_positions: int, slope: float = 0.5) -> Float[Tensor, "query key"]:
    """A relative scheme: the further back a key, the more its score is lowered (ALiBi).

    Source: Press et al. 2021, "Train Short, Test Long". Later keys are left at 0; the causal mask hides them.

    >>> linear_bias(3, slope=0.5)
    tensor([[ 0.0000,  0.0000,  0.0000],
            [-0.5000,  0.0000,  0.0000],
            [-1.0000, -0.5000,  0.0000]])
    """
    place = torch.arange(n_positions)
    distance = (place[:, None] - place[None, :]).clamp(min=0)
    return torch.where(distance > 0, -slope * distance, 0.0)


def rotate(vectors: Float[Tensor, "... T head_dim"], *, base: float = 10_000.0) -> Float[Tensor, "... T head_dim"]:
    """A relative scheme: turn each pair of numbers by an angle that grows with the position (RoPE).

    The dot product of two turned vectors depends on their distance alone, not on where they stand.
    Source: Su et al. 2021, "RoFormer", section 3.2 (neighbouring numbers form a pair).
    """
    n_positions, head_dim = vectors.shape[-2:]
    if head_dim % 2:
        raise ValueError(f"rotation turns pairs of numbers: head_dim={head_dim} is odd")
    speeds = base ** (-torch.arange(0, head_dim, 2) / head_dim)
    angles = torch.arange(n_positions)[:, None] * speeds
    first, second = vectors[..., 0::2], vectors[..., 1::2]
    turned = (first * angles.cos() - second * angles.sin(), first * angles.sin() + second * angles.cos())
    return torch.stack(turned, dim=-1).flatten(-2)
