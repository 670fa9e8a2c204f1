"""The book's dropout: its seed, and the mask that it draws."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from gpt_core.model.seeding import seeded


def dropped_out(weights: Float[Tensor, "query key"], *, seed: int = 123) -> Float[Tensor, "query key"]:
    """Section 3.5.2: half of the weights dropped and the others doubled, as torch's own dropout draws for that seed."""
    with seeded(seed):
        return F.dropout(weights, 0.5, training=True)
