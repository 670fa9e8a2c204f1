"""A vocabulary of whole words, against the book's examples of sections 2.3 and 2.4."""

import pytest

from gpt_core.tokenizer.word_vocabulary import UNKNOWN, WordVocabulary, words_of


def test_words_and_marks_are_taken_apart_as_in_the_book():
    assert words_of("Hello, world. Is this-- a test?") == [
        "Hello", ",", "world", ".", "Is", "this", "--", "a", "test", "?",
    ]  # fmt: skip


def test_the_list_is_sorted_without_repeats_and_ends_with_the_two_special_tokens():
    vocabulary = WordVocabulary.built_from("b a, b A a")
    assert vocabulary.words == (",", "A", "a", "b", "<|endoftext|>", "<|unk|>")


def test_a_text_comes_back_from_its_own_vocabulary():
    text = "Your journey starts with one step, does it?"
    vocabulary = WordVocabulary.built_from(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text


def test_a_word_from_outside_is_lost():
    vocabulary = WordVocabulary.built_from("the sunlit terraces")
    ids = vocabulary.encode("the someunknownPlace")
    assert vocabulary.decode(ids) == f"the {UNKNOWN}"
    assert UNKNOWN not in vocabulary.decode(vocabulary.encode("sunlit the"))


def test_end_of_text_joins_two_texts_as_in_the_book():
    vocabulary = WordVocabulary.built_from("do you like tea")
    assert vocabulary.decode(vocabulary.encode("you <|endoftext|> tea")) == "you <|endoftext|> tea"


def test_an_empty_text_leaves_only_the_special_tokens():
    vocabulary = WordVocabulary.built_from("  \n")
    assert vocabulary.words == ("<|endoftext|>", "<|unk|>")
    assert vocabulary.encode("") == []


def test_an_id_from_elsewhere_is_refused_by_number():
    with pytest.raises(ValueError, match=r"id 7 is not in this vocabulary of 3"):
        WordVocabulary.built_from("a").decode([0, 7])
