"""Hand-out and worksheet: the page's own words and numbers, no text of a reader as markup, nothing from elsewhere."""

import re
import sys
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser

import pytest
from streamlit.testing.v1 import AppTest

from pages.chapters import CHAPTERS
from pages.services.reading import read
from pages.ui import chapter, lesson_plan, session, take_along
from pages.ui.choices import Choices
from pages.ui.handout import GAP, Gaps, _WithGaps, as_html
from pages.ui.shown import Drawn, Grid, Heading, Pieces, Sentence
from pages.ui.take_along import Asked
from tests.pages.conftest import HOSTILE, assert_healthy, explore

TEXT = "The old king gave the golden key to the old king"
ROWS = tuple(row for row in CHAPTERS if row.text != "unused")


def asked_by(language: str, text: str = TEXT, *ids: str) -> Asked:
    """What a reader asks for who has this text and has opened no other experiment: of all chapters, or of these."""
    reading = read("storyteller", text)
    last = len(reading.ids) - 1
    chosen = Choices(text, "storyteller", 2, 1, min(7, last), min(3, last), language, present=False)
    rows = tuple(row for row in ROWS if not ids or row.id in ids)
    links = {row.id: f"https://example.org/{row.id}?text=a%22b&generation_path=x&layer=2" for row in rows}
    looked_at = {row.id: take_along.looked_at_in(row, None) for row in rows}
    return Asked(rows, reading, chosen, links, {"lang": language}, looked_at)


