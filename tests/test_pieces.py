"""What tokens are made of, and windows in which they fall into it."""

import pytest
import torch

from gpt_core import Tokenizer
from gpt_core.training.recipes import scripts
from gpt_core.training.recipes.pieces import WHOLE, halves, undone, with_pieces

TOKENIZER = Tokenizer()


def test_the_two_halves_of_every_token_are_its_bytes_and_older_than_it():
    table = halves()
    whole = (table == WHOLE).all(dim=-1).nonzero()[:, 0].tolist()
    assert len(whole) == 257, "single bytes, and <|endoftext|>"
    assert all(len(TOKENIZER.token(id)) == 1 for id in whole if id != TOKENIZER.end_of_text)
    for id, (first, second) in enumerate(table.tolist()):
        if id not in whole:
            assert first < id
            assert second < id
            assert TOKENIZER.token(first) + TOKENIZER.token(second) == TOKENIZER.token(id)


@pytest.mark.parametrize("text", [" king", " unbelievable", "Straße", " extraordinary"])
def test_they_are_what_the_last_merge_of_the_tokenizer_joins(text: str):
    for word in TOKENIZER.trace(text).words:
        if word.merges and len(word.ids) == 1:
            last = word.merges[-1]
            assert [TOKENIZER.token(int(half)) for half in halves()[word.ids[0]]] == [last.left, last.right]


def test_pieces_go_down_to_single_bytes():
    found = with_pieces(torch.tensor(TOKENIZER.encode(" king")))
    assert {TOKENIZER.token(int(id)) for id in found} >= {b" king", b" k", b"ing", b" ", b"k", b"i", b"n", b"g"}
    assert torch.equal(with_pieces(found), found)


@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
def test_a_text_in_pieces_is_the_same_text(chance: float):
    ids = torch.tensor(TOKENIZER.encode("The old king gave the golden key to the boy. 🙂 Était-ce vrai ?"))
    window = undone(ids, halves(), chance, torch.Generator().manual_seed(1))
    assert TOKENIZER.decode(window.tolist()) == TOKENIZER.decode(ids.tolist())
    assert (len(window) > len(ids)) == (chance > 0)
    if chance == 1:
        assert all(len(TOKENIZER.token(int(id))) == 1 for id in window)


def test_bytes_in_disorder_are_all_bytes_and_end_each_line():
    found = scripts.bytes_in_disorder(200, seed=1)
    assert {TOKENIZER.token(int(id)) for id in found.unique()} == {bytes([byte]) for byte in range(256)}
    assert {TOKENIZER.token(int(id)) for id in found[:, -1]} == {b"\n"}


def test_lines_of_other_scripts_are_the_same_for_a_seed_and_of_one_script_each():
    found = scripts.lines(300, seed=4)
    assert found == scripts.lines(300, seed=4) != scripts.lines(300, seed=5)
    used = set()
    for line in found:
        assert line.endswith("\n")
        places = [
            {at for at, (first, last, _) in enumerate(scripts.SCRIPTS) if first <= ord(sign) <= last}
            for sign in line.strip()
            if sign != " "
        ]
        common = set.intersection(*places)
        assert common, line
        used |= common
    assert len(used) > len(scripts.SCRIPTS) / 2
