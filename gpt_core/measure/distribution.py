"""Drawing from a distribution: one draw that can be repeated, many against theory, and what each cut takes out."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from gpt_core.generation.sampling import COLDEST, apply_temperature, renormalise_over, top_k_top_p_mask

ROUNDING = 1e-4  # of a probability, or a sum of many, in float32
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


def by_powers(steps: Distribution, temperature: float) -> Float[Tensor, " vocab_size"]:
    """The tokens that are kept once more by another formula: each probability to the power 1 / temperature, shared out.

    The same as the softmax of logits / temperature, without logits and in double precision.
    """
    return renormalise_over(_powers(steps.probs, temperature), steps.final > 0)


def cut_as_asked(
    steps: Distribution, temperature: float, *, top_k: int | None = None, top_p: float | None = None
) -> bool:
    """Whether what is kept is what top-k and top-p ask for: the likeliest tokens, as many as it takes and no more.

    Counted with `by_powers`, and allowing for rounding: equal tokens, and a sum just at `top_p`, may fall either way.
    """
    powers, kept = _powers(steps.probs, temperature), steps.final > 0
    least, n_kept, n_few = float(powers[kept].min()), int(kept.sum()), min(top_k or len(powers), len(powers))
    fewest = powers.topk(n_few).values[-1] if n_few < len(powers) else 0.0
    few = powers >= (1 - ROUNDING) * fewest
    likeliest = not bool((powers[~kept] > least * (1 + ROUNDING)).any())
    if not likeliest or n_kept > int(few.sum()):
        return False
    if top_p is None or top_p >= 1:
        return n_kept + steps.n_vanished >= n_few
    reached, last = float(powers[kept].sum() / powers[few].sum()), least / float(powers[few].sum())
    return reached > top_p - ROUNDING and reached - last < top_p + ROUNDING


def _powers(probs: Float[Tensor, " vocab_size"], temperature: float) -> Float[Tensor, " vocab_size"]:
    if temperature < COLDEST:
        return (torch.arange(len(probs)) == probs.argmax()).double()
    return (probs.double() / probs.max()) ** (1 / temperature)


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
