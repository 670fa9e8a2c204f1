"""Any token that the reader types, through the lens: its rank and its probability at every station."""

import pandas as pd
from torch import Tensor

from gpt_core import GPT, GPTTrace
from gpt_core.measure import by_torch, prediction
from gpt_core.measure.prediction import Depth
from pages import figures, show
from pages.experiments.forward_pass.predictions import station_names
from pages.figures import Axis, Measure
from pages.services.reading import tokenizer
from pages.ui import session
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.layout import text_box
from pages.ui.words import N_, _

TITLE = N_("Follow any token")

TYPED, LONGEST = "forward_typed", 40  # characters


def through_depth(model: GPT, trace: GPTTrace, id: int, position: int) -> Depth:
    """How one token fares at every station."""
    return prediction.through_depth(model, trace, trace.ids.new_tensor([id]), position=position)


def at_the_end(model: GPT, ids: Tensor, position: int) -> Tensor:
    """What PyTorch's own functions give every token to come after `position`."""
    return by_torch.next_probs(model, by_torch.final_vectors(model, ids)[position])


def typed() -> str:
    """What stands in the box, or would at first."""
    return session.get(TYPED) or _(" king")


def draw(reading: Reading, chosen: Choices) -> None:
    """The rank of the typed token as the stream goes through the layers, and in a sentence where it begins and ends."""
    say("followed")
    text_box(_("Token to follow; mind the space before it"), _(" king"), key=TYPED, most=LONGEST)
    id = tokenizer().encode(typed())[0]
    depth = reading.of(through_depth, id=id, position=chosen.token)
    ranks, probs = depth.ranks[:, 0], depth.probs[:, 0]
    picture = figures.ranks_by_depth(
        ranks.numpy(),
        names=(_("embedding"), _("attention"), _("feed-forward")),
        x_title=_("block"),
        y_title=_("rank of the candidate"),
    )
    alt = _("The rank of the typed token after the embedding, each attention and each feed-forward.")
    show.chart("forward_followed", picture, alt, height=330)
    if not chosen.present:  # on the wall the picture needs the room
        measure = Measure(_("probability"), ".0e" if probs.max() < 0.01 else ".1%", log=bool(probs.max() < 0.01))
        bars = figures.bars(probs.numpy(), Axis(station_names(reading)), measure=measure)
        show.chart("forward_followed_probs", bars, _("Its probability at the same stations."))
    best = int(ranks.argmin())
    tell(
        _(
            "{token} after {before}: rank {first:,} at the embedding, {last:,} at the end, with {prob:.2%}. It stands "
            "highest after “{station}”, at rank {best:,} of {all:,}."
        ),
        token=tokenizer().token(id),
        before=reading.tokens[chosen.token],
        first=int(ranks[0]),
        last=int(ranks[-1]),
        prob=float(probs[-1]),
        station=station_names(reading)[best],
        best=int(ranks[best]),
        all=reading.card.config.vocab_size,
    )
    again = float(reading.of(at_the_end, position=chosen.token)[id])
    off = abs(float(probs[-1]) / again - 1) if again else float(probs[-1])
    sentence = _("PyTorch’s own functions, from the weights alone, give it the same at the end: off by {n:tiny} of it.")
    check(off < 1e-2, sentence, n=off)


def answer(reading: Reading, chosen: Choices) -> None:
    """Where the model's first choice comes first and stays so."""
    best = int(reading.trace.logits_at(chosen.token).argmax())
    ranks = reading.of(through_depth, id=best, position=chosen.token).ranks[:, 0].tolist()
    settled = next((i for i in range(len(ranks)) if all(rank == 1 for rank in ranks[i:])), len(ranks) - 1)
    sentence = _("{token}, the model’s first choice, is first after “{station}” and stays so.")
    tell(sentence, token=tokenizer().token(best), station=station_names(reading)[settled])


CODE = (prediction.through_depth,)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """Rank and probability of the typed token at each station."""
    depth = reading.of(through_depth, id=tokenizer().encode(typed())[0], position=chosen.token)
    return pd.DataFrame(
        {
            _("station"): station_names(reading),
            _("rank"): depth.ranks[:, 0].numpy(),
            _("probability"): depth.probs[:, 0].numpy(),
        }
    )
