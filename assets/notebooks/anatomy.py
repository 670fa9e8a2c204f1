# %% part_by_part
from dataclasses import asdict

from gpt_core.measure.anatomy import count_parameters

parts = asdict(count_parameters(model.config))
picture = list(parts.values())
bars(list(parts), picture)

# %% family_shares
from gpt_core.measure.anatomy import count_parameters
from gpt_core.model.config import PUBLISHED

family = [PUBLISHED[name] for name in ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "gpt3-175b")]
shares = [count_parameters(config).shares for config in (model.config, *family)]
picture = np.array([list(share.values()) for share in shares])
heatmap(picture, columns=list(shares[0]))

# %% sizes
from gpt_core.measure.anatomy import count_parameters

config = model.config
layers, heads, width, vocabulary = config.n_layers, config.n_heads, config.emb_dim, config.vocab_size
total = count_parameters(config).total

# %% sizes 2
from gpt_core.measure.anatomy import count_parameters
from gpt_core.model.config import PUBLISHED

own, largest = (count_parameters(config).shares for config in (model.config, PUBLISHED["gpt3-175b"]))
here, there, thought = own["token_embedding"], largest["token_embedding"], largest["feed_forward"]

# %% counted_twice
from gpt_core.measure.anatomy import count_parameters, count_tensors

counted, found = count_parameters(model.config).total, count_tensors(model).total
n = abs(counted - found)

# %% look family_totals
from gpt_core.measure.anatomy import count_parameters
from gpt_core.model.config import PUBLISHED

family = [PUBLISHED[name] for name in ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "gpt3-175b")]
picture = totals = [count_parameters(config).total for config in (model.config, *family)]
total, times = totals[-1], round(totals[-1] / totals[0])
bars(["this model", *PUBLISHED], picture)

# %% look tied_head
from dataclasses import asdict, replace

from gpt_core.measure.anatomy import count_parameters
from gpt_core.model.config import BOOK_124M, PUBLISHED

counts = [count_parameters(one) for one in (BOOK_124M, replace(BOOK_124M, tied_head=True), PUBLISHED["gpt2"])]
picture = np.array([list(asdict(count).values()) for count in counts])
untied, shared, published = (count.total for count in counts)
head_, biases = counts[0].out_head, published - shared
heatmap(picture)
