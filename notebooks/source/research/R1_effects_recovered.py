# %% [markdown]
# # R1 · Effects recovered
#
# > Papers have printed numbers about what likes, friends and postcodes give away. A town in which
# > nobody exists gives most of these numbers back. What has that shown, and what has it not?
#
# **What it is**: each published number beside the one that comes out when the paper's own steps are
# taken in a made world. Holding means that *this mechanism can produce the published number*.
#
# **What it is not**: *it is not new evidence about people.* Nobody was measured here. Where a number
# comes out, a story is possible. It is not thereby true.
#
# **Minutes**: 45, and the time to argue
#
# Some of the papers asked about ethnicity, orientation and drugs. Their figures appear in this notebook
# and in no lesson. There is **a way around** them: a line of the set-up takes them out of every table
# and figure. What stands behind them here is said further down, and it is very little.

# %% [markdown]
# ## Set-up
#
# Some of the worlds are large, up to a million people. They were measured beforehand, and what was
# found is stored in the repository. Brightwater, the town of the lessons, is measured again below while
# you wait.

# %%
import inspect

import numpy as np
import pandas as pd
from IPython.display import Markdown

from ethics_lib import make_world
from ethics_lib.datasets import load_published, load_recovered
from ethics_lib.effects import effect, judge, measure, recover, summarise
from ethics_lib.literature import EFFECTS
from ethics_lib.plots import plot_effects
from ethics_lib.presets import KNOBS, PRESETS

# %% [markdown]
# The papers first: a row is a figure, with the band in which a number of ours counts as the same one. To
# go the way around, write `hidden = quoted`, and run on from here.

# %%
published = load_published().set_index("figure")
asked = "ethnicity|gay|lesbian|orientation|drugs"
quoted = published.index[published["quantity"].str.contains(asked)]
hidden = []
labels = published["quantity"].str.removesuffix(", 100 components, ten folds")
claims = {task.id: task.claim for task in EFFECTS}
published.drop(index=hidden)[["quantity", "published", "low", "high", "band", "standing"]]

# %% [markdown]
# Then what was measured. A row is one number from one world. Its role says which kind of world: the
# paper's *own*; Brightwater, the *home* of the lessons; or one with the mechanism taken out, *ablated*.

# %%
stored = load_recovered()
stored.query("figure not in @hidden").sample(6, random_state=1)

# %%
Markdown(
    f"{len(stored):,} numbers, measured on {stored.attrs['date']} in worlds with the seeds "
    f"{', '.join(map(str, stored.attrs['seeds']))}, by "
    + ", ".join(f"{name} {version}" for name, version in stored.attrs["versions"].items())
)

# %% [markdown]
# ## Published beside measured
#
# `judge` takes the mean over the seeds and asks whether it lies in the band. `summarise` then asks claim
# by claim: an effect holds if all of its figures do. Figures that somebody remembered and nobody looked
# up are shown, and never counted.

# %%
table = judge(stored, EFFECTS).query("figure not in @hidden")
chapter = {task.id: task.check.__module__.split(".")[-1] for task in EFFECTS}
table = table.assign(chapter=table["effect"].map(chapter))
effects = summarise(table)
counted = effects.dropna(subset="holds")
Markdown(
    f"**{counted['holds'].sum()} of {len(counted)} effects hold**; nothing was fitted for "
    f"{(counted['holds'] & ~counted['fitted']).sum()} of these. Without its mechanism, "
    f"{counted['fails_when_ablated'].sum()} of {len(counted)} fail, as they should."
)

# %% [markdown]
# Now look at them, world by world. AUC, likes and ratios have no common scale, so each row is drawn on
# the scale of its own band. One rule reads them all: *a mark on the bar holds*. The numbers themselves
# stand at the right.
#
# **What likes say.** First the volunteers of a personality quiz, with everything that they liked.

# %%
plot_effects(
    table.query("chapter == 'likes' and preset == 'volunteers'"),
    labels=labels,
    claims=claims,
    title="What the likes of volunteers gave away",
)

# %% [markdown]
# Then the same pipeline on data of a later year, trimmed in two ways, and several studies together. How
# well a trait is told depends on which people and which pages are dropped before anybody looks.

# %%
plot_effects(
    table.query("chapter == 'likes' and preset != 'volunteers'"),
    labels=labels,
    claims=claims,
    title="The same pipeline after a tight and a loose trim",
)

