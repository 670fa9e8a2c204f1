"""What fades in a recurrent network's one state, and what attention reaches instead."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import streamlit as st
from pages.services.reading import Reading

from gpt_core.examples import recurrent
from gpt_core.examples.recurrent import Reach
from pages import figures
from pages.figures import palette
from pages.ui import chapter, session
from pages.ui.choices import Choices
from pages.ui.components.chart import Click, chart
from pages.ui.layout import PERSIST, decimal_slider
from pages.ui.words import _, number, plural, tiny

STRENGTH, SEED = 0.9, 123


@dataclass(frozen=True)
class Network:
    """The recurrent network that the reader has set up, over one text."""

    reading: Reading
    strength: float
    seed: int

    @property
    def reach(self) -> Reach:
        words, settings = self.reading.trace.embedding.token, {"strength": self.strength, "seed": self.seed}
        return self.reading.once(
            "recurrent", *settings.values(), work=lambda: recurrent.recurrent_reach(words, **settings)
        )

    @property
    def attention(self) -> Reach:
        words, seed = self.reading.trace.embedding.token, self.seed
        return self.reading.once("one head", seed, work=lambda: recurrent.attention_reach(words, seed=seed))

    @property
    def differentiated(self) -> np.ndarray:
        words, settings = self.reading.trace.embedding.token, {"strength": self.strength, "seed": self.seed}
        found = self.reading.once(
            "differentiated", *settings.values(), work=lambda: recurrent.differentiated_reach(words, **settings)
        )
        return found.numpy()

    @property
    def erased(self) -> np.ndarray:
        words, settings = self.reading.trace.embedding.token, {"strength": self.strength, "seed": self.seed}
        found = self.reading.once("erased", *settings.values(), work=lambda: recurrent.erased(words, **settings))
        return found.numpy()


def set_up(reading: Reading) -> Network:
    """The two settings of the network."""
    strength = decimal_slider(_("Memory strength"), 0.1, 1.0, STRENGTH, 0.05, key="why_attention_strength")
    seed = st.slider(_("Seed"), 101, 150, SEED, key="why_attention_seed", persist_state=PERSIST)
    st.caption(_("strength: by how much each step keeps the state; 1 is the most that does not explode"))
    return Network(reading, strength, seed)


def shares(network: Network, chosen: Choices) -> dict[str, np.ndarray]:
    """Three answers to: how much does each word count at the end? Each sums to 1."""
    weights = network.reading.trace.blocks[chosen.layer].att.weights[chosen.head, -1]
    model = _("this model: layer {layer}, head {head}").format(layer=chosen.layer, head=chosen.head)
    return {
        _("recurrent network"): network.reach.shares.numpy(),
        _("untrained attention head"): network.attention.shares.numpy(),
        model: weights.numpy(),
    }


def looked_at(network: Network, chosen: Choices) -> int:
    """The word in focus, or the first one where the focus is on the last, which has nothing to reach over."""
    return chosen.token if chosen.token < len(network.reading.ids) - 1 else 0


def fading(network: Network, chosen: Choices) -> None:
    """The chapter's chart: the three answers over the words of the text, on a log axis."""
    series = shares(network, chosen)
    colours = (palette.POSITION, palette.KEY, palette.ATTENTION)
    chart(
        figures.lines(
            series,
            x_labels=network.reading.tokens,
            y_title=_("share of the influence"),
            x_axis="token",
            colours=dict(zip(series, colours, strict=True)),
            highlighted=looked_at(network, chosen),
            log_y=True,
            value_format=".2~g",
        ),
        key="fading",
        alt=_("How much of each word is left at the end of the text: recurrent network, attention head, this model."),
        height=410,
        on_click=choose_token,
    )


def choose_token(click: Click) -> None:
    """A click on a word puts it in focus, on every chapter."""
    session.set("token", round(float(click.x)))


def told(network: Network, chosen: Choices) -> None:
    """The numbers of the word in focus, or of the first."""
    word = looked_at(network, chosen)
    recurrent_share, head_share, model_share = (float(s[word]) for s in shares(network, chosen).values())
    behind = len(network.reading.ids) - 1 - word
    chapter.tell(
        plural(
            "{token} stands {n} token before the end. Of all influence on the last state it has {recurrent}% in the "
            "recurrent network, {head}% in the attention head, and this model’s head gives it {model}%.",
            "{token} stands {n} tokens before the end. Of all influence on the last state it has {recurrent}% in the "
            "recurrent network, {head}% in the attention head, and this model’s head gives it {model}%.",
            behind,
        ),
        token=network.reading.tokens[word],
        n=behind,
        recurrent=number(100 * recurrent_share, 2),
        head=number(100 * head_share, 2),
        model=number(100 * model_share, 2),
    )


