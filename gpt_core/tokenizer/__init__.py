"""From text to ids and back: byte-pair encoding, its published vocabularies, and one of whole words."""
