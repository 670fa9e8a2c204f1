"""What a head does, on attention written by hand."""

import torch

from gpt_core import load_model
from gpt_core.measure.heads import (
    clearest_head,
    first_token_share,
    head_scores,
    induction_score,
    looks_back,
    previous_token_score,
    same_token_score,
    without_sink,
)

IDS = torch.tensor([3, 1, 4, 1, 5, 3])  # 1 repeats at place 3, after which came 4; 3 at place 5, after which came 1


def looking_at(places: list[int]) -> torch.Tensor:
    """All weight of each query on one place."""
    return torch.eye(6)[torch.tensor(places)]


def test_a_head_that_looks_one_back():
    assert previous_token_score(looking_at([0, 0, 1, 2, 3, 4])) == 1
    assert previous_token_score(looking_at([0, 1, 2, 3, 4, 5])) == 0


def test_a_head_that_rests_on_the_first_token():
    """The second query's view of the first token is its previous token too, so it does not count."""
    assert first_token_share(looking_at([0, 1, 0, 0, 0, 0])) == 1
    assert first_token_share(looking_at([0, 0, 0, 0, 3, 4])) == 0.5


def test_a_head_that_looks_at_earlier_copies():
    assert same_token_score(looking_at([0, 0, 0, 1, 0, 0]), IDS) == 1
    assert same_token_score(looking_at([0, 0, 0, 1, 0, 5]), IDS) == 0.5


def test_a_head_that_looks_at_what_came_next_last_time():
    assert induction_score(looking_at([0, 0, 0, 2, 0, 1]), IDS) == 1
    assert induction_score(looking_at([0, 0, 0, 2, 0, 0]), IDS) == 0.5


def test_equal_neighbours_have_no_place_after_the_copy_but_the_query_itself():
    """In "a a" the token after the earlier copy is the query: looking at oneself is not induction."""
    ids = torch.tensor([7, 7])
    assert induction_score(torch.eye(2), ids).isnan()


def test_without_any_repeat_there_is_no_score():
    weights = torch.full((4, 4), 0.25).tril()
    assert same_token_score(weights, torch.arange(4)).isnan()
    assert induction_score(weights, torch.arange(4)).isnan()
    assert previous_token_score(torch.ones(1, 1)).isnan()


def test_all_heads_of_all_layers_at_once(tiny, ids):
    weights = torch.stack([block.att.weights for block in tiny.trace(ids).blocks])
    scores = head_scores(weights, ids)
    assert scores.previous_token.shape == scores.induction.shape == (2, 3)
    assert scores.same_token[1, 2] == same_token_score(weights[1, 2], ids)
    for score in vars(scores).values():
        assert ((score >= 0) & (score <= 1)).all()


def test_scores_are_means_of_the_weights_at_those_places(tiny, ids):
    weights = tiny.trace(ids).blocks[0].att.weights
    by_hand = sum(weights[:, t, t - 1] for t in range(1, 7)) / 6
    torch.testing.assert_close(previous_token_score(weights), by_hand)
    torch.testing.assert_close(first_token_share(weights), weights[:, 2:, 0].mean(dim=-1))


def test_without_the_first_token_rows_sum_to_one_again(tiny, ids):
    weights = tiny.trace(ids).blocks[0].att.weights
    rest = without_sink(weights)
    torch.testing.assert_close(rest.sum(dim=-1), torch.ones(3, 7))
    assert (rest[:, 1:, 0] == 0).all()
    assert torch.equal(rest[:, 0], weights[:, 0])
    torch.testing.assert_close(rest[:, 3, 1] / rest[:, 3, 2], weights[:, 3, 1] / weights[:, 3, 2])


def test_a_head_with_all_weight_on_the_first_token_leaves_an_empty_row():
    assert (without_sink(looking_at([0, 0, 0, 0, 0, 0]))[1:] == 0).all()


def test_the_clearest_head_of_the_first_layers_or_of_one_is_the_best_of_those():
    trace = load_model("random-small").trace(torch.arange(300, 309))
    scores = looks_back(trace, 8)
    anywhere = clearest_head(trace, 8)
    assert anywhere and scores[anywhere] == scores.nan_to_num(-1).max()
    for n in (1, 2, 3):
        layer, head = clearest_head(trace, 8, n_layers=n) or (n, 0)
        assert layer < n
        assert scores[layer, head] == scores[:n].nan_to_num(-1).max()
    assert (clearest_head(trace, 8, layer=3, n_layers=1) or (0, 0))[0] == 3
