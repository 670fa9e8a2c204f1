"""This model's gradients on the reader's text, as it is and with every shortcut cut."""

from torch import Tensor

from gpt_core import GPT
from gpt_core.measure.gradients import StreamGradients, gradients_by_layer, without_shortcuts
from pages.ui.chapter import Reading, inform
from pages.ui.words import _


def with_all_cut(model: GPT, ids: Tensor) -> StreamGradients:
    """Gradients of the model without any shortcut."""
    return gradients_by_layer(model, ids, without_shortcuts(model.config.n_layers))


def both_gradients(reading: Reading) -> tuple[StreamGradients, StreamGradients]:
    """With shortcuts, and without."""
    return reading.of(gradients_by_layer), reading.of(with_all_cut)


def stations(reading: Reading) -> list[str]:
    """Where the stream was measured: as it enters the first block, and after each block."""
    after = [_("after block {number}").format(number=layer) for layer in range(reading.card.config.n_layers)]
    return [_("embedding"), *after]


def enough_tokens(reading: Reading) -> bool:
    """A gradient needs a next token to be surprised at; says so where there is none."""
    if len(reading.ids) < 2:
        inform(_("This text is a single token: there is no next one to be surprised at, so no gradient. Type more."))
    return len(reading.ids) >= 2
