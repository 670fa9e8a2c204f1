"""The tokens of the vocabulary whose vectors are most like one token's."""

from torch import Tensor

from gpt_core.measure.embedding_space import Neighbours, nearest
from gpt_core.weights.catalogue import bundled_file
from gpt_core.weights.packing import tokens_trained
from pages.ui.chapter import Reading


def trained_ids(reading: Reading) -> Tensor | None:
    """Ids of the tokens that training met, where the model's file says so: the others share few rows."""
    path = bundled_file(reading.card)
    return tokens_trained(path) if path else None


def nearest_tokens(reading: Reading, id: int, n: int = 10) -> Neighbours:
    """The nearest tokens in the vocabulary, of those that have a row of their own."""
    return nearest(reading.model.embedding.tok_emb.weight, id, n=n, among=reading.of(trained_ids))