def checked(network: Network) -> None:
    """The chain rule by hand against automatic differentiation."""
    influence = network.reach.influence.numpy()
    deviation = float(np.abs(network.differentiated - influence).max() / influence.max())
    chapter.check(
        deviation < 1e-4,
        _("Automatic differentiation finds the same influences: they differ by {deviation} of the largest.").format(
            deviation=tiny(deviation)
        ),
    )


def state(network: Network) -> None:
    """The states, a row for each word that was read."""
    chapter.say("state")
    states = network.reach.states.numpy()
    chart(
        figures.heatmap(
            states,
            rows=network.reading.tokens,
            columns=[str(i) for i in range(states.shape[1])],
            scale="signed",
            limit=1.0,
            row_title=_("after reading"),
            column_title=_("number of the state"),
            row_axis="token",
            column_axis="plain",
        ),
        key="states",
        alt=_("The state of the recurrent network after each word: one row of numbers each."),
    )


def erase(network: Network, chosen: Choices) -> None:
    """One word erased at a time."""
    chapter.say("erase")
    word, moved = looked_at(network, chosen), network.erased
    chart(
        figures.lines(
            {_("recurrent network"): moved},
            x_labels=network.reading.tokens,
            x_title=_("the word that is erased"),
            y_title=_("the last state moves by"),
            x_axis="token",
            colours={_("recurrent network"): palette.POSITION},
            highlighted=word,
            log_y=True,
            value_format=".2~g",
        ),
        key="erased",
        alt=_("How far the last state moves when one word is erased."),
        height=360,
        on_click=choose_token,
    )
    chapter.tell(
        _("Without {token} the last state moves by {percent}% of its length."),
        token=network.reading.tokens[word],
        percent=number(100 * float(moved[word]), 2),
    )


def bahdanau(network: Network) -> None:
    """Alignment weights of an untrained scorer over the untrained network's states."""
    chapter.say("alignment")
    chapter.formula(r"e_{ij} = v^\top \tanh(W s_i + U h_j), \qquad \alpha_{ij} = \text{softmax}_j(e_{ij})")
    states, tokens = network.reach.states, network.reading.tokens
    weights = network.reading.once(
        "alignment", network.strength, network.seed, work=lambda: recurrent.alignment(states, seed=network.seed)
    ).numpy()
    chart(
        figures.heatmap(
            weights,
            rows=tokens,
            columns=tokens,
            scale="probability",
            limit=float(weights.max()),
            row_title=_("output"),
            column_title=_("state it looks at"),
            show_values=len(tokens) <= 9,
            value_format=".2f",
            square=True,
        ),
        key="alignment",
        alt=_("Bahdanau’s alignment weights: each row is an output, each column a state of the encoder."),
    )
    st.markdown(
        _("The largest weight is {largest}%; an even share would be {even}%.").format(
            largest=number(100 * float(weights.max()), 1), even=number(100 / len(tokens), 1)
        )
    )
    deviation = float(np.abs(weights.sum(axis=1) - 1).max())
    chapter.check(
        deviation < 1e-5,
        _("Every row sums to 1: the largest deviation is {deviation}.").format(deviation=tiny(deviation)),
    )


def model_reaches(reading: Reading, chosen: Choices) -> None:
    """For the token in focus, the largest weight in each layer on each token it may see."""
    chapter.say("model")
    seen = chosen.token + 1
    largest = np.stack(
        [block.att.weights[:, chosen.token, :seen].amax(dim=0).numpy() for block in reading.trace.blocks]
    )
    chart(
        figures.heatmap(
            largest,
            rows=[str(layer) for layer in range(len(largest))],
            columns=reading.tokens[:seen],
            scale="probability",
            row_title=_("layer"),
            column_title=_("key"),
            row_axis="plain",
            show_values=seen <= 12,
            value_format=".2f",
        ),
        key="model_reaches",
        alt=_("The largest weight of any head, for each layer and each token that may be seen."),
        height=340,
        on_click=lambda click: session.set("layer", round(float(click.y))),
    )


def first_word(network: Network) -> None:
    """The answer to the chapter's question."""
    weaker = replace(network, strength=network.strength / 2)
    chapter.tell(
        _(
            "With strength {strength}, the first word {token} has {percent}% of the influence on the last state; "
            "with {half}, {less}%."
        ),
        strength=number(network.strength, 2),
        token=network.reading.tokens[0],
        percent=number(100 * float(network.reach.shares[0]), 2),
        half=number(weaker.strength, 3),
        less=number(100 * float(weaker.reach.shares[0]), 2),
    )


def table(network: Network, chosen: Choices) -> pd.DataFrame:
    """The three shares of every word."""
    return pd.DataFrame({_("token"): chapter.labels(network.reading), **shares(network, chosen)})
