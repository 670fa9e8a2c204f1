"""The page on embeddings says what the token table holds."""

import json

import pytest
import torch

from gpt_core import Tokenizer, load_model
from gpt_core.measure.embedding_space import cosine_table, most_alike, nearest
from pages.experiments.embeddings import word_map
from pages.figures import plotly_text, visible
from pages.services.reading import read
from pages.ui import session
from pages.ui.choices import Choices
from pages.ui.words import literal, number
from tests.pages.conftest import assert_healthy, chart_numbers, drawn, explore, plain, revealed, words


def test_the_row_in_focus_is_the_model_s(run):
    app = run("embeddings", lang="en", model="random-small", text="the king", token=1)
    (_the, king) = Tokenizer().encode("the king")
    row = load_model("random-small").embedding.tok_emb.weight[king]
    first = "; ".join(number(float(value), 3) for value in row[:4])
    assert literal(first) in words(app)


def test_the_nearest_neighbours_are_drawn(run):
    app = run("embeddings", lang="en", model="random-small", text="the king", token=1)
    table = load_model("random-small").embedding.tok_emb.weight
    best = Tokenizer().token(int(nearest(table, Tokenizer().encode("the king")[1], n=1).ids[0]))
    assert any(plotly_text(best) in json.dumps(figure, ensure_ascii=False) for figure in drawn(app).values())


def test_a_token_that_training_never_met_has_neighbours_among_those_it_met_and_the_page_says_so(run):
    app = run("embeddings", lang="en", model="induction-lab", text="Your journey king", token=0)
    assert "Training never met this token" in words(app)
    (bars,) = [figure for key, figure in drawn(app).items() if key == "neighbours"]
    assert len(bars["data"][0]["customdata"]) == 10
    app = run("embeddings", lang="en", model="induction-lab", text="Your journey king", token=2)
    assert "Training never met" not in words(app)


@pytest.mark.parametrize("opened", ["the experiment", "the answer"])
def test_the_two_tokens_most_alike_are_named(run, opened):
    text = "the king and the queen"
    app = run("embeddings", lang="en", model="random-small", text=text)
    if opened == "the answer":
        revealed(app, "embeddings")
    else:
        explore(app, "embeddings/cosines")
    ids = Tokenizer().encode(text)
    alike = cosine_table(load_model("random-small").embedding.tok_emb.weight[ids])
    pair = most_alike(alike, ids)
    assert pair
    one, other = pair
    assert f"cosine {number(float(alike[one, other]), 3)}" in plain(app)
    pair = [visible(Tokenizer().token(ids[place])) for place in (one, other)]
    assert f"most alike in this text: “**{pair[0]}**” and “**{pair[1]}**”" in plain(app)


def test_a_repeated_token_is_counted(run):
    assert "have the same row: 1 repetition in this" in words(run("embeddings", lang="en", text="the the the"))
    assert "Repeated tokens" not in words(run("embeddings", lang="en", text="the king"))


@pytest.mark.parametrize("solid", [False, True])
def test_the_points_are_the_tokens_of_the_text_and_fifteen_neighbours_in_few_directions(run, solid):
    text = "the king and the queen"
    app = run("embeddings", lang="en", model="random-small", text=text, token=1)
    explore(app, "embeddings/projection", embeddings_solid=solid)
    ids, table = Tokenizer().encode(text), load_model("random-small").embedding.tok_emb.weight
    known = [*dict.fromkeys(ids), *nearest(table, ids[1], n=15).ids.tolist()]
    chart = f"projection {solid}"
    n_traces = len(drawn(app)[chart]["data"])
    assert sum(len(chart_numbers(app, chart, "x", trace=i)) for i in range(n_traces)) == len(set(known))
    vectors = table[list(dict.fromkeys(known))]
    spread = torch.linalg.svdvals(vectors - vectors.mean(dim=0)).square()
    kept = float(spread[: 3 if solid else 2].sum() / spread.sum())
    assert f"These directions keep {100 * kept:.0f}% of" in plain(app)


