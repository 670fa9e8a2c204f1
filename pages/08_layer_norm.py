"""Chapter 8: before each sub-layer, every token's vector is brought to mean 0 and variance 1."""

import pandas as pd

from gpt_core.measure.spread import variance_after
from gpt_core.model import layer_norm
from pages.experiments import layer_norm as experiments
from pages.ui import chapter
from pages.ui.layout import columns, experiments_menu
from pages.ui.words import _, number, tiny

reading, chosen = chapter.current_text_and_choices()
norm = experiments.pick(reading, chosen.layer)

tokens, values = columns(4, 3)
with tokens:
    experiments.mean_and_variance(reading, norm, token=chosen.token)
with values:
    experiments.distribution(norm, token=chosen.token)
chapter.charts_first()

traced, place = norm.trace, chosen.token
after = traced.normalised.var(dim=-1, correction=0, keepdim=True)
chapter.tell(
    _("{token}: mean {mean} and variance {variance} before; mean {mean_after} and variance {variance_after} after."),
    token=reading.tokens[place],
    mean=number(float(traced.mean[place]), 3),
    variance=number(float(traced.variance[place]), 3),
    mean_after=number(round(abs(float(traced.normalised[place].mean())), 3), 3),
    variance_after=number(float(after[place]), 4),
)
off_mean = float(traced.normalised.mean(dim=-1).abs().max())
off_variance = float((after - variance_after(traced.variance, layer_norm.EPS)).abs().max())
off_out = float((traced.normalised * norm.part.scale + norm.part.shift - traced.out).abs().max())
chapter.check(
    off_mean < 1e-4 and off_variance < 1e-4 and off_out == 0,
    _(
        "Every token: mean 0 (off by at most {mean}), variance v ÷ (v + ε) to within {variance}, so all but 1, "
        "and normalised × scale + shift = output (off by {out})."
    ).format(
        mean=tiny(off_mean),
        variance=tiny(off_variance),
        out=tiny(off_out),
    ),
)
chapter.formula(
    rf"\text{{{_('out')}}} = \frac{{x - \mu}}{{\sqrt{{\sigma^2 + \varepsilon}}}} \cdot "
    rf"\text{{{_('scale')}}} + \text{{{_('shift')}}}, \qquad "
    r"\mu = \frac{1}{n}\sum_i x_i, \quad \sigma^2 = \frac{1}{n}\sum_i (x_i - \mu)^2, \quad \varepsilon = 10^{-5}"
)
experiments_menu(
    {
        _("Skip it"): lambda: experiments.skip(reading, chosen, norm),
        _("Through all layers"): lambda: experiments.through_layers(reading, chosen),
        _("Scale and shift"): lambda: experiments.scale_and_shift(norm, token=place),
        _("Biased or unbiased, and ε"): lambda: experiments.two_variances(norm, token=place),
        _("The book’s example"): experiments.book_example,
    }
)
chapter.predict(lambda: experiments.widest(reading, norm))
chapter.code(layer_norm.LayerNorm)
chapter.data(
    lambda: pd.DataFrame(
        {
            _("token"): chapter.labels(reading),
            _("mean before"): traced.mean[:, 0].numpy(),
            _("variance before"): traced.variance[:, 0].numpy(),
            _("mean after"): traced.normalised.mean(dim=-1).numpy(),
            _("variance after"): after[:, 0].numpy(),
        }
    )
)