# %% [markdown]
# **What friends say.** Here nobody's likes are seen, only who knows whom: on a campus, in schools, among
# blogs that link to one another, in Brightwater. Which hop tells more is a fact about the network and
# not a law.

# %%
plot_effects(
    table.query("chapter in ['friends', 'bystanders']"),
    labels=labels,
    claims=claims,
    title="What friends give away, and friends of friends",
)

# %% [markdown]
# **Who is unique**: a few facts, likes or days that fit one person only, and how well somebody finds that person who
# remembers badly.

# %%
plot_effects(
    table.query("chapter in ['crowds', 'uniqueness']"),
    labels=labels,
    claims=claims,
    title="How few facts fit one person only",
)

# %% [markdown]
# **What is done with it**: adverts, audiences, pop-ups.

# %%
plot_effects(
    table.query("chapter in ['adverts', 'consent']"),
    labels=labels,
    claims=claims,
    title="What is done with what is known",
)

# %% [markdown]
# **What can be done against it**: somebody takes likes back until a guess is no longer made. Here the papers' abstracts
# print claims and no numbers, so every bar is ours, and *holds* says least: the direction comes out. Where only a
# direction was printed the mark stands in the middle of its bar; read the number beside it.

# %%
plot_effects(
    table.query("chapter == 'cloaking'"),
    labels=labels,
    claims=claims,
    title="How much must be taken back, and for how long it helps",
)

# %% [markdown]
# ## Brightwater, live
#
# You need not believe a stored file. The effects whose own world is Brightwater are measured again here,
# in worlds that nobody has seen, with their mechanisms and without. Change the number behind `rng=`
# and you have worlds of your own.

# %% live=true
at_home = [task for task in EFFECTS if task.preset == "brightwater"]
fresh = judge(measure(at_home, seeds=3, rng=2027), at_home).query("figure not in @hidden")
plot_effects(fresh, labels=labels, claims=claims, title="Brightwater, measured a minute ago")

# %% [markdown]
# Three worlds make a wide interval, and a verdict hangs on their mean alone. How many agree with the store?

# %%
both = table.merge(fresh, on="figure", suffixes=("", " now"))
apart = both[both["holds"] != both["holds now"]]
Markdown(
    f"**{len(both) - len(apart)} of {len(both)}** figures have the verdict that is stored. "
    f"Not these: {'; '.join(labels[apart['figure']]) or 'none'}."
)

# %% [markdown]
# ## One effect, opened
#
# What is behind a row? Here is the whole of one, the friendship paradox: most people's friends have more
# friends than they have themselves. The first lines say what the paper found, which world is like the
# paper's, and what takes the effect away. The function under them does what the paper did, with the help
# of the one that counts.

# %%
paradox = next(task for task in EFFECTS if task.id == "U11-paradox")
helper = inspect.getmodule(paradox.check).friends_of_friends
Markdown(f"```python\n{inspect.getsource(paradox.check)}\n\n{inspect.getsource(helper)}```")

# %% [markdown]
# Its mechanism is that some people have many more friends than others: those are counted by everybody
# who knows them. Take it away. The second town has the same people, and about as many friendships; they
# are only spread more evenly.

# %% live=true
town = make_world("brightwater", rng=11)
even = make_world("brightwater", rng=11, **paradox.ablated)
beside = published.loc[list(paradox.figures), ["quantity", "published", "low", "high"]]
beside.assign(here=paradox(town, rng=1), **{"spread evenly": paradox(even, rng=1)})

# %% [markdown]
# The number falls out of its band. It does not fall to a half: chance alone makes people differ a
# little, and a little is enough for some of it. So the published number is no fact about loneliness. Any
# network gives it in which people differ as much in how many they know.

# %% [markdown]
# ## What calibration can and cannot claim
#
# ### Fitted, and emergent
#
# A number that comes out because a knob was turned until it did is *fitted*. It shows that the world
# *can* be like that. A number that comes out although nobody turned a knob for it is *emergent*. It shows
# a little more: what was put in for other reasons suffices for this too.

# %%
kind = counted["fitted"].map({True: "fitted", False: "emergent"})
pd.crosstab(kind, counted["holds"].map({True: "holds", False: "does not"}))

