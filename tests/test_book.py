"""Every number the book prints, from the functions that the pages offer as "The book's example"."""

import json
from pathlib import Path

import pytest
import torch

from gpt_core import Tokenizer, generate, load_model
from gpt_core.examples import book
from gpt_core.examples.book_dropout import dropped_out
from gpt_core.model.config import BOOK_124M

EXAMPLES = json.loads((Path(__file__).parent / "reference" / "book_examples.json").read_text("utf-8"))
PRINTED = {"rtol": 0, "atol": 5.1e-5}  # four digits after the point


def close(ours: torch.Tensor, printed: list) -> None:
    torch.testing.assert_close(ours, torch.tensor(printed, dtype=ours.dtype), **PRINTED)


def test_attention_without_weights():
    expected = EXAMPLES["simple_self_attention"]
    example, row = book.simple_attention(), expected["query_index"]
    assert list(book.WORDS) == expected["tokens"]
    assert row == book.JOURNEY
    close(example.inputs, expected["inputs"])
    close(example.scores[row], expected["scores_of_query"])
    close(example.normalised_by_sum[row], expected["normalised_by_sum"])
    close(example.weights[row], expected["softmax"])
    close(example.context[row], expected["context_of_query"])
    close(example.context, expected["all_context"])


def test_the_products_of_a_pair_sum_to_its_score():
    example = book.simple_attention()
    torch.testing.assert_close(example.products.sum(dim=-1), example.scores)


def test_attention_with_query_key_value():
    expected = EXAMPLES["trainable_self_attention"]
    trace, row = book.trainable_attention(), book.JOURNEY
    close(trace.queries[0, row], expected["query_of_journey"])
    close(trace.scores[0, row, row], expected["score_journey_journey"])
    close(trace.scores[0, row], expected["scores_of_journey"])
    close(trace.weights[0, row], expected["weights_of_journey"])
    close(trace.context[0, row], expected["context_of_journey"])


def test_attention_with_linear_layers():
    expected = EXAMPLES["trainable_self_attention"]["linear_version"]
    close(book.trainable_attention("linear").out, expected["context"])


def test_mask_then_renormalise_is_minus_infinity_before_the_softmax():
    expected, mask = EXAMPLES["causal_mask"], book.causal_attention()
    close(mask.weights[1], expected["weights_before_mask_row_2"])
    close(mask.renormalised, expected["masked_then_renormalised"])
    torch.testing.assert_close(mask.minus_infinity, mask.renormalised)
    assert torch.equal(mask.zeroed.bool(), mask.masked_scores.isfinite())


def test_dropout_draws_what_the_book_prints():
    """Raschka, section 3.5.2, as printed."""
    ones = [[2, 2, 0, 2, 2, 0], [0, 0, 0, 2, 0, 2], [2, 2, 2, 2, 0, 2], [0, 2, 2, 0, 0, 2], [0, 2, 0, 2, 0, 2]]
    assert dropped_out(torch.ones(6, 6)).tolist() == [*ones, [0, 2, 2, 2, 2, 0]]
    dropped = [
        [2.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000],
        [0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000],
        [0.7599, 0.6194, 0.6206, 0.0000, 0.0000, 0.0000],
        [0.0000, 0.4921, 0.4925, 0.0000, 0.0000, 0.0000],
        [0.0000, 0.3966, 0.0000, 0.3775, 0.0000, 0.0000],
        [0.0000, 0.3327, 0.3331, 0.3084, 0.3331, 0.0000],
    ]
    close(dropped_out(book.causal_attention().minus_infinity), dropped)


def test_an_id_picks_a_row():
    expected, example = EXAMPLES["token_embedding"], book.token_embedding()
    close(example.table, expected["weight"])
    assert example.ids.tolist() == expected["ids"]
    close(example.rows, [expected["weight"][id] for id in expected["ids"]])
    assert torch.equal(example.product, example.rows)


def test_the_books_tokens():
    expected = EXAMPLES["bpe"]
    assert expected["text"] == book.TOKENIZER_TEXT
    assert Tokenizer().encode(book.TOKENIZER_TEXT, special=True) == expected["ids"]


def test_layer_norm_of_a_linear_layer_with_relu():
    expected, example = EXAMPLES["layer_norm"], book.layer_norm_example()
    close(example.layer_output, expected["layer_output"])
    close(example.mean[:, 0], expected["mean"])
    close(example.unbiased_variance[:, 0], expected["unbiased_variance"])
    close(example.normalised, expected["normalised_by_unbiased_variance"])
    torch.testing.assert_close(example.biased_variance, example.unbiased_variance * 5 / 6)
    torch.testing.assert_close(example.normalised_biased.square().mean(dim=-1), torch.ones(2))


def test_gradients_vanish_without_shortcuts():
    found = book.deep_network(shortcuts=False).mean_abs_gradients
    printed = torch.tensor(EXAMPLES["shortcut"]["mean_abs_weight_gradient_without"])
    torch.testing.assert_close(found, printed, rtol=1e-5, atol=0)


def test_gradients_live_with_shortcuts():
    """Golden: printed in the book's section 4.4, to four digits."""
    found = book.deep_network(shortcuts=True).mean_abs_gradients
    close(found, [0.2217, 0.2069, 0.3290, 0.2666, 1.3259])


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_gradients_are_there_wherever_a_page_asks_for_them(context):
    with context():
        assert torch.equal(
            book.deep_network(shortcuts=True).mean_abs_gradients, book.deep_network(shortcuts=True).mean_abs_gradients
        )


def test_the_random_124m_model_says_what_the_books_says():
    expected = EXAMPLES["gpt_124m"]
    sizes = {name: getattr(BOOK_124M, name) for name in expected["config"] if name != "drop_rate"}
    assert sizes == {name: value for name, value in expected["config"].items() if name != "drop_rate"}
    assert expected["prompt"] == book.PROMPT

    model, tokenizer = load_model("random-124m"), Tokenizer()
    parameters = sum(parameter.numel() for parameter in model.parameters())
    assert parameters == expected["parameters"]
    assert parameters - model.out_head.weight.numel() == expected["parameters_with_tied_head"]
    assert round(parameters * 4 / 2**20, 2) == expected["megabytes_float32"]

    ids = tokenizer.encode(book.PROMPT)
    assert ids == expected["prompt_ids"]
    new = [step.id for step in generate(model, ids, max_new_tokens=6)]
    assert new == expected["greedy_next_six_ids_in_eval_mode"]
    assert tokenizer.decode(ids + new) == expected["decoded"]


def test_a_thousand_draws_among_nine_words():
    """Section 5.3.1, as its listing prints them."""
    printed = {"closer": 73, "forward": 582, "inches": 2, "toward": 343}
    drawn = zip(book.NEXT_WORDS, book.next_word_draws().tolist(), strict=True)
    assert {word: count for word, count in drawn if count} == printed


def test_examples_do_not_touch_the_global_generator():
    torch.manual_seed(7)
    before = torch.get_rng_state()
    book.trainable_attention()
    book.token_embedding()
    book.layer_norm_example()
    book.deep_network(shortcuts=True)
    book.next_word_draws(n=3)
    assert torch.equal(torch.get_rng_state(), before)
