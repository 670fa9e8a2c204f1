"""In two or three dimensions: the tokens of the text and the neighbours of the one in focus, where they differ most."""

from gpt_core import GPT
from gpt_core.measure.embedding_space import Projection, principal_components
from pages import figures, show
from pages.experiments.embeddings.neighbours import nearest_tokens
from pages.figures import palette
from pages.services.reading import tokenizer
from pages.ui import session
from pages.ui.chapter import Choices, Reading, note, say, write
from pages.ui.layout import switch
from pages.ui.words import N_, _, percent

TITLE = N_("In two or three dimensions")
NEIGHBOURS = 15


def projected(model: GPT, tokens: tuple[int, ...], n: int) -> Projection:
    """The rows of some tokens in the `n` directions in which they differ most."""
    return principal_components(model.embedding.tok_emb.weight[list(tokens)], n=n)


def draw(reading: Reading, chosen: Choices) -> None:
    """Each token as a point, and how much of what tells the vectors apart the picture keeps."""
    say("projection")
    solid = switch(_("Three dimensions"), key="embeddings_solid") and not session.is_aside()  # a hand-out is flat
    id = reading.ids[chosen.token]
    near = reading.of(nearest_tokens, id=id, n=NEIGHBOURS)
    tokens = tuple(dict.fromkeys([*reading.ids, *near.ids.tolist()]))
    if len(tokens) < 3:
        write(_("Two points are always on one line: type a longer text."))
        return
    flat = reading.of(projected, tokens=tokens, n=3 if solid else 2)
    here, there = _("in this text"), _("nearest to the token in focus")
    shares = [percent(share, 0) for share in flat.shares.tolist()]
    points = figures.scatter(
        flat.points.numpy(),
        labels=[tokenizer().token(token) for token in tokens],
        groups=[here if token in reading.ids else there for token in tokens],
        colours={here: palette.TOKEN, there: palette.NEUTRAL},
        highlighted=tokens.index(id),
        axis_titles=[_("direction {i}: {share}").format(i=i, share=share) for i, share in enumerate(shares, start=1)],
    )
    alt = _("The tokens as points; near points have similar vectors.")
    show.chart(f"projection {solid}", points, alt, height=480)
    kept = _("These directions keep {share:.0%} of what tells the vectors apart; the rest is not in this picture.")
    note(kept, share=float(flat.shares.sum()))
