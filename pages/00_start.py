"""Start: from a text to its next word, as one map of the road."""

import pandas as pd

from gpt_core import GPT
from gpt_core.model.trace import GPTTrace
from pages.experiments import start as experiments
from pages.figures import visible
from pages.ui import chapter
from pages.ui.components import road_map
from pages.ui.layout import experiments_menu
from pages.ui.words import _, number, tiny

reading, chosen = chapter.current_text_and_choices()
road_map.draw(
    experiments.road(reading, chosen),
    key="road",
    label=_("The road from text to next word; each station opens a chapter."),
)

if reading:
    chances = experiments.next_chances(reading)
    best = chances.topk(10)
    chapter.tell(
        _("After {last} the model puts {best} first, with {percent}%. Any other of its {n} tokens is possible too."),
        last=reading.tokens[-1],
        best=experiments.piece(best.indices[0]),
        percent=number(100 * float(best.values[0]), 1),
        n=number(len(chances)),
    )
    deviation = abs(float(chances.double().sum()) - 1)
    chapter.check(
        deviation < 1e-4,
        _("The probabilities of all {n} tokens sum to 1; the deviation is {deviation}.").format(
            n=number(len(chances)), deviation=tiny(deviation)
        ),
    )
chapter.formula(r"p\,(t_{n+1} \mid t_1, t_2, \dots, t_n)")
experiments_menu(
    {
        _("Pre-training, then fine-tuning"): lambda: experiments.two_stages(reading),
        _("What GPT-3 read"): experiments.what_gpt3_read,
        _("What it is for, and why build one"): lambda: chapter.say("uses"),
    }
)
if reading:
    chapter.predict(lambda: experiments.reveal(reading))
chapter.code(GPT.trace, GPTTrace)
if reading:
    chapter.data(
        lambda: pd.DataFrame(
            {
                _("next token"): [visible(experiments.piece(id)) for id in best.indices],
                _("id"): best.indices.numpy(),
                _("probability"): best.values.numpy(),
            }
        )
    )
