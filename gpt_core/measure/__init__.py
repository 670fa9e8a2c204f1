"""Functions of a trace: what heads do, what the stream says, who made a logit, what a part is worth."""
