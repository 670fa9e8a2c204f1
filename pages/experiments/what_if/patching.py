"""Patching: which vectors carry the difference between two texts, token by token and layer by layer."""

from dataclasses import replace

from jaxtyping import Float
from torch import Tensor

from gpt_core import GPTTrace
from gpt_core.measure import ablation
from gpt_core.measure.prediction import predicted
from gpt_core.model.intervention import Site
from pages import show
from pages.experiments.what_if import effects
from pages.figures import Axis, Cells, visible
from pages.services.reading import tokenizer
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.layout import choose, columns, text_box
from pages.ui.words import N_, _

TITLE = N_("Patching")

LONGEST_WORD = 30  # characters
SHOWN = 8  # tokens at either end of a long text that are patched: each one is a pass of its own


def expected(trace: GPTTrace, position: int) -> int:
    """The token that the model expected most at `position`, the text's own aside."""
    likeliest = predicted(trace.logits_at(position - 1), n=2).ids.tolist()
    return next(id for id in likeliest if id != trace.ids[position])


def moved_over(
    reading: Reading, other: Reading, site: Site, layer: int, token: int, rivals: tuple[int, int]
) -> Float[Tensor, " 1"]:
    """How far one token's vector, taken from another reading, moves the prediction towards that one's."""
    here, there = reading.trace, other.trace
    return ablation.moved_over(reading.model, here, there, site=site, layer=layer, tokens=[token], rivals=rivals)


def draw(reading: Reading, chosen: Choices) -> None:
    """The other text, where its vectors are taken from, and how far each moves the prediction."""
    say("patching")
    n_tokens = len(reading.ids)
    if n_tokens < 2:
        tell(_("This needs a text of at least two tokens."))
        return
    position = chosen.token if 0 < chosen.token < n_tokens - 1 else n_tokens // 2
    sites: dict[Site, str] = {
        "resid_pre": _("the stream before the block"),
        "att.out": _("what attention adds"),
        "ff.out": _("what feed-forward adds"),
    }
    left, right = columns(1, 1)
    with left:
        other = _other_text(reading, position)
    site = choose(_("Taken over"), list(sites), format_func=sites.__getitem__, key="what_if_place", place=right)
    this, that = reading.tokens[position], other.tokens[position]
    tell(_("Token {n}: {this} here, {that} in the other text."), n=position, this=this, that=that)
    if not reading.of(show.next_token_change, other=other, n=1).moved > 1e-5:
        tell(_("Both texts lead to the same prediction: there is nothing to move over."))
        return
    rivals = ablation.rivals(reading.trace, other.trace)
    after = list(range(position, n_tokens))
    tokens = after if len(after) <= 2 * SHOWN else [*after[:SHOWN], *after[-SHOWN:]]
    shares = effects.one_by_one(
        reading,
        tokens,
        lambda layer, token: reading.of(moved_over, other=other, site=site, layer=layer, token=token, rivals=rivals),
    )
    parts = Axis([reading.tokens[token] for token in tokens], _("token whose vector is taken over"), "token")
    cells, title = Cells(".2f", shown=len(tokens) <= 12), _("share of the way")
    alt = _("For each layer and token, how far the prediction moves towards that of the other text.")
    effects.by_layer("what_if_patching", shares, parts, alt, title=title, cells=cells)
    risen, fallen = (tokenizer().token(id) for id in rivals)
    sentence = _("Measured on the lead of {risen} over {fallen}. Tokens before number {n} are the same in both texts.")
    tell(sentence, risen=risen, fallen=fallen, n=position)
    if site == "resid_pre":
        deviation = abs(float(shares[0, 0]) - 1)
        check(
            deviation < 1e-2,
            _("Taken over before the first block, the changed token moves all the way: 1, within {deviation:tiny}."),
            deviation=deviation,
        )


def _other_text(reading: Reading, position: int) -> Reading:
    """The text with another token at `position`: what the reader types, or what the model had expected there."""
    id = reading.of(expected, position=position)
    label, expects = _("Put this word there instead"), visible(tokenizer().token(id))
    typed = text_box(label, "", key="what_if_word", most=LONGEST_WORD, placeholder=expects)
    if typed:
        lead = " " if reading.tokens[position].startswith(b" ") else ""
        id = tokenizer().encode(lead + typed.strip() if typed.strip() else typed)[0]
    ids = ablation.with_token(reading.trace.ids, position, id).tolist()
    return replace(reading, text=tokenizer().decode(ids), ids=tuple(ids))