# %% [markdown]
# ### The bands were there before the fit
#
# Whoever chooses the band after seeing the number can make anything hold. Here the file of bands is
# older than the fit, and the history of the repository shows it. (It shows less for adverts and
# pop-ups, whose bands were written down first, but committed with their code; and for apps and films, whose bands were
# committed after a first run. Of cloaks, the bars for the firm, for the decay and for what spills over were set after a
# few trial worlds, which are not among those measured here.) And few papers give a band, so most are ours:

# %%
whose = {
    "published": "the paper gives it",
    "proposed": "ours, written down before",
    "shape": "only a direction was published",
}
published["band"].map(whose).value_counts()

# %% [markdown]
# A wide band is a weak test. In the figures above all bars are equally wide; their numbers are not.
# When you quote a row, quote its band.
#
# ### Fresh seeds
#
# The fit used seeds of its own, and the store holds seeds that no fit has seen. Otherwise luck would be
# counted as a mechanism. How steady are the verdicts? For each figure, in how many of the worlds did
# its number lie in the band?

# %%
own = stored.query("role == 'own'").join(published[["low", "high"]], on="figure")
inside = ~((own["value"] < own["low"]) | (own["value"] > own["high"]))
worlds = inside.groupby(own["figure"]).agg(["sum", "size"])
steady = worlds["sum"].astype(str) + " of " + worlds["size"].astype(str) + " worlds"
steady.value_counts().rename("figures").to_frame()

# %% [markdown]
# The intervals say how much the worlds of one recipe differ. They do not say how wrong the recipe is:
# no number of seeds shows that.
#
# ### What does not hold, and why
#
# An effect that does not come out stays in the table. The reason, where one is known, stands with its
# code.

# %%
by_name = {task.id: task for task in EFFECTS}
missed = counted.loc[~counted["holds"], "effect"]
Markdown(
    "\n\n".join(
        f"**{name}**. {claims[name]} *{' '.join(inspect.getdoc(by_name[name].check).split())}*"
        for name in missed
    )
)

# %% [markdown]
# These are the rows to learn from. A mechanism that gives one number of a paper and not the next has
# been tested; one that gives all of them may only have been bent.
#
# ### Many knobs, few papers
#
# With enough knobs, any list of numbers can be met. Count them.

# %%
drawn = [trait for preset in PRESETS.values() for trait in preset.traits]
turned = sum(round(trait.loading, 2) != trait.loading for trait in drawn)
set_by_hand = sum(len(preset.knobs) for preset in PRESETS.values())
Markdown(
    f"The world has {len(KNOBS)} knobs. Its presets set {set_by_hand} of them and give "
    f"{len(drawn)} traits a loading, {turned} of which were fitted, to "
    f"{table.loc[table['fitted'], 'figure'].nunique()} published figures. All in all "
    f"{len(published)} figures from {published['paper'].nunique()} papers are compared."
)

# %% [markdown]
# That is *overfitting the literature*: a town that fits the papers we read, and nothing else. The
# honest test would be a paper that nobody here knew when the town was built. If you know one, add it
# below, and write its band down before you run the cell.
#
# ### What was printed is not what was found
#
# Studies that find something are printed more often than studies that find nothing. A town fitted to
# printed numbers inherits that. Suppose a trait can be told with a correlation of .20, ten thousand
# teams each ask 60 people, and only those who find "a significant effect" are printed:

# %%
rng = np.random.default_rng(5)
true, people = 0.20, 60
found = np.tanh(rng.normal(np.arctanh(true), (people - 3) ** -0.5, 10_000))
printed = found[np.arctanh(found) * (people - 3) ** 0.5 > 1.96]
Markdown(
    f"The truth is {true:.2f}, and the mean of all teams {found.mean():.2f}. The "
    f"{len(printed) / len(found):.0%} who are printed say {printed.mean():.2f} in the mean: "
    f"**{printed.mean() / true:.1f} times the truth**."
)

# %% [markdown]
# In a town fitted to those, everybody would be that much easier to tell than they are, and nothing in it
# would look wrong. The large studies above are less open to this than small ones. Which of their
# analyses were never printed, nobody outside knows.
#
# ### One town, or a town for each paper
#
# The presets differ in size, in who is in them, in how much is liked. That is right, since the papers'
# people differed. It is also convenient: what one recipe cannot give, the next one may. Brightwater has
# one recipe for everything. Of the effects that it can be asked for, how many hold there?

# %%
asked_twice = counted.dropna(subset="holds_in_brightwater")
Markdown(
    f"Brightwater can be asked for {len(asked_twice)} effects. "
    f"{asked_twice['holds'].sum()} of them hold in their own world, and "
    f"**{asked_twice['holds_in_brightwater'].sum()}** in Brightwater."
)

