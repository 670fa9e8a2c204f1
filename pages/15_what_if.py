"""Chapter 15: what if a part were missing? Before → after, on the reader's own text."""

import pandas as pd
import streamlit as st

from gpt_core import Intervention
from gpt_core.measure import ablation
from gpt_core.model.block import Block
from pages.experiments import before_after, candidates
from pages.experiments import what_if as experiments
from pages.figures import visible
from pages.ui import chapter
from pages.ui.layout import columns, experiments_menu
from pages.ui.words import _, tiny

reading, chosen = chapter.current_text_and_choices()
change = experiments.switched_off(reading.card.config)
switches, bars = columns(2, 3)
changed = reading.changed(change)
runs = (_("as it is"), reading, reading.trace), (_("changed"), reading, changed)
with bars:
    if not change:
        st.info(_("Nothing is switched off: pick something at the left."))
    both = before_after.next_token(*runs, change=change, n=6)
tokens = candidates.pieces(both.ids)

deviation = experiments.untouched(reading, change)
chapter.check(
    deviation == 0,
    _("Read again with nothing off, the model says what it said before: its logits differ by {n}.").format(
        n=tiny(deviation)
    ),
)
chapter.say("honest")
experiments_menu(
    {
        _("Attention, before and after"): lambda: experiments.attention(*runs, change, chosen),
        _("Each head in turn"): lambda: experiments.each_head(reading, chosen, both.ids, tokens),
        _("Each part in turn"): lambda: experiments.each_part(reading, both.ids, tokens),
        _("Patching"): lambda: experiments.patching(reading, chosen),
    }
)
chapter.charts_first()
with switches:
    experiments.draw_switches(reading.card.config)
chapter.predict(lambda: experiments.answer(reading))
chapter.code(Intervention, Block.trace, ablation.head_effects, ablation.moved_over)
chapter.data(
    lambda: pd.DataFrame(
        {
            _("token"): [visible(token) for token in tokens],
            _("as it is"): both.before.tolist(),
            _("changed"): both.after.tolist(),
        }
    )
)
