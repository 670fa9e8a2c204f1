"""The model itself: an hour's reading with the book beside it. Start with `config` and `trace`."""