# %% [markdown]
# ### One number, many mechanisms
#
# *Equifinality*: different causes, the same figure. Here are two towns in which extraversion is told
# from likes about equally badly. In the first, likes show less of who people are. In the second they
# show all that they did before, and the personality test is shorter, so that it is the *test* that says
# less.

# %% live=true
told = by_name["A18"]
plain = make_world("brightwater", taste=1.0, rng=11)
short = make_world("brightwater", questions=20, rng=11)
pd.DataFrame(
    {"likes show less": told(plain, rng=1), "the test is shorter": told(short, rng=1)}
).T.round(3)

# %% [markdown]
# One number cannot tell these towns apart, and for the people in them they are not alike. In the first
# they are safer than a reader of the old papers would think. In the second they are as exposed as ever,
# and only the paper cannot see it. What would tell them apart is another number, here the reliability of
# the test. So more figures are better than closer ones.
#
# ### The stand-ins
#
# Where a paper asked about ethnicity, orientation or drugs, the volunteers' world has a trait with the
# paper's base rate, with as many answers as the paper had, and with a loading that was fitted to the
# paper's AUC. **It has nothing else.** Which dispositions it hangs on, and so which pages, is drawn by the
# seed; it has no content, no history and no neighbours. That the AUC comes out says that a trait of this
# frequency, tied this closely to dispositions, is told this well. It says nothing about anybody who is
# meant by the paper's word. The same is true of the papers' gender, politics and religion.
#
# ### Two objections, both right
#
# *A sociologist*: "Your people are made of independent numbers. Nobody has power over anybody. Homophily
# is a knob, where in the world it is schools, rents and laws. Categories are given, and nobody disputes
# them. Your papers are about people who took a quiz, and about students who had an account. You
# reproduce what was *asked*, of those who were there to be asked, and hand on who was not."
#
# *A computer scientist*: "You fit to the target and test on the target. New seeds are not new data. The
# pipeline sees everybody's likes before it is split, and you copy that. There are a hundred comparisons
# and no correction. Half of your bands are yours. Hold out whole papers: fit on some, predict the rest,
# and report that."
#
# Which of the two would persuade you to take a row out of the table? Which row?
#
# ### What remains
#
# - A published number and a mechanism fit together, or they do not: that can be known, and is.
# - A mechanism that is taken away, and with it the number: that is an explanation *in the town*.
# - Where the truth is known, one can count whom a conclusion wrongs, and no paper about real people can.
# - How large any of this is for people outside: that cannot be learned here.
#
# **The argument against this notebook**: a reader sees a long column of marks on bars and takes the town
# for a measured place. A table that persuades by its length should perhaps not be shown at all.

# %% [markdown]
# ## Add one of your own
#
# An effect is a claim, its figures, a world, what takes the effect away, and a function that takes a
# world and a generator. This one asks whether few people do most of what is done: how large is the mean
# of likes beside the median? The figure is one of the paper of 2013, tried in Brightwater.


# %%
@effect(
    "MINE",
    claim="A few people do much of the liking.",
    figures=["K13-tail"],
    preset="brightwater",
    ablated={"activity": 0},
)
def mine(world, rng):
    likes = world.acts.query("kind == 'like'")["person"].value_counts()
    return {"K13-tail": likes.mean() / likes.median()}


# %% live=true
recover([mine], seeds=2, rng=8).T

# %% [markdown]
# For a figure that is not there yet, add a row to `datasets/published_effects.csv` first: number, paper
# and band, *before* you measure. Then write the function.
#
# - **Try**: set `ablated={"homophily": 0}`. What does `fails_when_ablated` say, and what have you learned
#   about your mechanism?
# - **Try**: find a knob that brings your number to the other end of its band, and ask which other
#   effects break.
# - **Harder**: hold out a paper. Which of its figures would you have guessed from the others?
#
# ### Reading
#
# - Kosinski, Stillwell & Graepel (2013), doi 10.1073/pnas.1218772110, and Altenburger & Ugander (2018),
#   doi 10.1038/s41562-018-0321-8: look for the worlds in which the second finds the opposite.
# - `docs/decisions/` and `tools/calibrate.py`: what was fitted, and how.
# - In the lessons: 00 and 06 use the same town; so whatever is wrong with it is wrong with them.
