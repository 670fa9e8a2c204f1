"""Many readers of the real server: what they are sent, when, and what becomes of them when a replica dies."""
