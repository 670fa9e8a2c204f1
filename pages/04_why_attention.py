"""Chapter 4: one state cannot hold a long text; attention looks straight back at every word."""

from gpt_core.examples import recurrent
from pages.experiments import why_attention as experiments
from pages.ui import chapter
from pages.ui.layout import columns, experiments_menu
from pages.ui.words import _

reading, chosen = chapter.current_text_and_choices()

picture, settings = columns(7, 2)
with settings:
    network = experiments.set_up(reading)
with picture:
    experiments.fading(network, chosen)
chapter.charts_first()

experiments.told(network, chosen)
experiments.checked(network)
chapter.say("honest")
chapter.formula(
    r"s_t = \tanh(W x_t + U s_{t-1}) \qquad "
    rf"\text{{{_('against')}}} \qquad "
    r"z_T = \textstyle\sum_t \alpha_{T,t}\, v_t"
)
experiments_menu(
    {
        _("One state for everything"): lambda: experiments.state(network),
        _("Erase one word"): lambda: experiments.erase(network, chosen),
        _("Bahdanau’s alignment"): lambda: experiments.bahdanau(network),
        _("What this model reaches"): lambda: experiments.model_reaches(reading, chosen),
    }
)
chapter.predict(lambda: experiments.first_word(network))
chapter.code(recurrent.recurrent_reach, recurrent.attention_reach, recurrent.alignment)
chapter.data(lambda: experiments.table(network, chosen))
