"""Chapter 14: choosing the next token, again and again."""

import pandas as pd

from gpt_core.generation.generate import generate
from gpt_core.generation.sampling import apply_temperature, top_k_top_p_mask
from gpt_core.measure.distribution import by_rank, draw_many, drawn
from pages import figures
from pages.experiments import candidates
from pages.experiments import generation as experiments
from pages.ui import chapter
from pages.ui.components.chart import chart
from pages.ui.layout import columns, experiments_menu
from pages.ui.words import _, tiny

reading, _chosen = chapter.current_text_and_choices()
story = experiments.current(reading)
experiments.show_text(reading, story)
bars, controls = columns(5, 3)
with controls:
    settings = experiments.draw_settings(reading)
    moment = experiments.moment(reading, story, settings)
    experiments.draw_buttons(reading, story, moment, settings)
tokens = candidates.pieces(moment.ids)
with bars:
    chart(
        figures.bars(
            moment.steps.final[moment.ids].numpy(),
            second=moment.steps.probs[moment.ids].numpy(),
            names=(_("what the die uses"), _("the model’s own")),
            labels=tokens,
            faded=(moment.steps.final[moment.ids] == 0).numpy(),
            highlighted=moment.place_of_draw,
            axis_title=_("probability"),
        ),
        key="generation_bars",
        alt=_("The likeliest next tokens: their probability before and after temperature, top-k and top-p."),
        height=385,
        on_click=lambda click: experiments.go(story, [*story.path, int(moment.ids[round(float(click.y))])]),
    )
chapter.charts_first()

experiments.tell_why(moment)
experiments.show_whole(reading, story)
experiments.tell_cuts(moment, settings)
deviation = abs(float(moment.steps.final.double().sum()) - 1)
chapter.check(
    deviation < 1e-4,
    _("What is left after the cuts sums to 1 again: the deviation is {deviation}.").format(deviation=tiny(deviation)),
)
kept_ones = _("kept")
chapter.formula(rf"p_i = \frac{{e^{{z_i / \tau}}}}{{\sum_{{j \,\text{{{kept_ones}}}}} e^{{z_j / \tau}}}}")
experiments_menu(
    {
        _("Draw 100 times"): lambda: experiments.hundred_draws(moment, settings),
        _("The whole vocabulary"): lambda: experiments.whole_vocabulary(moment),
        _("Branches"): lambda: experiments.branches(story),
        _("Key/value cache"): lambda: experiments.cache(reading),
        _("Random against trained"): lambda: experiments.random_against_trained(reading, settings),
        _("The book’s nine words"): lambda: experiments.nine_words(settings),
    }
)
chapter.predict(lambda: experiments.answer(reading))
chapter.code(generate, apply_temperature, top_k_top_p_mask, by_rank, drawn, draw_many)
chapter.data(lambda: pd.DataFrame(experiments.rows(moment, tokens)))
