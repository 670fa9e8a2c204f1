"""Chapter 8: before each sub-layer, every token's vector is brought to mean 0 and variance 1."""

import pandas as pd
from torch import Tensor

from gpt_core.measure import by_torch
from gpt_core.model import layer_norm
from gpt_core.model.trace import LayerNormTrace
from pages import figures, show
from pages.experiments.layer_norm import norms
from pages.experiments.layer_norm.norms import chosen_norm
from pages.figures import Axis
from pages.figures.palette import ATTENTION, PLAIN
from pages.services.classes.question import Choice
from pages.ui import chapter, choices, guess, session, sums
from pages.ui.chapter import Choices, Reading, check, tell
from pages.ui.story import beside, charts_first
from pages.ui.sums import Sum
from pages.ui.words import _

HEIGHT = 404  # of the charts at the top: so they end in sight at 1280 × 720
BINS = 32
EPSILON = 1e-5  # as the formula below the check has it


def which_norm(_reading: Reading, _chosen: Choices) -> None:
    """The choice among the norms of the layer in focus and the final one."""
    norms.choose()


def variances_after(trace: LayerNormTrace) -> Tensor:
    """Each token's variance after normalising, by the numbers themselves, [token, 1]."""
    return trace.normalised.var(dim=-1, correction=0, keepdim=True)


def mean_and_variance(reading: Reading, chosen: Choices) -> None:
    """Both measures of every token, before and after normalising."""
    trace = chosen_norm(reading, chosen.layer).trace
    dots = figures.dots(
        {
            _("mean"): {
                _("before"): trace.mean[:, 0].numpy(),
                _("after"): trace.normalised.mean(dim=-1).numpy(),
            },
            _("variance"): {
                _("before"): trace.variance[:, 0].numpy(),
                _("after"): variances_after(trace)[:, 0].numpy(),
            },
        },
        Axis(reading.tokens, meaning="token"),
        highlighted=chosen.token,
        logarithmic=[_("variance")],
        colours={_("before"): PLAIN, _("after"): ATTENTION},
    )
    alt = _("A row for each token: its vector’s mean and its variance, before normalising and after.")
    show.chart("layer_norm_measures", dots, alt, height=HEIGHT, on_click=choices.choose_token)


def numbers_of_one_token(reading: Reading, chosen: Choices) -> None:
    """Where the numbers of one token's vector lie, before and after: the same shape over two rulers."""
    norm = chosen_norm(reading, chosen.layer)
    before, after = norm.values[chosen.token], norm.trace.normalised[chosen.token].numpy()
    for key, name, values, colour in (
        ("before", _("its numbers before"), before, PLAIN),
        ("after", _("its numbers after"), after, ATTENTION),
    ):
        mean, deviation = float(values.mean()), float(values.std())
        marks = {"−σ": mean - deviation, "μ": mean, "+σ": mean + deviation}
        histogram = figures.histogram(
            values, bins=BINS, x_title=name, y_title=_("how many"), colour=colour, marks=marks
        )
        alt = _("Histogram. {name}. Dotted lines: the mean, and one standard deviation on either side.")
        height = (HEIGHT - 11) // 2  # the gap between two charts
        show.chart(f"layer_norm_{key}", histogram, alt.format(name=name), height=height)


def one_token(reading: Reading, chosen: Choices) -> None:
    """The chosen token's mean and variance in words."""
    trace, token = chosen_norm(reading, chosen.layer).trace, chosen.token
    tell(
        _(
            "{token}: mean {mean:.3f} and variance {variance:.3f} before; mean {mean_after:.3f} and variance "
            "{variance_after:.4f} after."
        ),
        token=reading.tokens[token],
        mean=float(trace.mean[token]),
        variance=float(trace.variance[token]),
        mean_after=round(abs(float(trace.normalised[token].mean())), 3),
        variance_after=float(variances_after(trace)[token]),
    )


