"""Chapter 12: what a GPT's size means, counted part by part: parameters, memory, operations."""

import pandas as pd

from gpt_core.measure import anatomy
from pages import figures
from pages.experiments import anatomy as experiments
from pages.ui import chapter
from pages.ui.components.chart import chart
from pages.ui.layout import columns, experiments_menu
from pages.ui.words import _, number

reading, chosen = chapter.current_text_and_choices()
config = reading.card.config
counted = anatomy.count_parameters(config)
found = anatomy.count_tensors(reading.model)
parts = experiments.parts(counted)

here, family = columns(1, 1)
with here:
    chart(
        figures.bars(
            list(parts.values()),
            labels=list(parts),
            texts=[experiments.rounded(count) for count in parts.values()],
            value_format=".3~s",
            axis_title=_("parameters of this model"),
            label_axis="plain",
            colour=[experiments.part_colours()[part] for part in parts],
        ),
        key="parameters",
        alt=_("Parameters of the running model, part by part."),
        height=375,
    )
with family:
    experiments.family_shares(reading)

chapter.tell(
    _("{model}: {layers} blocks of {heads} heads, width {width}, a table of {vocabulary} tokens: {total} parameters."),
    model=_(reading.card.title),
    layers=config.n_layers,
    heads=config.n_heads,
    width=number(config.emb_dim),
    vocabulary=number(config.vocab_size),
    total=number(counted.total),
)
experiments.tell_shares(counted)
chapter.check(
    found == counted,
    _("Counted from the sizes: {counted}. Counted in the model’s own tensors: {found}. Difference: {n}.").format(
        counted=number(counted.total), found=number(found.total), n=number(abs(found.total - counted.total))
    ),
)
chapter.formula(
    r"\underbrace{V d}_{\text{tokens}} + \underbrace{C d}_{\text{positions}} + "
    r"L\,\big(\underbrace{4 d^2}_{\text{attention}} + \underbrace{8 d^2}_{\text{feed-forward}} + \dots\big)"
)
chapter.say("sizes")
experiments_menu(
    {
        _("GPT-2 and GPT-3"): lambda: experiments.family_totals(reading),
        _("163 or 124 million?"): lambda: experiments.tied(reading),
        _("Memory"): lambda: experiments.memory_needed(reading),
        _("Operations"): lambda: experiments.operations(reading),
    }
)
chapter.predict(lambda: experiments.reveal(reading))
chapter.code(anatomy.count_parameters, anatomy.count_tensors, anatomy.multiply_adds)
chapter.data(lambda: pd.DataFrame(experiments.table(reading)))
