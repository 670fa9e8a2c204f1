"""The page on which the chart is tried, with the routes that it needs."""

import streamlit as st

from pages.server import drawing

app = st.App("chart_page.py", routes=drawing.ROUTES)