def test_the_cosines_drawn_are_those_of_the_rows(run):
    app = explore(run("embeddings", lang="en", model="random-small", text="the king and the"), "embeddings/cosines")
    rows = load_model("random-small").embedding.tok_emb.weight[Tokenizer().encode("the king and the")]
    expected = torch.nn.functional.cosine_similarity(rows[:, None], rows[None], dim=-1)
    assert chart_numbers(app, "cosines") == pytest.approx(expected.numpy(), abs=1e-5)


def test_the_book_s_row_is_written_out(run):
    assert "-0.4015" in words(run("embeddings", lang="en", text="a")).replace("\\", "").replace("−", "-")


def words_of_the_map() -> list[tuple[str, str]]:
    return [(group, word) for group, words in word_map.GROUPS.items() for word in words.split()]


def test_words_of_the_map_are_forty_tokens_of_one_group_each():
    ids = [word_map.id_of(word) for _group, word in words_of_the_map()]
    assert len(ids) == len(set(ids)) == 40
    assert all(word_map.id_of(word) for words in word_map.SUMS for word in words)


@pytest.mark.parametrize("model", ["storyteller", "random-small"])
def test_the_map_tells_how_many_words_lie_beside_one_of_their_group(run, model):
    app = explore(run("embeddings", lang="en", model=model, text="the king"), "embeddings/word_map")
    assert_healthy(app)
    groups = [group for group, _word in words_of_the_map()]
    rows = load_model(model).embedding.tok_emb.weight[[word_map.id_of(word) for _group, word in words_of_the_map()]]
    rows = rows.double() / rows.double().norm(dim=-1, keepdim=True)
    alike = (rows @ rows.T).numpy()
    best = [max((j for j in range(40) if j != i), key=lambda j, i=i: alike[i, j]) for i in range(40)]
    n = sum(groups[i] == groups[j] for i, j in enumerate(best))
    assert f"Of 40 words, {n} {'has' if n == 1 else 'have'} one of the same group as the nearest" in plain(app)
    assert "By chance it would be about 4." in plain(app)
    assert ("these neighbours are chance" in plain(app)) == (model == "random-small")
    assert (n >= 32) == (model == "storyteller")


def test_before_training_the_table_is_that_of_the_map_which_is_shown():
    text = "the king"
    reading, chosen = read("storyteller", text), Choices(text, "storyteller", 0, 0, 1, 0, "en", present=False)
    with session.aside({"lang": "en"}):
        now = word_map.table(reading, chosen)
    with session.aside({"lang": "en", word_map.BEFORE: True}):
        before = word_map.table(reading, chosen)
        first = word_map.shown_of(reading)
    assert first.model is not reading.model
    nearest = word_map.nearest_of_each(first.model, tuple(word_map.groups(reading)))
    assert list(before["nearest word"]) == [list(before["word"])[place] for place in nearest]
    assert list(now["nearest word"]) != list(before["nearest word"])


def test_a_sum_of_rows_lies_nearest_to_a_word_that_is_none_of_its_own(run):
    app = explore(run("embeddings", lang="en", text="the king"), "embeddings/word_map")
    assert "king − man + woman is nearest to “**␣queen**”" in plain(app)
    table, (king, man, woman) = (
        load_model("storyteller").embedding.tok_emb.weight,
        map(word_map.id_of, word_map.SUMS[0]),
    )
    cosines = torch.nn.functional.cosine_similarity(table, (table[king] - table[man] + table[woman])[None])
    assert chart_numbers(app, "word_sum", "x")[0] == pytest.approx(float(cosines[word_map.id_of("queen")]), abs=1e-5)
    assert int(cosines.argmax()) == king
    assert "With them it would be “**␣king**”" in plain(app)


def test_before_training_the_map_is_chance(run):
    app = explore(run("embeddings", lang="fr", text="the king"), "embeddings/word_map", embeddings_before=True)
    assert_healthy(app)
    assert "ces voisins sont dus au hasard" in plain(app)
    assert "␣queen" not in plain(app)
