"""The glossary is whole in both languages, leads to chapters, and its search finds words by any of their names."""

from urllib.parse import parse_qs

import pytest

from pages.chapters import CHAPTERS
from pages.ui.glossary import found, given, names_in_code, of_chapter, terms
from pages.ui.words import LANGUAGES
from tests.pages.conftest import assert_healthy, revealed, words

ROAD = [row.id for row in CHAPTERS if row.id != "glossary"]
PLACES = {"here", "book", "gpt2", "nanogpt", "transformer_lens"}


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.term["en"])
def test_a_term_is_said_in_every_language_and_has_a_chapter(term):
    assert term.term.keys() == term.means.keys() == LANGUAGES.keys()
    assert all(text.strip() for text in (*term.term.values(), *term.means.values(), *term.names.values()))
    assert all(text.endswith(".") for text in term.means.values())
    assert term.means["en"] != term.means["fr"]
    assert term.chapter in ROAD
    assert term.names.keys() <= PLACES


def test_every_chapter_has_words_and_they_stand_in_the_road_s_order():
    chapters = [term.chapter for term in terms()]
    assert list(dict.fromkeys(chapters)) == [id for id in ROAD if of_chapter(id)]
    assert chapters == sorted(chapters, key=ROAD.index)
    assert len(set(chapters)) >= 17


def test_no_term_stands_twice():
    for language in LANGUAGES:
        said = [term.term[language] for term in terms()]
        assert len(set(said)) == len(said)


def test_our_names_are_names_in_the_code():
    named, missing = names_in_code()
    assert {"Tokenizer", "W_query", "queries", "top_p", "logit_lens", "direct_effects"} <= set(named)
    assert not missing


def test_a_name_within_a_function_is_no_name_to_look_for():
    assert {"GPT", "trace", "vocab_size", "out_proj"} <= given()
    assert "attended" not in given()


@pytest.mark.parametrize("name", ["pattern", "poids d’attention", "ATTENTION WEIGHT", "attn_weights"])
def test_a_term_is_found_by_any_of_its_names(name):
    assert "attention weight" in [term.term["en"] for term in found(name)]


def test_the_search_narrows_the_page_down(run):
    app = run("glossary", lang="en", text="Hello")
    assert f"{len(terms())} words" in words(app)
    app.text_input(key="term").set_value("n_embd").run()
    assert_healthy(app)
    assert "**embedding dimension**" in words(app)
    assert "**temperature**" not in words(app)
    app.text_input(key="term").set_value("xyzzy").run()
    assert "No word here holds this." in words(app)


def test_a_french_reader_reads_french_first(run):
    app = run("glossary", lang="fr", text="")
    assert "**masque causal** · *causal mask* — Cache" in words(app)


def test_names_elsewhere_stand_beside_the_words_of_both_languages(run):
    app = run("glossary", lang="fr", text="Hello", term="attn_scores")
    app.segmented_control(key="experiment glossary").set_value(1).run()
    assert_healthy(app)
    table = app.table[0].value
    assert list(table.columns) == ["ici", "le livre", "GPT-2", "nanoGPT", "TransformerLens"]
    score = table.loc["**score d’attention** · *attention score*"]
    assert (score["ici"], score["GPT-2"]) == ("scores", "w")
    assert score["nanoGPT"].startswith("att ")


def test_all_names_fit_beside_one_another_at_1280_pixels():
    """By the longest piece of each column that cannot be broken; at 86 letters the last column was cut."""
    names = [[term.names.get(place, "") for term in terms() if term.names.keys() - {"book"}] for place in PLACES]
    assert sum(max(len(piece) for name in column for piece in name.split()) for column in names) <= 79


def test_words_that_only_the_book_names_are_not_in_the_dictionary(run):
    app = run("glossary", lang="en", text="Hello")
    app.segmented_control(key="experiment glossary").set_value(1).run()
    shown = [name.split("**")[1] for name in app.table[0].value.index]
    assert "attention weight" in shown
    assert r"fine\-tuning" not in shown
    assert "logit lens" in shown


def test_the_table_holds_the_words_that_were_found_and_all_their_names(run):
    app = run("glossary", lang="en", text="Hello", term="attention weight")
    app.session_state["data glossary"] = True
    table = app.run().dataframe[0].value
    assert len(table) == len(found("attention weight"))
    first = table.iloc[0]
    assert (first["English"], first["Français"], first["nanoGPT"]) == ("attention weight", "poids d’attention", "att")


def test_the_answer_is_the_tensors_of_attention_under_everybody_s_names(run):
    shown = revealed(run("glossary", lang="en", text="Hello"), "glossary").table[0].value
    wanted = ["attention score", "scaled score", "attention weight", "context vector"]
    assert [name.split("**")[1] for name in shown.index] == wanted


def test_scores_that_others_have_divided_already_are_not_called_ours():
    """nanoGPT: (q @ k.transpose) * (1 / math.sqrt(hs)). TransformerLens: q @ k / attn_scale, which is √d_head."""
    named = {term.term["en"]: term.names for term in terms()}
    score, scaled = named["attention score"], named["scaled score"]
    assert (score["here"], score["nanogpt"], score["transformer_lens"]) == (
        "scores",
        "att * math.sqrt(hs)",
        "attn_scores * attn_scale",
    )
    assert (scaled["here"], scaled["nanogpt"], scaled["transformer_lens"]) == ("scaled", "att", "attn_scores")


def test_a_link_to_a_term_shows_it_alone(run):
    app = run("glossary", lang="fr", text="Hello", term="masque causal")
    assert app.text_input(key="term").value == "masque causal"
    assert "**température**" not in words(app)


def links(app):
    """Labels of the links to words of the glossary, by the word that each names in its address."""
    led = [(one.proto, parse_qs(one.proto.query_string)) for one in app.get("page_link")]
    return {query["term"][0]: link.label for link, query in led if link.page == "glossary" and query}


def test_every_chapter_explains_its_words_at_its_foot_and_each_leads_to_its_entry(run):
    app = run("embeddings", lang="fr", text="Hello")
    assert list(links(app)) == [term.term["fr"] for term in of_chapter("embeddings")]
    assert links(app)["cosinus"] == "**cosinus** · *cosine* →"
    assert all(term.means["fr"] in words(app) for term in of_chapter("embeddings"))


def test_a_term_is_written_as_it_is(run):
    label = links(run("generation", lang="en", text="Hello"))["top-p (nucleus)"]
    assert label == r"**top\-p \(nucleus\)** · *top\-p \(noyau\)* →"


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.term["en"])
def test_the_entry_that_is_called_so_comes_first(term):
    assert {found(word)[0].term["en"] for word in term.term.values()} == {term.term["en"]}
