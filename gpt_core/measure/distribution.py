"""Drawing from a distribution: one draw that can be repeated, many against theory, and what each cut takes out."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from gpt_core.generation.sampling import apply_temperature, renormalise_over, top_k_top_p_mask

FEWEST = 5.0  # expected counts below this are counted together: the usual rule for a chi-squared test


@dataclass(frozen=True)
class Distribution:
    """What `generate` draws from, and on the way there which tokens each cut took out."""

    probs: Float[Tensor, " vocab_size"]  # as the model has them
    warmed: Float[Tensor, " vocab_size"]  # after temperature
    final: Float[Tensor, " vocab_size"]  # after top-k and top-p too: 0 for what was cut
    cut_by_k: Bool[Tensor, " vocab_size"]  # what had no probability left after temperature is not cut by anything
    cut_by_p: Bool[Tensor, " vocab_size"]

    @property
    def n_kept(self) -> int:
        """How many tokens can still be drawn."""
        return int((self.final > 0).sum())

    @property
    def n_cut(self) -> int:
        """How many tokens top-k or top-p took out."""
        return int((self.cut_by_k | self.cut_by_p).sum())

    @property
    def n_vanished(self) -> int:
        """Tokens at 0 before any cut: at temperature 0 all but one, otherwise those too small for a float."""
        return int((self.warmed == 0).sum())

    @property
    def share_cut(self) -> float:
        """What the tokens that were cut had after temperature."""
        return float(self.warmed[self.cut_by_k | self.cut_by_p].double().sum())


def distribution(
    logits: Float[Tensor, " vocab_size"], *, temperature: float, top_k: int | None = None, top_p: float | None = None
) -> Distribution:
    """The steps of one choice, over the whole vocabulary."""
    warmed = apply_temperature(logits, temperature)
    after_k, after_p = top_k_top_p_mask(warmed, top_k=top_k), top_k_top_p_mask(warmed, top_k=top_k, top_p=top_p)
    return Distribution(
        probs=logits.softmax(dim=-1),
        warmed=warmed,
        final=renormalise_over(warmed, after_p),
        cut_by_k=(warmed > 0) & ~after_k,
        cut_by_p=after_k & ~after_p,
    )


@dataclass(frozen=True)
class RankGroup:
    """Tokens from rank `first` to rank `last` (1 is likeliest), and what they have together."""

    first: int
    last: int
    own: float  # as the model has them
    final: float  # after temperature and cuts


def by_rank(steps: Distribution) -> list[RankGroup]:
    """The whole vocabulary: the likeliest token, the rest of the first ten, of the first hundred, and so on."""
    order = steps.probs.argsort(descending=True, stable=True)
    own, final = steps.probs.double()[order], steps.final.double()[order]
    powers = [10**i for i in range(len(str(len(order) - 1)))]
    return [
        RankGroup(start + 1, end, float(own[start:end].sum()), float(final[start:end].sum()))
        for start, end in pairwise([0, *powers, len(order)])
    ]


def drawn(final: Float[Tensor, " vocab_size"], *, seed: int, step: int = 0) -> int:
    """The id that `generate` draws at its step number `step` with this seed, if it comes to these probabilities.

    Each of its draws uses up the same amount of randomness, whatever the probabilities: earlier ones are drawn and
    thrown away.
    """
    generator = torch.Generator().manual_seed(seed)
    for _ in range(step):
        torch.multinomial(final, 1, generator=generator)
    return int(torch.multinomial(final, 1, generator=generator))


@dataclass(frozen=True)
class Draws:
    """Many draws from one distribution beside what theory expects."""

    counts: Int[Tensor, " vocab_size"]
    expected: Float[Tensor, " vocab_size"]
    chi_squared: float
    degrees_of_freedom: int  # cells compared, less one; 0 where there is nothing to compare
    p_value: float  # how often pure chance differs from theory by at least as much


def draw_many(final: Float[Tensor, " vocab_size"], *, n: int = 100, seed: int = 123) -> Draws:
    """Draw `n` times, each time anew from the same probabilities, and compare by Pearson's chi-squared test."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.multinomial(final, n, replacement=True, generator=generator)
    counts = torch.bincount(ids, minlength=len(final))
    expected = final * n
    large = expected >= FEWEST
    cells = [*zip(expected[large].tolist(), counts[large].tolist(), strict=True)]
    others = (float(expected[~large].sum()), int(counts[~large].sum()))
    if others[0] < FEWEST and cells:  # too few to be compared on their own: they join the smallest cell
        smallest = cells.pop(cells.index(min(cells)))
        others = (others[0] + smallest[0], others[1] + smallest[1])
    cells.append(others)
    chi_squared = sum((found - wanted) ** 2 / wanted for wanted, found in cells)
    degrees_of_freedom = len(cells) - 1
    halves = torch.tensor([degrees_of_freedom / 2, chi_squared / 2], dtype=torch.double)
    p_value = float(torch.special.gammaincc(*halves)) if degrees_of_freedom else 1.0
    return Draws(counts, expected, chi_squared, degrees_of_freedom, p_value)
