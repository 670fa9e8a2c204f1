"""Three vocabularies: how many tokens each takes for the same text."""

from typing import get_args

from gpt_core import Tokenizer
from gpt_core.tokenizer.vocabulary import Encoding
from pages.experiments.tokens.rows import tokens_row
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.components import chips
from pages.ui.layout import segments
from pages.ui.words import N_, _, number, plural

TITLE = N_("Three vocabularies")


def vocabulary(name: Encoding) -> Tokenizer:
    """One of the three; the first reader who asks for a large one waits for a second or two."""
    return Tokenizer(name)


def draw(reading: Reading, _chosen: Choices) -> None:
    """The reader's text, or one that tells the vocabularies apart, as a row of tokens in each."""
    say("encodings")
    texts = {
        _("Your text"): reading.text,
        _("French"): "Les élèves mangèrent à l’ombre des châtaigniers, où l’été s’achevait.",
        _("Code"): "for i in range(10):\n    if i % 2 == 0:\n        print(i ** 2)",
        _("Digits"): "1234567 + 7654321 = 8888888",
        _("Other scripts, emoji"): "こんにちは Привет مرحبا 👩‍🔬☕",
    }
    names = list(texts)
    format_func, key = names.__getitem__, "tokens_sample"
    sample = segments(_("Text"), range(len(names)), format_func=format_func, key=key, label_visibility="collapsed")
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
