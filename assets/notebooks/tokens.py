# %% one_merge
piece = tokenizer.trace(text, special=special).words[word_at]
word, n, step = piece.text.encode(), len(piece.merges), merges_done
if step:
    merge = piece.merges[step - 1]
    left, right, result, rank = merge.left, merge.right, merge.result, merge.rank
piece.stages[: step + 1]

# %% token_in_focus
token, id_, n = tokens[position], ids[position], len(tokens[position])
word = tokenizer.trace(text, special=special).words[word_at].text.encode()

# %% nothing_is_lost
whole = tokenizer.encode(text, special=special)
n = len(whole)
assert tokenizer.decode(whole) == text
assert tokenizer.trace(text, special=special).ids == whole

# %% look encodings
from gpt_core import Tokenizer

vocabularies = (Tokenizer(name) for name in ("gpt2", "cl100k_base", "o200k_base"))
gpt2, cl100k, o200k = (len(sample) / len(one.encode(sample, special=special)) for one in vocabularies)
