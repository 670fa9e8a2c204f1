"""Start: from text to the next word."""

from pages.ui import chapter

chapter.say("happens")
