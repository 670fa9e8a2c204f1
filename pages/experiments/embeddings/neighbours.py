"""The tokens of the vocabulary whose vectors are most like one token's."""

from gpt_core.measure.embedding_space import Neighbours, nearest
from pages.ui.chapter import Reading


def nearest_tokens(reading: Reading, id: int, n: int = 10) -> Neighbours:
    """The nearest tokens in the vocabulary, of those that have a row of their own."""
    return nearest(reading.model.embedding.tok_emb.weight, id, n=n, among=reading.met)
