"""What the pages share of Streamlit: the reader's choices, the cached model and trace, charts, words, downloads."""
