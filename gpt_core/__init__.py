"""GPT-2 from the inside: a small GPT whose every intermediate has a name, a shape and a place to look at it.

Read in this order: config, trace, tokenizer, embedding, layer_norm, attention, feed_forward, block, gpt, generate.
"""

from gpt_core.generation.generate import Step, generate
from gpt_core.model.config import GPTConfig
from gpt_core.model.gpt import GPT
from gpt_core.model.intervention import Intervention, Patch
from gpt_core.model.trace import GPTTrace
from gpt_core.tokenizer.bpe import Tokenizer
from gpt_core.weights.catalogue import load_model

__all__ = ["GPT", "GPTConfig", "GPTTrace", "Intervention", "Patch", "Step", "Tokenizer", "generate", "load_model"]
