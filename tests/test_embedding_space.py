"""Rows of the token table: picked, compared and projected."""

import pytest
import torch

from gpt_core.measure.embedding_space import cosine_table, most_alike, nearest, picked_by_one_hot, principal_components
from gpt_core.model.seeding import seeded


@pytest.fixture
def table() -> torch.Tensor:
    with seeded(3):
        return torch.randn(17, 12)


def test_a_one_hot_vector_picks_its_row(table):
    assert torch.equal(picked_by_one_hot(table, 5), table[5])


def test_neighbours_come_by_cosine_nearest_first_without_the_token_itself(table):
    cosines = torch.nn.functional.cosine_similarity(table, table[4][None])
    order = [i for i in cosines.argsort(descending=True).tolist() if i != 4]
    found = nearest(table, 4, n=6)
    assert found.ids.tolist() == order[:6]
    torch.testing.assert_close(found.cosines, cosines[order[:6]])


def test_length_does_not_matter_but_direction_does():
    table = torch.tensor([[1.0, 0.0], [100.0, 1.0], [0.9, 0.5], [-1.0, 0.0]])
    assert nearest(table, 0, n=3).ids.tolist() == [1, 2, 3]


def test_neighbours_can_be_kept_to_some_tokens(table):
    among = torch.tensor([2, 4, 9, 11])
    found = nearest(table, 4, n=10, among=among)
    assert sorted(found.ids.tolist()) == [2, 9, 11]


def test_cosines_of_all_pairs_are_symmetric_with_ones_down_the_diagonal(table):
    alike = cosine_table(table)
    torch.testing.assert_close(alike, torch.nn.functional.cosine_similarity(table[:, None], table[None], dim=-1))
    torch.testing.assert_close(alike.diagonal(), torch.ones(17))
    assert cosine_table(torch.zeros(2, 3)).tolist() == [[0, 0], [0, 0]]


def test_a_row_of_zeros_has_no_direction_and_breaks_nothing():
    found = nearest(torch.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0]]), 0, n=5)
    assert found.cosines.tolist() == [0.0, 0.0]


def test_principal_components_keep_all_distances_of_points_in_a_plane():
    with seeded(8):
        flat, frame = torch.randn(9, 2), torch.linalg.qr(torch.randn(12, 2)).Q
    projected = principal_components(flat @ frame.T + 4, n=2)
    torch.testing.assert_close(torch.cdist(projected.points, projected.points), torch.cdist(flat, flat))
    assert projected.shares.sum().item() == pytest.approx(1, abs=1e-5)
    assert projected.shares[0] > projected.shares[1]


def test_the_shares_are_those_of_the_covariance(table):
    variances = torch.linalg.eigvalsh(torch.cov(table.T)).flip(0)
    torch.testing.assert_close(principal_components(table, n=3).shares, (variances / variances.sum())[:3])


def test_one_point_and_equal_points_lie_at_zero():
    one = principal_components(torch.ones(1, 12), n=3)
    two = principal_components(torch.ones(2, 12), n=3)
    assert one.points.tolist() == [[0, 0, 0]]
    assert two.points.abs().max() == 0
    assert two.shares.isfinite().all()


def test_the_pair_most_alike_is_of_two_different_tokens(table):
    ids = [4, 9, 4, 1]
    table[1] = -2 * table[9] + 0.1 * table[3]  # opposite: as far from alike as can be
    table[4] = 3 * table[9] + 0.1 * table[3]
    assert most_alike(cosine_table(table[ids]), ids) == (0, 1)


@pytest.mark.parametrize("ids", [[4], [4, 4]])
def test_equal_tokens_make_no_pair(table, ids):
    assert most_alike(cosine_table(table[ids]), ids) is None
