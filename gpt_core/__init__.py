"""GPT-2 from the inside: a small GPT whose every intermediate has a name, a shape and a place to look at it.

Begin with `gpt_core/README.md`: it gives the reading order, ten lines of use and the table of symbols.
"""

from gpt_core.generation.generate import Step, generate
from gpt_core.model.config import GPTConfig
from gpt_core.model.gpt import GPT
from gpt_core.model.intervention import Intervention, Patch
from gpt_core.model.trace import GPTTrace
from gpt_core.tokenizer.bpe import Tokenizer
from gpt_core.weights.catalogue import load_model
from gpt_core.weights.folder import save_model

__version__ = "0.2.0"
__all__ = [
    "GPT",
    "GPTConfig",
    "GPTTrace",
    "Intervention",
    "Patch",
    "Step",
    "Tokenizer",
    "__version__",
    "generate",
    "load_model",
    "save_model",
]
