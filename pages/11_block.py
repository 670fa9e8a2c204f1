"""Chapter 11: the block, its wiring with real sizes, and the sum that keeps the stream's shape."""

import pandas as pd

from gpt_core.measure import stream
from gpt_core.model import block as core
from pages import figures
from pages.experiments import block as experiments
from pages.ui import chapter
from pages.ui.components.chart import chart
from pages.ui.layout import experiments_menu
from pages.ui.words import _, number, tiny

reading, chosen = chapter.current_text_and_choices()
block = reading.trace.blocks[chosen.layer]
at = chosen.token
before, attended, thought, after = (
    vector[at].numpy() for vector in (block.resid_pre, block.att.out, block.ff.out, block.resid_post)
)
deviation = float(abs(before + attended + thought - after).max())

chart(
    figures.wiring(
        experiments.stations(reading, chosen), shortcut=_("shortcut"), selected=experiments.selected_station()
    ),
    key="wiring",
    alt=_("The wiring of a block: the stream runs along the bottom, attention and feed-forward read it and add to it."),
    height=400,
    on_click=experiments.choose_station,
)
chapter.charts_first()
chapter.tell(
    _("Block {layer}, {token}: length {before}; attention adds {attended}, feed-forward {thought}; {after} leaves."),
    layer=chosen.layer,
    token=reading.tokens[at],
    before=number(experiments.length(before), 2),
    attended=number(experiments.length(attended), 2),
    thought=number(experiments.length(thought), 2),
    after=number(experiments.length(after), 2),
)
chapter.check(
    deviation < 1e-4 * max(1.0, float(abs(after).max())),
    _("x + attention + feed-forward = x′, number by number. Largest deviation: {n}.").format(n=tiny(deviation)),
)
chapter.formula(
    r"x_{\text{mid}} = x + \text{Attention}(\text{LayerNorm}_1(x)) \qquad "
    r"x' = x_{\text{mid}} + \text{FF}(\text{LayerNorm}_2(x_{\text{mid}}))"
)
chapter.say("shape")
experiments_menu({name: lambda show=show: show(reading, chosen) for name, show in experiments.menu().items()})
chapter.predict(lambda: experiments.reveal(reading, chosen))
chapter.code(core.Block, stream.movement)
chapter.data(lambda: pd.DataFrame(experiments.table(reading, chosen)))
