"""The few rules of style that Streamlit's theme cannot say."""

import streamlit as st

from pages.ui.words import _

# Streamlit's own hints and toolbars speak English only, so they are not shown; ours stand beside what they belong to.
ALWAYS = """
[data-testid="stRadioOption"]:not(:has(:checked)) > div > div:first-child
  { box-shadow: 0 0 0 1px light-dark(#70757d, #8f97a2); border-radius: 50%; }
[data-testid="InputInstructions"], [data-testid="stElementToolbar"], [data-testid="stHeaderActionElements"],
[data-testid="stConnectionStatus"],
body:has([data-test-connection-state]:not([data-test-connection-state="CONNECTED"])) [data-testid="stDialog"]
  { display: none !important; }
.st-key-whole_page { position: absolute; }
.stMainBlockContainer { padding: 3.5rem 2rem 2rem !important; }
[data-testid="stSidebarContent"] { padding: 0 0.4rem !important; scrollbar-gutter: auto !important; }
[data-testid="stSidebarUserContent"] { padding: 0.5rem 0.5rem 1rem !important; }
[data-testid="stSidebar"] [data-testid="stVerticalBlock"] { gap: 0.45rem; }
[data-testid="stSidebar"] [data-testid="stCaptionContainer"]:not(:has([data-testid="stTooltipHoverTarget"]))
  { line-height: 1.35; }
@media (pointer: fine) and (min-width: 641px) { [data-testid="stSidebar"] .stSlider { margin-bottom: -0.75rem; } }
.st-key-moment_row > :first-child p { font-size: 0.875rem; }
[data-testid="stSidebarHeader"]
  { position: absolute; top: 0.6rem; right: 0.4rem; height: 1.8rem; margin: 0; padding: 0; z-index: 2; }
[data-testid="stSidebarCollapseButton"] { visibility: visible !important; }
.st-key-lang { padding-right: 2.2rem; }
.st-key-about button { padding: 0.25rem !important; }
.st-key-about button p { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.stMain [data-testid="stVerticalBlock"] { gap: 0.7rem; }
h1 { font-size: 1.6rem !important; padding: 0 0 0.25rem !important; }
.stMain p, .stMain li { line-height: 1.45; }
.stMain .katex-display { padding: 0.5em 0; margin: 0.5em 0; } /* it cuts what is higher than a line, as fractions are */
h2 { font-size: 1.2rem !important; padding: 0.5rem 0 0.8rem !important; }
h3 { font-size: 1.1rem !important; padding: 0.5rem 0 0.8rem !important; }
[data-testid="stCaptionContainer"] { font-size: 0.85rem; opacity: 0.78 !important; }
button[data-testid^="stBaseButton-primary"] p, .stMultiSelect [data-tag] *
  { color: light-dark(#fdfcfa, #14171c) !important; }
@media (min-width: 769px)
  { [data-testid="stLayoutWrapper"]:has(> .st-key-in_page, > .st-key-door_in_page) { display: none !important; } }
.stMain :has(> [data-testid="stHorizontalBlock"]):not(:has([data-testid="stElementContainer"]))
  { display: none; }
.stMainBlockContainer { container-type: inline-size; }
@container (max-width: 640px) { .stMain [data-testid="stColumn"] { min-width: calc(100% - 1.5rem); } }
"""
# What is clicked is 24 px high and wide, what a finger touches 44: by its size, or by a margin that cannot be seen.
TOUCHED = """
.stPageLink a, .stCheckbox label { min-height: 24px; }
[data-testid="stTooltipHoverTarget"] > button { position: relative; z-index: 1; }
[data-testid="stTooltipHoverTarget"] > button::after { content: ""; position: absolute; inset: -5px; }
@media (pointer: coarse), (max-width: 640px) {
  .stButton button, .stButtonGroup button, .stDownloadButton button, .stPopover button, .stNumberInput button,
  .stSelectbox input, .stSelectbox button, .stMultiSelect input, .stMultiSelect button, .stTextInput input,
  .stNumberInput input, .stCheckbox label, .stRadio label, .stExpander summary, .stPageLink a,
  [data-testid="stSidebarNavLink"], [data-testid="stNavSectionHeader"], [data-testid="stExpandSidebarButton"],
  [data-testid="stSidebarCollapseButton"] button, [data-testid="stTopNavSection"], [data-testid="stTopNavDropdownLink"]
    { min-height: 44px !important; min-width: 44px; align-items: center; }
  .stSlider [role="group"] > div::before, .stSlider [role="group"] > div > div:has(input)::after
    { content: ""; position: absolute; inset: -15px; }
  [data-testid="stSidebarHeader"] { height: 44px; top: 0.2rem; }
  [data-testid="stTooltipHoverTarget"] > button::after { inset: -15px; }
  [data-testid="stCaptionContainer"]:has([data-testid="stTooltipHoverTarget"]) { padding: 0.5rem 0; }
  .stMultiSelect button:not(:last-child) svg { margin: auto; }
}
"""
# One chapter on paper: what is read, whole, without what is pressed.
PRINTED = """
@media print {
  @page { size: A4; margin: 12mm; }
  [data-testid="stHeader"], [data-testid="stSidebar"], [data-testid="stPageLink"], .st-key-in_page, .modebar,
  [data-testid="stExpander"]:not(:has(details[open])), [data-testid="stPopover"]
    { display: none !important; }
  html, body, #root, #root > div, .stApp, .stAppViewContainer, .stMain
    { position: static !important; display: block !important; overflow: visible !important; height: auto !important; }
  .stMainBlockContainer { padding: 0 !important; }
  .stApp { zoom: 0.56; } /* as wide as the charts were on the screen: they are not drawn anew for paper */
  .stElementContainer, [data-testid="stExpander"] { break-inside: avoid; }
}
"""
# From the back row: text of 20 points, which is 27 px, and nothing on the screen but the lesson.
PRESENTING = """
:root { font-size: max(27px, min(2.11vw, 3.75vh)) !important; }
[data-testid="stCaptionContainer"] { font-size: 1rem; }
[data-testid="stHeader"], [data-testid="stSidebar"] { display: none !important; }
.stMainBlockContainer { padding: 0.35rem 1rem 0.5rem !important; }
[data-testid="stLayoutWrapper"]:has(> .st-key-class_bar)
  { position: sticky; top: 0; z-index: 5; background: light-dark(#fdfcfa, #14171c); }
.st-key-class_bar /* of two lines where one would be cut */
  { gap: 0.35rem !important; flex-wrap: wrap !important; --share-size: 0.7rem; }
.st-key-class_bar > * { flex: 0 0 auto !important; width: auto !important; max-width: 100% !important; }
.st-key-class_bar > :has(.st-key-text), .st-key-class_bar > .st-key-text { flex: 1 1 6rem !important; min-width: 6rem; }
.st-key-class_bar h1
  { font-size: 0.85rem !important; line-height: 1.1 !important; padding: 0 !important; max-width: 9.5rem; }
.st-key-class_bar input { font-size: 0.85rem !important; }
.st-key-class_bar button { padding-inline: 0.4rem !important; }
.st-key-class_bar button p { font-size: 0.7rem; white-space: nowrap; }
[class*="st-key-show_"] button p { white-space: normal; }
.stMain [data-testid="stVerticalBlock"] { gap: 0.4rem !important; }
"""


