"""Bahdanau's alignment: weights of an untrained scorer over the untrained network's states."""

from torch import Tensor

from gpt_core import GPTTrace
from gpt_core.examples import recurrent
from pages import show
from pages.experiments.why_attention import network
from pages.figures import Cells, Scale
from pages.ui.chapter import Choices, Reading, check, formula, say, tell
from pages.ui.words import N_, _

TITLE = N_("Bahdanau’s alignment")


def alignment(trace: GPTTrace, strength: float, seed: int) -> Tensor:
    """How much each output looks at each state of the network [output, state]."""
    return recurrent.alignment(network.recurrent_reach(trace, strength, seed).states, seed=seed)


def pair_by_pair(trace: GPTTrace, strength: float, seed: int) -> Tensor:
    """The same, each pair on its own and in double precision."""
    return recurrent.alignment_pair_by_pair(network.recurrent_reach(trace, strength, seed).states, seed=seed)


def draw(reading: Reading, _chosen: Choices) -> None:
    """The weights, how even they are, and the check that each pair alone gives the same."""
    say("alignment")
    formula(r"e_{ij} = v^\top \tanh(W s_i + U h_j), \qquad \alpha_{ij} = \text{softmax}_j(e_{ij})")
    weights, tokens = reading.of(alignment, **network.settings()).numpy(), reading.tokens
    largest = float(weights.max())
    show.attention(
        "alignment",
        weights,
        tokens,
        _("Bahdanau’s alignment weights: each row is an output, each column a state of the encoder."),
        scale=Scale("probability", limit=largest),
        titles=(_("output"), _("state it looks at")),
        cells=Cells(".2f", shown=len(tokens) <= 9),
    )
    even = 1 / len(tokens)
    tell(_("The largest weight is {largest:.1%}; an even share would be {even:.1%}."), largest=largest, even=even)
    deviation = float(abs(weights - reading.of(pair_by_pair, **network.settings()).numpy()).max())
    sentence = _(
        "Each pair on its own, s and h end to end through [W U], gives the same weights: the largest deviation is "
        "{deviation:tiny}."
    )
    check(deviation < 1e-5, sentence, deviation=deviation)
