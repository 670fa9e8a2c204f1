"""A class on one link: what its teacher shows, votes, sentences; in SQLite or Redis, for four hours at most."""
