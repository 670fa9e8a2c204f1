"""How alike are the tokens of this text? The cosine of every two."""

from torch import Tensor

from gpt_core import GPTTrace
from gpt_core.measure.embedding_space import cosine_table, most_alike
from pages import figures, show
from pages.figures import Axis, Cells, Scale
from pages.ui import choices
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("How alike are the tokens of this text?")


def token_cosines(trace: GPTTrace) -> Tensor:
    """The cosine of every pair of tokens of the text."""
    return cosine_table(trace.embedding.token)


def tell_most_alike(reading: Reading) -> None:
    """The two different tokens most alike, where the text has two that differ and have vectors of their own."""
    alike = reading.of(token_cosines)
    if pair := most_alike(alike, reading.ids, left_out=reading.rowless):
        one, other = (reading.tokens[position] for position in pair)
        sentence = _("The two different tokens most alike in this text: {one} and {other}, cosine {cosine:.3f}.")
        if reading.rowless:
            sentence = _("The two most alike of those with rows of their own: {one} and {other}, cosine {cosine:.3f}.")
        tell(sentence, one=one, other=other, cosine=float(alike[pair]))
    else:
        tell(_("This text does not hold two different tokens with vectors of their own: there is nothing to compare."))


def draw(reading: Reading, chosen: Choices) -> None:
    """All cosines as a picture, and the one of query and key."""
    say("cosines")
    alike, tokens = reading.of(token_cosines), Axis(reading.tokens, meaning="token")
    heatmap = figures.heatmap(
        alike.numpy(),
        tokens,
        tokens,
        scale=Scale("signed", limit=1.0),
        selected=(chosen.token, chosen.key),
        cells=Cells(".2f", shown=len(reading.ids) <= 9),
        square=True,
    )
    alt = _("The cosine of each pair of tokens: 1 is the same direction, 0 is unrelated.")
    show.chart("cosines", heatmap, alt, height=560, on_click=choices.choose_cell)
    tell(
        _("{one} and {other}: cosine {cosine:.3f}."),
        one=reading.tokens[chosen.token],
        other=reading.tokens[chosen.key],
        cosine=float(alike[chosen.token, chosen.key]),
    )
    tell_most_alike(reading)


def notebook(reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the notebook must know besides the choices: the tokens that have another's vector."""
    return {"rowless": reading.rowless}
