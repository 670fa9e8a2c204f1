"""Chapter 16: guess the next token, measure the surprise, and move every number a little; again and again."""

from gpt_core.measure import text_loss
from gpt_core.training import loop, tiny
from pages.experiments import learning as experiments
from pages.experiments import learning_live, learning_pairs
from pages.ui import chapter
from pages.ui.layout import columns, experiments_menu
from pages.ui.words import _

reading, chosen = chapter.current_text_and_choices()
past = experiments.kept_moments()

if past:
    curve, next_token = columns(1, 1)
    with curve:
        moment = experiments.choose_moment(past)
        experiments.learning_curve(moment)
    with next_token:
        experiments.next_token(reading, moment)
    chapter.charts_first()
    experiments.tell_moment(reading, moment)
    experiments.tell_start(reading, past[0])
else:
    moment = None
    chapter.say("no_moments")
    learning_pairs.next_token_pairs(reading)
experiments.check_loss(reading)
loss, perplexity = _("loss"), _("perplexity")
chapter.formula(
    rf"\text{{{loss}}} = -\frac{{1}}{{T-1}} \sum_{{t=1}}^{{T-1}} \ln p(x_{{t+1}} \mid x_1, \dots, x_t)"
    rf" \qquad \text{{{perplexity}}} = e^{{\,\text{{{loss}}}}}"
)
menu = {
    _("Learn this text live"): lambda: learning_live.live_training(reading),
    _("What the loss means"): lambda: experiments.loss_by_token(reading, moment),
}
if moment:
    then = moment
    menu = {
        _("Next-token pairs"): lambda: learning_pairs.next_token_pairs(reading),
        **menu,
        _("Attention then and now"): lambda: experiments.attention(reading, chosen, then),
        _("A story from each moment"): lambda: experiments.stories(reading, past),
    }
experiments_menu(menu)
chapter.predict(lambda: experiments.answer(reading))
chapter.code(text_loss.next_token_loss, loop.train, tiny.pairs, tiny.learn, text_loss.text_loss)
chapter.data(experiments.table if past else lambda: learning_pairs.table(reading))
