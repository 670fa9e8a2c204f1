"""What the loss means: it is a mean, and here is what it is the mean of."""

from gpt_core.measure.text_loss import blind_loss
from pages import figures, show
from pages.figures import Axis, Beside, Measure
from pages.ui import history
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("What the loss means")


def draw(reading: Reading, _chosen: Choices) -> None:
    """The surprise of each token at the chosen snapshot, beside that of the finished model."""
    n_tokens, which = history.blind_guess(reading)
    say("loss", which=which, n=n_tokens, blind=blind_loss(n_tokens))
    if len(reading.ids) < 2:
        say("one_token")
        return
    snapshot = history.chosen_snapshot()
    then = history.loss_at(snapshot, reading)
    now = history.loss_at(history.finished(), reading)
    tokens = reading.tokens[1 : len(then.surprises) + 1]
    bars = figures.bars(
        then.surprises.numpy(),
        Axis(tokens, _("token"), "token"),
        measure=Measure(_("surprise in nats"), ".1f"),
        beside=Beside(now.surprises.numpy(), (history.name_of(snapshot), _("finished"))) if snapshot else None,
        horizontal=False,
    )
    alt = _("The surprise of each token after the first, in nats; the loss is their mean.")
    show.chart("learning_surprises", bars, alt, height=360)
    hardest = int(then.surprises.argmax())
    if snapshot:
        mean = _("The mean of the blue bars is the loss, {loss:.3f} nats; e to the {loss:.3f} is {among:.1f}.")
    else:
        mean = _("Their mean is the loss, {loss:.3f} nats; e to the {loss:.3f} is {among:.1f}.")
    sentences = mean + " " + _("Most surprising: {token}, {most:.2f} nats.")
    most = float(then.surprises[hardest])
    tell(sentences, loss=then.loss, among=then.perplexity, token=tokens[hardest], most=most)
    if snapshot:
        history.tell_rows_kept()
