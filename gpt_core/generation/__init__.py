"""Choosing the next token: temperature, top-k, top-p, and a text that grows token by token."""
