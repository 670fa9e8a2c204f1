"""Who wrote this logit: the logit of the candidate that is followed as a sum over the parts of the model."""

from gpt_core.measure import lens
from pages import show
from pages.experiments.forward_pass.predictions import here
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.words import N_, _

TITLE = N_("Who wrote this logit")


def draw(reading: Reading, chosen: Choices) -> None:
    """What each part of each layer adds, and that all of it is the logit."""
    say("parts")
    prediction, tokens, followed = here(reading, chosen)
    parts = reading.of(lens.contributions, token=int(prediction.ids[followed]), position=chosen.token)
    alt = _("What each head, bias and feed-forward adds to the candidate’s logit: a row for each layer.")
    show.decomposition("forward_parts", parts, alt)
    sentence = _(
        "{token}: {embedding:.3f} from the embedding, {blocks:.3f} from the blocks, {shift:.3f} from the final "
        "norm’s shift."
    )
    embedding, shift = float(parts.embedding), float(parts.final_shift)
    blocks = float(parts.heads.sum() + parts.attention_bias.sum() + parts.feed_forward.sum())
    tell(sentence, token=tokens[followed], embedding=embedding, blocks=blocks, shift=shift)
    logit = float(prediction.logits[followed])
    deviation = float(parts.total) - logit
    sums = _("The parts sum to the logit, {logit:.3f}: the deviation is {deviation:tiny}.")
    check(abs(deviation) < 1e-3 * max(abs(logit), 1.0), sums, logit=logit, deviation=deviation)
