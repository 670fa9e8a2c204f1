"""Three vocabularies: how many tokens each takes for the same text."""

from typing import get_args

from gpt_core import Tokenizer
from gpt_core.tokenizer.vocabulary import Encoding
from pages.experiments.tokens.rows import tokens_row
from pages.ui import session
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.components import chips
from pages.ui.layout import segments
from pages.ui.words import N_, _, number, plural

TITLE = N_("Three vocabularies")

SAMPLE = "tokens_sample"


def vocabulary(name: Encoding) -> Tokenizer:
    """One of the three; the first reader who asks for a large one waits for a second or two."""
    return Tokenizer(name)


def samples(reading: Reading) -> dict[str, str]:
    """The reader's text, and some that tell the vocabularies apart."""
    return {
        _("Your text"): reading.text,
        _("French"): "Les élèves mangèrent à l’ombre des châtaigniers, où l’été s’achevait.",
        _("Code"): "for i in range(10):\n    if i % 2 == 0:\n        print(i ** 2)",
        _("Digits"): "1234567 + 7654321 = 8888888",
        _("Other scripts, emoji"): "こんにちは Привет مرحبا 👩‍🔬☕",
    }


def draw(reading: Reading, _chosen: Choices) -> None:
    """One of the texts as a row of tokens in each vocabulary."""
    say("encodings")
    texts = samples(reading)
    names = list(texts)
    format_func = names.__getitem__
    sample = segments(_("Text"), range(len(names)), format_func=format_func, key=SAMPLE, label_visibility="collapsed")
    text = texts[names[sample]]
    rows, lengths = [], {}
    for name in get_args(Encoding):
        other = reading.of(vocabulary, name=name)
        ids = other.encode(text, special=reading.special)
        count = plural("{name}: {n} token", "{name}: {n} tokens", len(ids)).format(name=name, n=number(len(ids)))
        size = _("{n} in the vocabulary").format(n=number(other.vocab_size))
        rows.append(tokens_row(f"{count} ({size})", ids, vocabulary=other))
        lengths[name.split("_")[0]] = len(text) / len(ids)
    chips.draw(rows, key="encodings", label=_("The same text in three vocabularies."))
    tell(
        _("Characters a token: {gpt2:.2f} for gpt2, {cl100k:.2f} for cl100k_base, {o200k:.2f} for o200k_base."),
        **lengths,
    )


def notebook(reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the notebook must know besides the choices: the text."""
    return {"sample": list(samples(reading).values())[session.get(SAMPLE, 0)]}