class Seen(HTMLParser):
    """The text of a file without its scripts, and what it would load or lead to."""

    def __init__(self, file: bytes) -> None:
        super().__init__()
        self.text, self.tags, self.addresses, self.silent = "", [], [], ""
        self.feed(file.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.silent = tag if tag in {"script", "style"} else self.silent
        self.addresses += [str(value) for name, value in attrs if name in {"src", "href", "action", "data"}]

    def handle_endtag(self, tag: str) -> None:
        self.silent = "" if tag == self.silent else self.silent

    def handle_data(self, data: str) -> None:
        self.text += "" if self.silent else data


def bare(markdown: str) -> str:
    """A sentence as it is seen: without the signs of Markdown, and without spaces."""
    return re.sub(r"\s+", "", re.sub(r"(?<!\\)\*\*|`|(?<!\\)\*", "", markdown).replace("\\", ""))


def words_of(item: Heading | Grid | Pieces) -> list[str]:
    """What stands in a title, a table or a row of tokens, without its numbers."""
    match item:
        case Heading():
            return [item.text]
        case Grid():
            return [str(cell) for cell in item.frame.select_dtypes(exclude="number").to_numpy().ravel()]
        case Pieces():
            return [part for line in item.lines for part in (line.name, *line.pieces, *line.notes)]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_hand_out_of_all_chapters_says_what_the_pages_say(language):
    asked = asked_by(language)
    seen = Seen(take_along.make_handout(asked))
    with session.aside(asked.kept):
        pages = asked.pages()
        shown = re.sub(r"\s+", "", seen.text)
        for page in pages:
            for item in page.items:
                if isinstance(item, Sentence) and "$" not in item.text:
                    assert bare(item.text) in shown, item.text
                if isinstance(item, Heading | Grid | Pieces):
                    assert all(bare(one) in shown for one in words_of(item)), item
        assert seen.tags.count("figure") == sum(isinstance(item, Drawn) for page in pages for item in page.items) > 20
    assert seen.tags.count("section") == len(ROWS) == seen.tags.count("svg")
    assert seen.tags.count("h2") == sum(bool(row.experiments) for row in ROWS)
    assert set(seen.addresses) == set(asked.links.values())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_solutions_in_the_gaps_are_the_page_s_sentences(language):
    asked = asked_by(language)
    n = 0
    with session.aside(asked.kept):
        for page in asked.pages():
            for item in (item for item in page.items if isinstance(item, Sentence) and item.values):
                if item.kind in {"sentence", "note", "plain"}:
                    gaps = Gaps()
                    left = _WithGaps(gaps).vformat(item.said, (), item.values)
                    n += len(gaps.solutions)
                    assert GAP.sub(lambda found, own=gaps: own.solutions[int(found[1]) - 1], left) == item.text
    assert n > 40


def test_each_student_has_a_sentence_and_its_solutions():
    own = ["The dog sat on the mat.", "A king & a queen"]
    file = take_along.make_worksheet(asked_by("en", TEXT, "heads", "layer_norm", "anatomy"), own)
    seen = Seen(file)
    assert seen.tags.count("section") == 3 * len(own) + 1
    sheets, _title, solutions = seen.text.partition("Solutions")
    for text in own:
        assert sheets.count(text) == solutions.count(text) == 3
    assert "Sheet 2" in sheets and "9,649,344" not in sheets
    weights = read("storyteller", own[0]).trace.blocks[2].att.weights[1, -1]
    assert f"{float(weights[3]):.1%}" in solutions and f"{float(weights[3]):.1%}" not in sheets
    assert all("generation_path" not in link for link in seen.addresses)
    assert any("text=The+dog+sat+on+the+mat.&layer=2" in link for link in seen.addresses)


STRANGE = "</script><script>alert(1)</script> 5\u20451\u2046 \ue0000\ue001 $x$ ![a](b)"


@pytest.mark.parametrize("text", [HOSTILE[0], HOSTILE[2], STRANGE])
def test_no_text_of_a_reader_is_markup(text):
    asked, harmless = (asked_by("en", one, "tokens", "heads") for one in (text, "the old king"))
    for make in (take_along.make_handout, lambda asked: take_along.make_worksheet(asked, [])):
        seen, usual = Seen(make(asked)), Seen(make(harmless))
        assert set(seen.tags) <= set(usual.tags)
        assert text in seen.text
        assert len(seen.addresses) == len(usual.addresses)


def test_sentences_are_bounded():
    assert take_along.sentences(" a \n\n" + "b" * 500) == ["a", "b" * 200]
    assert len(take_along.sentences("x\n" * 99)) == 30


def offered_to(app: AppTest, chapter: str, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Of what the hand-out is made that a reader is offered."""
    made: list[Asked] = []
    button = take_along._button

    def noting(label: str, file: str, kind: str, make: partial[bytes]) -> None:
        made.extend(one for one in make.args if isinstance(one, Asked))
        button(label, file, kind, make)

    monkeypatch.setattr(take_along, "_button", noting)
    app.session_state[f"take {chapter}"] = True
    app.run()
    assert_healthy(app)
    return made[0]


def test_the_experiment_that_is_open_goes_along_with_what_is_set_in_it_and_the_link_opens_it(run, monkeypatch):
    app = explore(run("tokens", lang="en", text=TEXT), "tokens/whole_words", tokens_other="The old hippopotamus")
    asked = offered_to(app, "tokens", monkeypatch)
    assert asked.looked_at == {"tokens": ("whole_words",)}
    seen = Seen(take_along.make_handout(asked))
    assert "Whole words" in seen.text and "hippopotamus" in seen.text and "1 of 3 words is lost" in seen.text
    assert "look=whole_words" in seen.addresses[0] and "tokens_other=The+old+hippopotamus" in seen.addresses[0]
    assert "Train a BPE" not in seen.text
    other = Seen(take_along.make_worksheet(asked, ["The dog sat."]))  # whose sentence is not the experiment's
    assert "h2" not in other.tags and "h2" in Seen(take_along.make_worksheet(asked, [])).tags


def test_of_a_lesson_the_experiments_that_are_its_steps_go_along():
    plan = next(plan for plan in lesson_plan.plans()[0] if plan.id.startswith("90"))
    found = {row.id: take_along.looked_at_in(row, plan) for row in ROWS}
    assert found["start"] == ("two_stages", "what_gpt3_read", "uses")
    assert found["tokens"] == ("whole_words", "encodings")
    assert found["shortcuts"] == ()  # its `book_network` is a step of the story that is called as an experiment is
    named = {(row, id) for row, ids in found.items() for id in ids}
    assert named <= {(row.id, id) for row in ROWS for id in row.experiments}


def test_a_check_that_fails_is_no_green_one_on_paper(monkeypatch):
    asked = asked_by("en", TEXT, "layer_norm")
    assert "✅" in take_along.make_handout(asked).decode() and "❌" not in take_along.make_handout(asked).decode()
    real = chapter.check
    for module in [module for name, module in sys.modules.items() if name.startswith("pages")]:
        if getattr(module, "check", None) is real:
            monkeypatch.setattr(module, "check", lambda _holds, sentence, **values: real(False, sentence, **values))
    failed = take_along.make_handout(asked).decode()
    assert "❌ This check fails" in failed and "✅" not in failed
    with session.aside(asked.kept):
        taken = next(iter(asked.pages())).items
    assert any(isinstance(item, Sentence) and item.kind == "failed" for item in taken)


def test_what_is_made_of_a_page_and_the_page_do_not_supersede_each_other(run, monkeypatch):
    made = []
    monkeypatch.setattr(take_along, "make_handout", made.append)
    app = run("heads", lang="en", text=TEXT)
    app.session_state["take heads"] = True
    caught = []
    monkeypatch.setattr(take_along, "Asked", lambda *parts: caught.append(Asked(*parts)) or caught[-1])
    app.run()
    assert_healthy(app)
    (asked,) = caught
    assert asked.reading.session == "" and asked.kept[session.WHOSE]
    with session.aside(asked.kept):
        assert session.session_id() == asked.kept[session.WHOSE]


def test_a_hand_out_has_no_picture_in_three_dimensions():
    asked = asked_by("en", TEXT, "embeddings")
    asked = replace(asked, kept={"lang": "en", "embeddings_solid": True}, looked_at={"embeddings": ("projection",)})
    drawn = take_along.make_handout(asked).decode()
    assert "near points have similar vectors" in drawn
    assert "scatter3d" not in re.sub(r"<script>.*?</script>", "", drawn, flags=re.DOTALL)


@pytest.mark.parametrize("text", ["\ue0007\ue001", "a \ue000 b", "$x$ \ue0000\ue001"])
def test_signs_that_stand_for_formulas_are_not_taken_from_a_text(text):
    assert "\ue000" not in as_html(text)


def test_a_reader_is_offered_files_of_a_chapter_of_a_lesson_and_of_all(run):
    app = run("heads", lang="fr", text=TEXT)
    app.session_state["take heads"] = True
    app.run()
    assert_healthy(app)
    names = [button.proto.label for button in app.get("download_button")]
    assert names == ["Notebook (.ipynb)", "Feuille à distribuer (.html)", "Feuille d’exercices (.html)"]
    (box,) = [one for one in app.selectbox if one.key == take_along.WHAT]
    assert len(box.options) >= 4 and box.options[0] == "ce chapitre"
    box.select(box.options[-1]).run()
    assert_healthy(app)
