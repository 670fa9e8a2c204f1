"""The book's example, section 4.2: two examples of five numbers through Linear and ReLU, then normalised."""

from gpt_core.examples import book
from pages import show
from pages.ui.chapter import Choices, Reading, check, say, tell, write
from pages.ui.words import N_, _

TITLE = N_("The book’s example")

PRINTED = {"mean": (0.1324, 0.2170), "unbiased_variance": (0.0231, 0.0398)}  # Raschka, section 4.2


def draw(_reading: Reading, _chosen: Choices) -> None:
    """What comes in, and both ways to normalise it."""
    say("book")
    example = book.layer_norm_example()
    rows = [_("example {n}").format(n=n + 1) for n in range(len(example.layer_output))]
    shown = {
        _("Linear, then ReLU"): example.layer_output,
        _("normalised with the unbiased variance, as printed"): example.normalised,
        _("normalised with the biased one, as in GPT-2"): example.normalised_biased,
    }
    for n, (name, values) in enumerate(shown.items()):
        write(f"**{name}**")
        alt = _("{name}: two examples of six numbers.").format(name=name)
        show.strips(f"layer_norm_book_{n}", (rows, values.numpy()), alt, format=".4f", bar=True, height=170)
    for n, row in enumerate(rows):
        tell(
            _("{row}: mean {mean:.4f}, unbiased variance {unbiased:.4f}, biased variance {biased:.4f}."),
            row=row,
            mean=float(example.mean[n]),
            unbiased=float(example.unbiased_variance[n]),
            biased=float(example.biased_variance[n]),
        )
    off_mean = float(example.normalised.mean(dim=-1).abs().max())
    off_variance = float((example.normalised.var(dim=-1) - 1).abs().max())
    off_biased = float((example.normalised_biased.var(dim=-1, correction=0) - 1).abs().max())
    as_printed = all(
        [round(float(number), 4) for number in getattr(example, name)] == list(numbers)
        for name, numbers in PRINTED.items()
    )
    check(
        as_printed and max(off_mean, off_variance, off_biased) < 1e-5,
        _(
            "Means and unbiased variances are those the book prints. Normalised, both rows have mean 0 (off by "
            "{mean:.4f}) and variance 1, each by its own way to count (off by {variance:.4f})."
        ),
        mean=off_mean,
        variance=max(off_variance, off_biased),
    )
