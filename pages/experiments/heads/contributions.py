"""Who made the logit: what each head, feed-forward and the rest added directly to one logit."""

from gpt_core.measure import lens
from gpt_core.measure.prediction import predicted
from gpt_core.model.trace import GPTTrace
from pages import figures, show
from pages.figures import Axis, Measure, Scale, palette, visible
from pages.services.reading import tokenizer
from pages.ui.chapter import Choices, Reading, check, say
from pages.ui.layout import choose, columns
from pages.ui.words import N_, _

TITLE = N_("Who made the logit")

HEIGHT = 360


def likeliest(trace: GPTTrace, position: int) -> list[int]:
    """Ids of the five likeliest tokens after `position`."""
    return predicted(trace.logits_at(position), n=5).ids.tolist()


def draw(reading: Reading, chosen: Choices) -> None:
    """One logit as a sum: heads on the left, all else on the right."""
    say("contributions")
    position = chosen.token
    token = _choose_token(reading, position)
    parts = reading.of(lens.contributions, token=token, position=position)
    by_head, others = columns(5, 6)
    with by_head:
        show.by_layer_and_head(
            "contributions",
            parts.heads.numpy(),
            _("What each head adds to the logit: a row for each layer, a column for each head."),
            scale=Scale("signed"),
            selected=(chosen.layer, chosen.head),
            numbers=parts.heads.shape[1] <= 8,
            height=HEIGHT,
        )
    sums = {
        _("embedding"): parts.embedding,
        _("all heads"): parts.heads.sum(),
        _("attention biases"): parts.attention_bias.sum(),
        **{f"{_('feed-forward')} {layer}": share for layer, share in enumerate(parts.feed_forward)},
        _("final shift"): parts.final_shift,
    }
    bars = figures.bars(
        [float(share) for share in sums.values()],
        Axis(list(sums), meaning="feed_forward"),
        measure=Measure(format=".2f"),
        colour=palette.FEED_FORWARD,
    )
    with others:
        alt = _("What the embedding, all heads together, the feed-forwards and the rest add to the logit.")
        show.chart("other_contributions", bars, alt, height=HEIGHT)
    logit = float(reading.trace.logits_at(position)[token])
    total = float(parts.total)
    check(
        abs(total - logit) < 1e-3 * max(1.0, abs(logit)),
        _("All parts add up to {total:.3f}; the model’s logit is {logit:.3f}. They differ by {deviation:tiny}."),
        total=total,
        logit=logit,
        deviation=total - logit,
    )


def _choose_token(reading: Reading, position: int) -> int:
    """The token whose logit is taken apart: one of the likeliest, or the one that follows in the text."""
    ids = list(reading.of(likeliest, position=position))
    names = [f"{rank}. {visible(tokenizer().token(id))}" for rank, id in enumerate(ids, 1)]
    if position + 1 < len(reading.ids):
        ids.append(reading.ids[position + 1])
        names.append(_("in the text: {token}").format(token=visible(tokenizer().token(ids[-1]))))
    return ids[choose(_("Logit of"), range(len(ids)), format_func=names.__getitem__, key="heads_logit")]
