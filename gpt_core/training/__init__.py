"""Training: the loop, its optimisers, and a GPT so small that it learns one text while a class watches."""