def normalised(reading: Reading, chosen: Choices) -> None:
    """The check: mean 0, variance v ÷ (v + ε), and PyTorch's own layer norm gives the output."""
    norm = chosen_norm(reading, chosen.layer)
    trace, before = norm.trace, norm.values.astype("float64").var(axis=-1, keepdims=True)
    off_mean = float(trace.normalised.mean(dim=-1).abs().max())
    off_variance = float(abs(variances_after(trace).numpy() - before / (before + EPSILON)).max())
    off_out = float((by_torch.layer_norm(norm.part, trace.out.new_tensor(norm.values)) - trace.out).abs().max())
    check(
        off_mean < 1e-4 and off_variance < 1e-4 and off_out < 1e-4 * max(1.0, float(trace.out.abs().max())),
        _(
            "Every token: mean 0 (off by at most {mean:tiny}), variance v ÷ (v + ε), where v is the variance before "
            "and ε = 10⁻⁵ (off by {variance:tiny}), and the output is that of PyTorch’s own layer_norm (off by "
            "{out:tiny})."
        ),
        mean=off_mean,
        variance=off_variance,
        out=off_out,
    )


def formula(_reading: Reading, _chosen: Choices) -> None:
    """What a layer norm computes."""
    chapter.formula(
        rf"\text{{{_('out')}}} = \frac{{x - \mu}}{{\sqrt{{\sigma^2 + \varepsilon}}}} \cdot "
        rf"\text{{{_('scale')}}} + \text{{{_('shift')}}}, \quad "
        r"\mu = \frac{1}{n}\sum_i x_i, \; \sigma^2 = \frac{1}{n}\sum_i (x_i - \mu)^2, \; \varepsilon = 10^{-5}"
    )


STORY = (
    which_norm,
    beside((4, mean_and_variance), (3, numbers_of_one_token)),
    charts_first,
    one_token,
    normalised,
    formula,
)


def guesses(reading: Reading, chosen: Choices) -> list[Choice]:
    """The token with the largest variance before this norm, and those with less."""
    variances = chosen_norm(reading, chosen.layer).trace.variance[:, 0]
    return guess.positions(reading, variances.argsort(descending=True).tolist())


def answer(reading: Reading, chosen: Choices) -> None:
    """The tokens with the largest and the smallest variance before this norm, and what is left of the difference."""
    trace = chosen_norm(reading, chosen.layer).trace
    variances = trace.variance[:, 0]
    largest, smallest = int(variances.argmax()), int(variances.argmin())
    if largest == smallest:
        sentence = _("{largest}: {most:.3f} before the norm, {most_after:.4f} after it.")
    else:
        sentence = _(
            "Largest: {largest}, token {place}, with {most:.3f}. Smallest: {smallest}, with {least:.3f}. After the "
            "norm they have v ÷ (v + ε): {most_after:.4f} and {least_after:.4f}."
        )
    tell(
        sentence,
        largest=reading.tokens[largest],
        place=largest,
        most=float(variances[largest]),
        smallest=reading.tokens[smallest],
        least=float(variances[smallest]),
        most_after=float(variances_after(trace)[largest]),
        least_after=float(variances_after(trace)[smallest]),
    )


def notebook(_reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the chapter's notebook must know besides the choices."""
    return {"which": session.get(norms.WHICH, "norm1")}


def exercise(reading: Reading, chosen: Choices) -> Sum | None:
    """The variance of six numbers that enter the norm."""
    values = chosen_norm(reading, chosen.layer).values[chosen.token]
    return sums.variance_of_six(values.tolist(), reading.tokens[chosen.token])


CODE = (layer_norm.LayerNorm, by_torch.layer_norm)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """Mean and variance of each token, before and after."""
    trace = chosen_norm(reading, chosen.layer).trace
    return pd.DataFrame(
        {
            _("token"): chapter.labels(reading),
            _("mean before"): trace.mean[:, 0].numpy(),
            _("variance before"): trace.variance[:, 0].numpy(),
            _("mean after"): trace.normalised.mean(dim=-1).numpy(),
            _("variance after"): variances_after(trace)[:, 0].numpy(),
        }
    )
