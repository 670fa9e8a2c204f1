"""A BPE trained on a text: its merges are those of Hugging Face's `tokenizers`, and no byte is lost."""

from itertools import pairwise

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from gpt_core.tokenizer.bpe_training import encode, encode_by_rank, train

TEXTS = [
    "Once upon a time there was a little girl. Once upon a time there was a little boy, a little bird and a tree.",
    "low low low low low lower lower newest newest newest newest newest newest widest widest widest",
    "Il était une fois une petite fille qui vivait près d’une forêt. Une fois, la petite fille vit la forêt en été.",
    "aaaa aaaaa aaa aaaaaaa 1122 1122 1122!! ?? ??\n\n\nééé ééé 日本語日本語 🙂🙂 🙂",
]


def by_reference(text: str, most: int) -> list[bytes]:
    """What `tokenizers` learns: its first letters stand for bytes, as in GPT-2's published files."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=len(alphabet) + most, min_frequency=2, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator([text], trainer)
    places = sorted(made.get_vocab().items(), key=lambda item: item[1])
    return [letters_to_bytes(token) for token, _id in places[len(alphabet) :]]


def letters_to_bytes(token: str) -> bytes:
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {chr(byte): byte for byte in printable}
    letters |= {chr(256 + n): byte for n, byte in enumerate(byte for byte in range(256) if byte not in printable)}
    return bytes(letters[letter] for letter in token)


@pytest.mark.parametrize("text", TEXTS, ids=["English", "the paper's", "French", "signs"])
def test_the_merges_are_those_of_the_reference_in_its_order(text):
    learnt = train(text, most=40)
    assert learnt
    assert [one.token for one in learnt] == by_reference(text, len(learnt))


@pytest.mark.parametrize("text", TEXTS, ids=["English", "the paper's", "French", "signs"])
def test_either_way_to_merge_cuts_the_text_the_same_and_loses_nothing(text):
    for n in (0, 1, 7, 40):
        learnt = train(text, most=n)
        cut = encode(text, learnt)
        assert cut == encode_by_rank(text, learnt)
        assert b"".join(cut) == text.encode()


def test_each_merge_is_of_the_commonest_pair_and_shortens_the_text_by_its_count():
    text = "low low low lower lowest new newer newest"
    learnt = train(text, most=40)
    counts = [one.count for one in learnt]
    assert all(count >= 2 for count in counts)
    lengths = [len(encode(text, learnt[:n])) for n in range(len(learnt) + 1)]
    assert [before - after for before, after in pairwise(lengths)] == counts


def test_where_no_pair_occurs_twice_nothing_is_learnt():
    assert train("abcdefg", most=5) == []
    assert train("", most=5) == []
