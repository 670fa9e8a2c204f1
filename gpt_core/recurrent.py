"""Why attention: what is left of each word in the last state of a recurrent network, and what attention reaches.

Neither network here has learnt anything: seeded random numbers. What is shown is how far a signal can travel.
"""

from dataclasses import dataclass
from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor

from gpt_core.attention import attend, later_keys


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
    words = standardised(vectors)
    generator = torch.Generator().manual_seed(seed)
    W = torch.randn(state_dim, words.shape[-1], generator=generator) / sqrt(words.shape[-1])
    U = strength * torch.linalg.qr(torch.randn(state_dim, state_dim, generator=generator)).Q

    states, state = [], torch.zeros(state_dim)
    for word in words:
        state = torch.tanh(W @ word + U @ state)
        states.append(state)

    influence, carried = [], torch.eye(state_dim)  # carried: d(last state) / d(this state)
    for state in reversed(states):
        through_tanh = carried * (1 - state.square())
        influence.append((through_tanh @ W).norm())
        carried = through_tanh @ U
    return Reach(torch.stack(states), torch.stack(influence[::-1]))


def attention_reach(vectors: Float[Tensor, "T emb_dim"], *, state_dim: int = 32, seed: int = 123) -> Reach:
    """One causal head of the same width over the same words: every word is one step away, however long the text.

    Exact, by automatic differentiation of the last token's context vector.
    """
    n_words, emb_dim = vectors.shape
    with torch.inference_mode(mode=False):
        generator = torch.Generator().manual_seed(seed)
        W_query, W_key, W_value = torch.randn(3, emb_dim, state_dim, generator=generator) / sqrt(emb_dim)

        def contexts(x: Float[Tensor, "T emb_dim"]) -> Float[Tensor, "T state_dim"]:
            return attend(x @ W_query, x @ W_key, x @ W_value, later_keys(n_words, n_words))[2]

        words = standardised(vectors)
        jacobian = torch.autograd.functional.jacobian(lambda x: contexts(x)[-1], words)
        return Reach(contexts(words), jacobian.norm(dim=(0, 2)))


def alignment(states: Float[Tensor, "T state_dim"], *, seed: int = 123) -> Float[Tensor, "T T"]:
    """Bahdanau's attention: before each output, a small network scores every state, v·tanh(W·s + U·h); softmax.

    Rows are the decoder's states s (here the same network's, reading again), columns the states h it may look at.
    Source: Bahdanau et al. 2014, "Neural Machine Translation by Jointly Learning to Align and Translate", appendix A.
    """
    state_dim = states.shape[-1]
    generator = torch.Generator().manual_seed(seed)
    W, U = torch.randn(2, state_dim, state_dim, generator=generator) / sqrt(state_dim)
    v = torch.randn(state_dim, generator=generator)
    scores = torch.tanh((states @ W.T)[:, None, :] + (states @ U.T)[None, :, :]) @ v
    return scores.softmax(dim=-1)


def standardised(vectors: Float[Tensor, "T emb_dim"]) -> Float[Tensor, "T emb_dim"]:
    """All numbers divided by one: their root mean square becomes 1, so that any model's embeddings may be fed in."""
    return vectors / vectors.square().mean().sqrt().clamp(min=torch.finfo(vectors.dtype).tiny)
