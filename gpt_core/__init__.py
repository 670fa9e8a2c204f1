"""GPT-2 from the inside: a small GPT whose every intermediate has a name, a shape and a place to look at it.

Read in this order: config, trace, tokenizer, embedding, layer_norm, attention, feed_forward, block, gpt, generate.
"""

from gpt_core.catalogue import load_model
from gpt_core.config import GPTConfig
from gpt_core.generate import Step, generate
from gpt_core.gpt import GPT
from gpt_core.intervention import Intervention, Patch
from gpt_core.tokenizer import Tokenizer
from gpt_core.trace import GPTTrace

__all__ = ["GPT", "GPTConfig", "GPTTrace", "Intervention", "Patch", "Step", "Tokenizer", "generate", "load_model"]
