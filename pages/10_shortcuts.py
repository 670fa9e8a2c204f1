"""Chapter 10: shortcuts add what a layer computed to what came in, so that gradients find their way back."""

import pandas as pd
import streamlit as st

from gpt_core.examples import book
from gpt_core.measure import gradients, stream
from pages import figures
from pages.experiments import shortcuts as experiments
from pages.figures import palette
from pages.ui import chapter
from pages.ui.components.chart import chart
from pages.ui.layout import columns, experiments_menu
from pages.ui.words import _, number, tiny

reading, chosen = chapter.current_text_and_choices()
plain, helped = experiments.book_networks()
layers = [_("layer {number}").format(number=layer) for layer in range(len(plain.mean_abs_gradients))]
deviation = float(max(abs(plain.mean_abs_gradients.numpy() / experiments.PRINTED - 1)))
summed = reading.once("everything added", work=lambda: stream.everything_added(reading.trace))
unexplained = float((summed - reading.trace.blocks[-1].resid_post).abs().max())

of_book, of_model = columns(1, 1)
with of_book:
    st.markdown(f"**{_('The book’s five layers')}**")
    chart(
        figures.bars(
            helped.mean_abs_gradients.numpy(),
            labels=layers,
            second=plain.mean_abs_gradients.numpy(),
            names=(_("with shortcuts"), _("without")),
            value_format=".2~g",
            axis_title=_("mean |gradient| of the weights"),
            label_axis="plain",
            colour=palette.VALUE,
            log=True,
        ),
        key="book_gradients",
        alt=_("The book’s five-layer network: gradients per layer, with shortcuts and without, on a logarithmic axis."),
        height=345,
    )
with of_model:
    experiments.own_gradients(reading)

chapter.tell(
    _("The book’s first layer gets a gradient of {plain} without shortcuts, {helped} with them: {times} times more."),
    plain=number(float(plain.mean_abs_gradients[0]), 6),
    helped=number(float(helped.mean_abs_gradients[0]), 4),
    times=number(round(float(helped.mean_abs_gradients[0] / plain.mean_abs_gradients[0]))),
)
experiments.tell_what_is_lost(reading)
chapter.check(
    deviation < 1e-5,
    _("The five gradients without shortcuts are those the book prints. Largest relative deviation: {n}.").format(
        n=tiny(deviation)
    ),
)
chapter.check(
    unexplained < 1e-3 * max(1.0, float(summed.abs().max())),
    _("The stream is a sum: embedding + all that was added = what leaves the last block. Deviation: {n}.").format(
        n=tiny(unexplained)
    ),
)
chapter.formula(
    r"x' = x + f(x) \qquad\Rightarrow\qquad \frac{\partial x'}{\partial x} = 1 + \frac{\partial f}{\partial x}"
)
experiments_menu(
    {
        _("The stream grows"): lambda: experiments.growth(reading, chosen),
        _("Cut them"): lambda: experiments.cut(reading),
        _("Gradients, token by token"): lambda: experiments.token_gradients(reading, chosen),
        _("The book’s network"): experiments.book_outputs,
    }
)
chapter.predict(lambda: experiments.reveal(reading, chosen))
chapter.code(book.deep_network, gradients.gradients_by_layer, gradients.without_shortcuts, stream.everything_added)
chapter.data(lambda: pd.DataFrame(experiments.table(reading)))
