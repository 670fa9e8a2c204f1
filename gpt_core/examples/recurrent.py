"""Why attention: what is left of each word in the last state of a recurrent network, and what attention reaches.

Neither network here has learnt anything: seeded random numbers. What is shown is how far a signal can travel.
"""

from dataclasses import dataclass
from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor

from gpt_core.model.attention import attend, causal_mask


@dataclass(frozen=True)
class Reach:
    """How much the last state depends on each input: the norm of the Jacobian d(last state) / d(input).

    An influence of 0 means that the word could be any other and the last state would be the same.
    """

    states: Float[Tensor, "T state_dim"]
    influence: Float[Tensor, " T"]

    @property
    def shares(self) -> Float[Tensor, " T"]:
        """The influences, made to sum to 1."""
        return self.influence / self.influence.sum()


def recurrent_reach(
    vectors: Float[Tensor, "T emb_dim"], *, state_dim: int = 32, strength: float = 0.9, seed: int = 123
) -> Reach:
    """An Elman network reads the words in order: state = tanh(W·word + U·state before). Exact, by the chain rule.

    U turns the state and shrinks it by `strength` (a random rotation times that number). Each step back to an earlier
    word multiplies by U and by tanh's slope, both at most 1: what is far away fades.
    Source: Elman 1990; Bengio et al. 1994, "Learning long-term dependencies with gradient descent is difficult".

    Raises:
        ValueError: `strength` is not in (0, 1].
    """
    if not 0 < strength <= 1:
        raise ValueError(f"strength={strength} is not in (0, 1]")
    W, U = _network(vectors.shape[-1], state_dim, strength, seed)
    states = _states(standardised(vectors) @ W.T, U)

    influence, carried = [], torch.eye(state_dim)  # carried: d(last state) / d(this state)
    for state in states.flip(0):
        through_tanh = carried * (1 - state.square())
        influence.append((through_tanh @ W).norm())
        carried = through_tanh @ U
    return Reach(states, torch.stack(influence[::-1]))


def differentiated_reach(
    vectors: Float[Tensor, "T emb_dim"], *, state_dim: int = 32, strength: float = 0.9, seed: int = 123
) -> Float[Tensor, " T"]:
    """The influences of `recurrent_reach` again, by automatic differentiation: slower, and a check on it."""
    with torch.inference_mode(mode=False):
        W, U = _network(vectors.shape[-1], state_dim, strength, seed)
        jacobian = torch.autograd.functional.jacobian(lambda x: _states(x @ W.T, U)[-1], standardised(vectors))
        return jacobian.norm(dim=(0, 2))


def erased(
    vectors: Float[Tensor, "T emb_dim"], *, state_dim: int = 32, strength: float = 0.9, seed: int = 123
) -> Float[Tensor, " T"]:
    """How far the last state moves, as a share of its own length, when one word's vector is replaced by zeros."""
    W, U = _network(vectors.shape[-1], state_dim, strength, seed)
    read = standardised(vectors) @ W.T
    one_missing = read * ~torch.eye(len(read), dtype=torch.bool)[:, :, None]  # text, word, state_dim
    last, without = _states(read, U)[-1], _states(one_missing, U)[:, -1]
    return (without - last).norm(dim=-1) / last.norm().clamp(min=torch.finfo(last.dtype).tiny)


def _network(emb_dim: int, state_dim: int, strength: float, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    W = torch.randn(state_dim, emb_dim, generator=generator) / sqrt(emb_dim)
    U = strength * torch.linalg.qr(torch.randn(state_dim, state_dim, generator=generator)).Q
    return W, U


def _states(read: Float[Tensor, "... T state_dim"], U: Float[Tensor, "d d"]) -> Float[Tensor, "... T state_dim"]:
    states, state = [], torch.zeros_like(read[..., 0, :])
    for word in read.unbind(dim=-2):
        state = torch.tanh(word + state @ U.T)
        states.append(state)
    return torch.stack(states, dim=-2)


def attention_reach(vectors: Float[Tensor, "T emb_dim"], *, state_dim: int = 32, seed: int = 123) -> Reach:
    """One causal head of the same width over the same words: every word is one step away, however long the text.

    Exact, by automatic differentiation of the last token's context vector.
    """
    n_words, emb_dim = vectors.shape
    with torch.inference_mode(mode=False):
        generator = torch.Generator().manual_seed(seed)
        W_query, W_key, W_value = torch.randn(3, emb_dim, state_dim, generator=generator) / sqrt(emb_dim)

        def contexts(x: Float[Tensor, "T emb_dim"]) -> Float[Tensor, "T state_dim"]:
            return attend(x @ W_query, x @ W_key, x @ W_value, causal_mask(n_words, n_words))[2]

        words = standardised(vectors)
        jacobian = torch.autograd.functional.jacobian(lambda x: contexts(x)[-1], words)
        return Reach(contexts(words), jacobian.norm(dim=(0, 2)))


def standardised(vectors: Float[Tensor, "T emb_dim"]) -> Float[Tensor, "T emb_dim"]:
    """All numbers divided by one: their root mean square becomes 1, so that any model's embeddings may be fed in."""
    return vectors / vectors.square().mean().sqrt().clamp(min=torch.finfo(vectors.dtype).tiny)