# Where the chapters are behind the button that opens the sidebar, it says so.
MENU = """
@media (max-width: 768px) {
  [data-testid="stExpandSidebarButton"] { width: auto !important; padding: 0 0.6rem !important; }
  [data-testid="stExpandSidebarButton"]::after { content: "{words}"; padding-left: 0.3rem; }
}
"""
SKIP = '[data-testid="stSkipToContent"]'  # the first stop of the Tab key
MORE = ".rc-overflow-item-rest p"  # the menu of chapters for which the head of the page has no room
EMPTY_LIST = '[role="listbox"][data-empty="true"] [role="option"] span'


def apply(*, present: bool) -> None:
    """Lay the rules over the page; with `present`, the ones of presenter mode too."""
    ours = said_instead(SKIP, _("Go to the chapter")) + said_instead(EMPTY_LIST, _("Nothing is called so."))
    ours += said_instead(MORE, _("Other chapters"))
    ours += MENU.replace("{words}", _("Chapters and settings"))
    st.html(f"<style>{ALWAYS}{TOUCHED}{PRINTED}{ours}{PRESENTING if present else ''}</style>")


def said_instead(place: str, words: str) -> str:
    """Rules that put our words in place of Streamlit's own, which are English whatever the reader's language."""
    return f'{place} {{ font-size: 0 !important; }} {place}::after {{ content: "{words}"; font-size: 1rem; }}'
