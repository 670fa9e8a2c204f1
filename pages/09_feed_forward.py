"""Chapter 9: each token, on its own, is widened fourfold, bent by GELU and narrowed again."""

import pandas as pd

from gpt_core.measure import neurons
from gpt_core.model import feed_forward
from pages import figures
from pages.experiments import feed_forward as experiments
from pages.figures import palette
from pages.ui import chapter
from pages.ui.components.chart import chart
from pages.ui.layout import columns, experiments_menu
from pages.ui.words import _, number

reading, chosen = chapter.current_text_and_choices()
network = reading.model.blocks[chosen.layer].ff
thought = reading.trace.blocks[chosen.layer].ff
pre, post = thought.pre[chosen.token], thought.post[chosen.token]
active = neurons.most_active(post, experiments.SHOWN)
below_zero = float((pre < 0).float().mean())
summed = reading.once(
    "neuron by neuron", chosen.layer, chosen.token, work=lambda: neurons.neuron_by_neuron(network, post)
)
deviation = float((summed - thought.out[chosen.token]).abs().max())

bent, strongest = columns(3, 2)
with bent:
    chart(
        experiments.bends(pre.numpy(), ("GELU (tanh)", "ReLU", "SiLU")),
        key="activations",
        alt=_("Curves of GELU, ReLU and SiLU; each dot is one neuron of the chosen token, on the curve of GELU."),
        height=experiments.HEIGHT,
    )
with strongest:
    chart(
        figures.bars(
            post[active].numpy(),
            labels=[_("neuron {number}").format(number=int(neuron)) for neuron in active],
            value_format=".2f",
            axis_title=_("activation after GELU"),
            label_axis="feed_forward",
            colour=palette.FEED_FORWARD,
        ),
        key="most_active",
        alt=_("The most active neurons of the chosen token, the most active first."),
        height=experiments.HEIGHT,
        on_click=experiments.choose_neuron,
    )
chapter.charts_first()

chapter.tell(
    _("Layer {layer}, token {token}: {n_in} numbers become {n_wide}; {below}% are negative, the highest is {top}."),
    layer=chosen.layer,
    token=reading.tokens[chosen.token],
    n_in=number(network.up.in_features),
    n_wide=number(network.up.out_features),
    below=number(100 * below_zero, 1),
    top=number(float(pre.max()), 2),
)
if beyond := experiments.outside(pre.numpy()):
    chapter.say("outside", n=number(beyond))
chapter.check(
    deviation < 1e-3,
    _("Added neuron by neuron, column × activation, plus the bias: the layer’s output. Largest deviation: {n}.").format(
        n=number(deviation, 4)
    ),
)
chapter.formula(r"\text{FF}(x) = W_{\text{down}}\;\text{GELU}(W_{\text{up}}\,x + b_{\text{up}}) + b_{\text{down}}")
experiments_menu(
    {
        _("What a neuron pushes"): lambda: experiments.pushes(reading, chosen),
        _("Slopes"): lambda: experiments.slopes(reading, chosen),
        _("Wide and narrow again"): lambda: experiments.wide_and_narrow(reading, chosen),
        _("Silent neurons"): lambda: experiments.silent(reading, chosen),
        _("tanh or erf?"): lambda: experiments.tanh_or_erf(reading, chosen),
    }
)
chapter.predict(lambda: experiments.reveal(reading, chosen))
chapter.code(feed_forward.FeedForward, feed_forward.gelu, neurons.neuron_by_neuron, neurons.direct_effects)
chapter.data(lambda: pd.DataFrame(experiments.table(reading, chosen)))
