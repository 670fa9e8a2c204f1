"""Byte-pair encoding: our replayed merges against tiktoken's, for any text."""

import gzip
import inspect

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tiktoken_ext import openai_public

from gpt_core import Tokenizer
from gpt_core.tokenizer import vocabulary

ENCODINGS = ("gpt2", "cl100k_base", "o200k_base")
HOSTILE = st.text(st.characters(codec=None)) | st.text(  # the first may hold lone surrogates
    st.sampled_from(list(" \n\r\t\u00a0\u200b\ufeff\0'sSſLlKK€éœ́İıǅ9٣½一😀\u200d\ud83d\ude00<|endoftext|>/")),
    max_size=60,
)
RUNS = st.builds(lambda unit, n: unit * n, st.text(min_size=1, max_size=3), st.integers(1, 100))


@pytest.fixture(scope="module")
def gpt2() -> Tokenizer:
    return Tokenizer()


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=HOSTILE | RUNS)
@settings(max_examples=80, deadline=None)
@example("")
@example(" ")
@example("\n\n  \t x")
@example("\ud83d")
@example("I'M we'll ſ'ſ d'accord")
@example("<|endoftext|>")
@example("a" * 500)
def test_the_replayed_merges_give_tiktokens_ids(encoding, text):
    tokenizer = Tokenizer(encoding)
    trace = tokenizer.trace(text)
    assert trace.ids == tokenizer.encode(text)
    assert [tokenizer.token(id) for id in trace.ids] == trace.tokens
    assert "".join(word.text for word in trace.words) == tokenizer.decode(trace.ids)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=st.text())
@settings(max_examples=80, deadline=None)
@example("👨‍👩‍👧‍👦 日本語 \u202eשלום\u202c \0 \ufeff")
def test_decoding_undoes_encoding(encoding, text):
    tokenizer = Tokenizer(encoding)
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=HOSTILE, special=st.booleans())
@settings(max_examples=100, deadline=None)
@example("a<|endoftext|><|endoftext|> b", True)
def test_end_of_text_is_special_only_on_request(encoding, text, special):
    tokenizer = Tokenizer(encoding)
    assert tokenizer.trace(text, special=special).ids == tokenizer.encode(text, special=special)
    assert special or tokenizer.end_of_text not in tokenizer.encode(text)
    assert tokenizer.encode(text, special=True).count(tokenizer.end_of_text) == text.count("<|endoftext|>")


def test_every_stage_of_a_word_spells_the_word(gpt2):
    for word in gpt2.trace("Unbelievable, l'été dernier! <|endoftext|> 日本語", special=True).words:
        assert {b"".join(stage) for stage in word.stages} == {word.text.encode()}
        assert word.stages[-1] == word.tokens
        assert len(word.stages) == len(word.merges) + 1


def test_merges_come_in_the_order_of_their_ranks_within_the_word(gpt2):
    """Golden. Two pairs may be ready at once: " j" waits while "o" + "u" and "ou" + "r" are merged first."""
    (word,) = gpt2.trace(" journey").words
    assert [(merge.left, merge.right, merge.rank) for merge in word.merges] == [
        (b"o", b"u", 280),
        (b"ou", b"r", 454),
        (b" ", b"j", 474),
        (b"n", b"e", 710),
        (b"ne", b"y", 1681),
        (b"our", b"ney", 5604),
        (b" j", b"ourney", 7002),
    ]
    assert word.stages[3] == (b" j", b"our", b"n", b"e", b"y")
    assert word.tokens == (b" journey",)
    assert word.ids == (7002,)


def test_a_letter_may_be_cut_in_two(gpt2):
    trace = gpt2.trace("日")
    assert trace.tokens == [b"\xe6\x97", b"\xa5"]
    assert gpt2.decode(trace.ids[:1]) == "\ufffd"


def test_the_first_three_letters_of_gpt2s_vocabulary_are_punctuation(gpt2):
    assert [gpt2.token(id) for id in range(3)] == [b"!", b'"', b"#"]
    assert (gpt2.vocab_size, gpt2.end_of_text, gpt2.token(50_256)) == (50_257, 50_256, b"<|endoftext|>")


@pytest.mark.parametrize(("encoding", "size"), [("gpt2", 50_257), ("cl100k_base", 100_257), ("o200k_base", 199_999)])
def test_vocabularies_have_their_published_sizes(encoding, size):
    assert Tokenizer(encoding).vocab_size == size


def test_search_finds_parts_of_tokens_the_shortest_first(gpt2):
    found = [gpt2.token(id) for id in gpt2.search("journ")]
    assert found[:3] == [b"journal", b" journal", b" journey"]
    assert all(b"journ" in token for token in found)
    assert len(gpt2.search("e", limit=7)) == 7
    assert gpt2.search("no token holds this") == []
    assert gpt2.search("\ud800") == gpt2.search("\ufffd")


def test_words_are_cut_as_tiktoken_cuts_them():
    """The patterns are those in tiktoken's own source."""
    source = {name: inspect.getsource(getattr(openai_public, name)) for name in ("cl100k_base", "o200k_base")}
    assert vocabulary.PUBLISHED["gpt2"].pattern == openai_public.r50k_pat_str
    assert vocabulary.PUBLISHED["cl100k_base"].pattern in source["cl100k_base"]
    lines = [line.strip() for line in source["o200k_base"].splitlines()]
    pieces = [line.removeprefix('r"""').removesuffix('""",') for line in lines if line.startswith('r"""')]
    assert vocabulary.PUBLISHED["o200k_base"].pattern == "|".join(pieces)


@pytest.mark.parametrize("id", [-1, 50_257, 1 << 40, -(1 << 70)])
def test_an_unknown_id_is_refused_by_name(gpt2, id):
    with pytest.raises(ValueError, match=rf"^id {id} is not in the gpt2 vocabulary of 50257$"):
        gpt2.decode([0, id])


def test_an_unknown_encoding_is_refused_by_name(unchecked):
    with pytest.raises(ValueError, match=r"^encoding 'p50k' is not one of gpt2, cl100k_base, o200k_base$"):
        Tokenizer("p50k")  # type: ignore[arg-type]


def test_a_damaged_vocabulary_is_refused(tmp_path, monkeypatch):
    whole = gzip.decompress((vocabulary.FOLDER / "r50k_base.tiktoken.gz").read_bytes())
    (tmp_path / "r50k_base.tiktoken.gz").write_bytes(gzip.compress(whole[:-1]))
    monkeypatch.setattr(vocabulary, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"^r50k_base: SHA-256 is [0-9a-f]{64}, expected 306cd27f"):
        vocabulary.load.__wrapped__("gpt2")
