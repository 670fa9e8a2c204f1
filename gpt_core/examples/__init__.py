"""The book's worked numbers, and the recurrent network that attention is held against."""
