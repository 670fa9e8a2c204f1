"""Chapter 13: from the stream to a probability for every token of the vocabulary."""

import pandas as pd

from gpt_core.measure import lens, prediction
from pages import figures
from pages.experiments import candidates
from pages.experiments import forward_pass as experiments
from pages.experiments.candidates import percent
from pages.ui import chapter
from pages.ui.components.chart import chart
from pages.ui.layout import columns, experiments_menu
from pages.ui.words import _, number, tiny

reading, chosen = chapter.current_text_and_choices()
following = reading.ids[chosen.token + 1 : chosen.token + 2]
here = experiments.prediction_at(reading, chosen.token)
tokens = candidates.pieces(here.ids)
all_bars, followed = columns(5, 6)
with followed:
    place = candidates.choose(tokens, key="forward_candidate")
    depth = experiments.depth_of(reading, chosen.token)
    experiments.rank_by_depth(depth, place)
with all_bars:
    chart(
        figures.bars(
            [*here.probs.numpy(), here.rest],
            labels=[*tokens, _("{n} others").format(n=number(here.vocab_size - len(tokens)))],
            highlighted=place,
            value_format=experiments.share_format(here.probs.numpy()),
            axis_title=_("probability"),
        ),
        key="forward_bars",
        alt=_("The likeliest next tokens with their probabilities, and what all others share."),
        height=380,
        on_click=candidates.by_click(tokens, key="forward_candidate"),
    )
chapter.charts_first()

chapter.tell(
    _("After {token}, the candidate {candidate} has {share}: rank {rank} of {all}."),
    token=reading.tokens[chosen.token],
    candidate=tokens[place],
    share=percent(float(here.probs[place])),
    rank=number(int(here.ranks[place])),
    all=number(here.vocab_size),
)
if following:
    chapter.tell(_("In the text, {token} comes next."), token=reading.tokens[chosen.token + 1])
chapter.check(
    abs(here.total - 1) < 1e-4,
    _("All {n} probabilities sum to 1: the deviation is {deviation}.").format(
        n=number(here.vocab_size), deviation=tiny(here.total - 1)
    ),
)
deviation = experiments.lens_deviation(reading, chosen.token)
chapter.check(
    deviation < 1e-3,
    _("The lens at the last station equals the output of a model that read no further: within {deviation}.").format(
        deviation=tiny(deviation)
    ),
)
chapter.formula(experiments.worked_formula(here, place))
experiments_menu(
    {
        _("From logit to probability"): lambda: experiments.worked(here, tokens, place),
        _("The whole vocabulary"): lambda: experiments.vocabulary(reading, chosen.token),
        _("The lens here"): lambda: experiments.lens_here(reading, chosen.token, depth),
        _("The lens everywhere"): lambda: experiments.lens_everywhere(reading, chosen),
        _("Surprise"): lambda: experiments.surprise(reading, chosen.token),
        _("Who wrote this logit"): lambda: experiments.parts(
            reading, chosen.token, int(here.ids[place]), tokens[place]
        ),
        _("Another text or model"): lambda: experiments.two_predictions(reading),
        _("The book’s example"): lambda: experiments.book_example(reading),
    }
)
chapter.predict(lambda: experiments.answer(reading))
chapter.code(prediction.predicted, lens.logit_lens, prediction.through_depth, lens.contributions, lens.surprise)
chapter.data(lambda: pd.DataFrame(experiments.candidate_rows(here, tokens)))
