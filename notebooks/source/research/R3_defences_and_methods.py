# %% [markdown]
# # R3 · Defences and methods
#
# > "It protects your privacy." From whom, against which method, how much, and what did it cost you?
#
# **What it is**: a bench. Every defence meets every method, in several towns, and is scored twice: how much of
# the guessing it stops, and how much it keeps of what people came for. A method or a defence of your own takes ten
# lines and lands on the same scoreboard. Two shorter parts ask what the bench cannot: what changes if your friends
# hide with you, and what a table without names still tells.
#
# **What it is not**: advice on how to be safe. A defence that stops the methods here has met the methods here.
#
# **Minutes**: 60. It uses two processors, and a temporary folder.
#
# What is guessed is which of two invented parties somebody votes for and, in two places, whether somebody is ill.
# There is **a way around**: write `trait, private = "faith", "in_debt"` in the set-up. Then it is about two invented
# faiths, and about debt.

# %% [markdown]
# ## Set-up

# %%
import json
import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Markdown

from ethics_lib import load_town
from ethics_lib.anonymity import l_diversity, unicity
from ethics_lib.beliefs import as_beliefs
from ethics_lib.circles import STEPS, circle_curve, collective_effect, draw_circles, hide_circles
from ethics_lib.linkage import alone_by_friends, link, match_by_friends, score_links
from ethics_lib.measures import mean_of, share_of
from ethics_lib.plots import plot_curve, plot_frontier
from ethics_lib.releases import (
    LADDERS,
    answer_key,
    cheapest_rungs,
    coarsen,
    generalise,
    renumber_ties,
)
from ethics_lib.scenarios import DEFENCES, METHODS, Scenario
from ethics_lib.scores import foretell, leak, scoreboard, sum_up
from ethics_lib.sweeps import sweep
from ethics_lib.tables import TRAITS

trait, private = "party", "illness"
folder = Path(tempfile.mkdtemp(prefix="sweep-"))

# %% [markdown]
# A *scenario* is a town and a holder, that is, somebody who keeps records of people. This town has 400 people. Murmur has their likes, the friendships that it
# can see, a tracker on three in ten of the town's other sites, and what some members told it. The last fifth of
# what each person did is held back: Murmur does not have it, and we shall need it.

# %%
scenario = Scenario(n=400, traits=(trait,))
case = scenario.make(seed=0)
tables = {name: getattr(case.evidence, name) for name in ("traces", "ties", "known")}
pd.Series({name: len(table) for name, table in tables.items()} | {"held back": len(case.later)})

# %% [markdown]
# ## The first axis: what is given away
#
# A method takes evidence and gives beliefs. Those who told Murmur are not judged. Everybody else is, by every
# method, whether it has something on them or not: of whom a method has nothing, it believes what is usual.

# %%
everybody = case.truth.index
found = {
    name: sum_up(leak(case.evidence, case, method=m), everybody) for name, m in METHODS.items()
}
pd.DataFrame({n: {measure: v for _, _, measure, v in rows} for n, rows in found.items()}).T.round(3)

# %% [markdown]
# `auc` is the chance that of two people who vote differently the method ranks the right one higher; a coin has
# .5. `bits` is how far the beliefs go beyond what is usual, right or wrong: 0 if they say what is usual, 1 if they are
# sure which of two equally common values it is. They answer different questions, and the second needs no truth, so it
# can be asked in the world as well.
#
# ## The second axis: what is kept
#
# It is easy to stop every guess: leave nothing. So we also ask what is left of what people came for. Here that is
# a feed which shows them what they will like. From what Murmur has left, it ranks
# 24<!-- =case.items["topic"].nunique() --> topics for each person. Then we look into what was held back. How often does a topic of which somebody did like something stand above one
# of which they did not?

# %%
feed = foretell(case.evidence, case)
feed.agg(["mean", "size"]).T

# %% [markdown]
# *Popularity* is a front page: one ranking for all, for which nobody needs to be known. What the feed gains over it
# is the whole usefulness of knowing people, here. It is not much. Keep that in mind when you read "90 % kept".
#
# Is a feed what people came for? Some came for their friends. A defence that breaks ties costs them that, and
# **no number in this notebook shows it**.
#
# ## The defences
#
# Each is a function of a strength from 0 to 1 and a seed. At 0 it changes nothing. (`DEFENCES` has a few more.)

# %%
acts = {
    "hide": "the person: takes records, answers and ties back",
    "block trackers": "the person: blocks trackers on a share of sites",
    "opt out together": "a share of the town: refuses everything",
    "obfuscate": "the person: adds records of what others do",
    "cloak": "the person: takes back the likes that tell most",
    "answer by lot": "the person: lets a coin answer the form",
}
defences = {name: DEFENCES[name] for name in acts}
pd.Series(acts, name="who must act, and how").to_frame()

# %% [markdown]
# Their strengths are not the same thing. Half of one's records, half of the town, half of the sites: compare what
# they stop and keep, and never their strengths.
#
# ## A sweep, interrupted
#
# Every defence, every method, every town: that takes a while, and something always comes between. Here it
# happens on purpose. The method called *friends* gives up after a few calls, as you would with Ctrl-C.

# %%
methods = {name: METHODS[name] for name in ("likes", "friends")}
plan = {"scenario": scenario, "strengths": [0, 0.5, 1], "seeds": range(5)}
calls = []


def gives_up(evidence, holder):
    calls.append(holder)
    if len(calls) > 5:
        raise KeyboardInterrupt
    return METHODS["friends"](evidence, holder)


# %% live=true
interrupted = False
try:
    sweep(folder, **plan, defences=defences, methods=methods | {"friends": gives_up})
except KeyboardInterrupt:
    interrupted = True
finished = {path: path.stat().st_mtime for path in (folder / "units").glob("*.parquet")}
pd.Series(sorted(path.stem for path in finished), name=f"interrupted: {interrupted}").to_frame()

# %% [markdown]
# A unit is one defence against one method in one town, at all strengths. Each is a file, written under another name
# and renamed when it is whole. So a file that is there is finished, whatever happened to the rest.
#
# The same call again, with the method that does not give up and with two processes, does what is left.

# %% live=true
scores = sweep(folder, **plan, defences=defences, methods=methods, jobs=2)
untouched = sum(path.stat().st_mtime == time for path, time in finished.items())
Markdown(
    f"{len(scores):,} scores, from {len([*(folder / 'units').iterdir()])} files. Of the "
    f"{len(finished)} that were there, **{untouched}** were left as they were."
)

# %% [markdown]
# Beside the scores lies a manifest: what was asked, which versions answered, when. A folder made with another
# scenario, or with other versions of the packages, is refused and not mixed. What it *cannot* see is a method that
# you changed and did not rename. `gives_up` above went under the name of another, and nobody noticed.

# %%
manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
pd.Series({"seeds": manifest["seeds"], "strengths": manifest["strengths"], **manifest["versions"]})

# %% [markdown]
# The scores are one long table, a number a row, ready for whatever you use.

# %%
pd.read_parquet(folder / "scores.parquet").sample(5, random_state=1)

# %% [markdown]
# ## The scoreboard
#
# `scoreboard` compares each option with no defence *in the same town*, town by town, and then asks how much the
# towns differ.

# %%
board = scoreboard(scores)
columns = [f"inference_stopped{end}" for end in ("", "_low", "_high")] + ["usefulness_kept"]
full = board.query("strength == 1").set_index(["method", "defence"])[columns]
full.sort_index().round(2)

# %% [markdown]
# Read the two methods side by side. Leaving together or hiding everything stops both. But three of the defences do
# not touch the guess from friends at all: a tracker that is blocked told nothing about friends, and who takes likes
# back, or adds false ones, has the friends that they had. How much these three stop of the guess from likes, five small
# towns can hardly say: see how low their intervals begin.
#
# ## The frontier
#
# Up is safer, right is more useful. An option below the grey stairs can be forgotten: another stops as much and keeps
# as much, and more of one. On the stairs you have to choose, and no number chooses for you.

# %%
against = f"Guessing a {trait} from likes: what stops it, and its price"
order = [*defences]  # each looks the same in all figures
plot_frontier(board.query("method == 'likes'"), names=order, title=against)

# %% [markdown]
# One defence wins everything: *answer by lot* stops the guess, and costs nothing. **A result that good should worry
# you.** What happened?
#
# - At full strength a coin answers every form. Then nobody's answer says anything, and Murmur has nothing to learn
#   *from*. Whoever is judged here never answered, so they are protected by what others did. (Half way up is the same
#   with a coin for every second answer.)
# - Who pays is not on our axis. A feed needs no answers. A clinic, a census, this very notebook would.
#
# A frontier is only as wide as its axes. We take it off the board, and look at the rest.

# %%
rest = scoreboard(scores.query("defence != 'answer by lot'"))
plot_frontier(rest.query("method == 'likes'"), names=order, title=against)

# %%
against_friends = f"Guessing a {trait} from friends: the same defences"
plot_frontier(rest.query("method == 'friends'"), names=order, title=against_friends)

# %% [markdown]
# Blocking trackers, false likes and cloaks now lie on the floor: they cost as much as before, and stop nothing. Which
# defence is best cannot be said before it is said against what.
#
# Now look at the crosses, and not at the marks. A few towns of 400 people leave intervals that overlap for most
# neighbours. Which defences, at full strength, lie apart with all of their intervals?

# %%
likes = board.query("method == 'likes' and strength == 1").set_index("defence")
low, high = likes["inference_stopped_low"], likes["inference_stopped_high"]
above = {name: [other for other in low.index if high[other] < low[name]] for name in low.index}
lines = [f"- *{name}* stops more than {', '.join(less)}" for name, less in above.items() if less]
Markdown("\n".join(lines) or "None.")

# %% [markdown]
# ## Who pays?
#
# The mean over everybody hides one thing. When half of the town opts out, what happens to the other half?

# %%
parts = {who: scoreboard(scores, who=who) for who in ("defended", "others")}
parts = pd.concat(parts, names=["who"]).query("defence == 'opt out together' and strength == 0.5")
ends = ["leak", "leak_change", "leak_change_low", "leak_change_high", "usefulness_kept"]
parts.droplevel(1).set_index("method", append=True)[ends].round(2)

# %% [markdown]
# `leak` is the AUC, and `leak_change` how far it is from that without a defence. Those who opted out are still guessed
# at from friends who did not. And those who did not are guessed at less from likes: the holder has lost what it would
# have learnt from. They got that for nothing, and their feed is as good as it was. Is it a gift, or is it a reason for
# everybody to wait for the others? (It is also a fact about small towns. With four hundred people, half of the answers
# is a few dozen.)
#
# ## One, some, all
#
# The sweep drew by lot who hides. Now somebody hides, and asks their friends to hide with them: nobody, only they
# themselves, ten friends too, half of their friends, all of them. Around them the town stays as it is. What is still
# believed of that person, from friends alone?
#
# Five towns of about 1,500 people, and in them those with twenty friends or more, so that ten are at most half. We ask
# about two traits: one that friends give away, and one that they do not.

# %%
larger, circles = replace(scenario, n=1500, traits=(trait, private)), []
towns = [larger.make(seed) for seed in range(5)]
for seed, town in enumerate(towns):
    drawn = draw_circles(town.evidence.ties, rng=seed)
    circles.append(drawn[drawn.groupby("person")["turn"].transform("max") >= 20])
middles = pd.Series([drawn["person"].nunique() for drawn in circles], name="people in the middle")
middles.rename_axis("town").to_frame()

# %% [markdown]
# A friend's answer can be read in two ways. As *evidence*: each is worth what answers of friends are worth in this
# town, and many together are worth more. Or as a *vote*: the share of the friends who answered and said so.

# %% live=true
curves, effects = [], []
for seed, about, way in product(range(5), (trait, private), ("bayes", "neighbours")):
    town = towns[seed]
    hidden = hide_circles(town.evidence, circles[seed], trait=about, method=way)
    names = {"town": seed, "reading": {"bayes": "evidence", "neighbours": "vote"}[way]}
    curves.append(circle_curve(hidden, truth=town.truth[about]).assign(**names))
    effects.append(collective_effect(hidden).assign(**names))
curves, effects = pd.concat(curves), pd.concat(effects)


# %% [markdown]
# One number a town, and so an interval over five towns:


# %%
places = curves.groupby("step")["hidden"].mean()


def over_towns(table, *by):
    found = table.groupby(list(by), sort=False)["estimate"].agg(mean_of)
    ends = pd.DataFrame(found.tolist(), found.index, ["estimate", "low", "high"]).reset_index()
    return ends.assign(people=ends["step"].map(places))


bits = over_towns(curves.query("measure == 'bits'"), "reading", "trait", "step")
at = bits.set_index(["reading", "trait", "step"])["estimate"]
hide = {"x": "people", "x_title": "people who hide: nobody, one, ten friends too, half, all"}

# %%
evidence = {"title": "What friends give away of a person", "y_title": "bits given away"}
plot_curve(bits.query("reading == 'evidence'"), group="trait", **evidence, **hide)

# %% [markdown]
# The first step is one's own: whoever had told takes their word back. Of the trait that friends do not give away,
# 0.01<!-- =at["evidence", private, "one"]:.2f --> bits are left after it. One is enough. Of the other it leaves
# 0.34<!-- =at["evidence", trait, "one"]:.2f --> of 0.61<!-- =at["evidence", trait, "nobody"]:.2f -->. What comes then is
# the work of others. Call it the *collective effect*: what hiding together saves a person beyond what they save alone.

# %%
saved = over_towns(effects, "reading", "trait", "effect", "step")
others = saved.query("reading == 'evidence' and effect == 'others'")
together = {"title": "What friends who hide too save a person", "y_title": "bits saved"}
friends_too = hide | {"x_title": "people who hide: ten friends too, half, all"}
plot_curve(others, group="trait", reference=0, **together, **friends_too)

# %%
saved = saved.query("reading == 'evidence'").drop(columns=["reading", "people"])
saving = saved.query("trait == @trait").set_index("step")["estimate"]
saved.round(3)

# %% [markdown]
# Of the trait that friends give away, ten friends who hide too save a person 0.08<!-- =saving["ten"]:.2f --> bits. Half
# of the circle saves 0.15<!-- =saving["half"]:.2f -->. Taking back one's own word saved
# 0.26<!-- =saving["one"]:.2f -->, so only somewhere between half and all do friends save as much as the person did alone.
# On the lower line all of them together save
# 0.01<!-- =others.query("trait == @private")["estimate"].max():.2f --> bits: nobody needs to be asked to hide an illness
# with you.
#
# Half of a circle is a great many people to persuade. Is it enough? Bits say how sure the guess is. Ask now how *right*
# it is, and ask the vote as well.

# %%
right = over_towns(curves.query("measure == 'auc'"), "reading", "trait", "step")
right = right.set_index(["reading", "trait", "step"])["estimate"]
right.unstack("step")[[*STEPS]].round(2)

# %%
louder = {"title": f"The same friends, read in two ways: {trait}", "y_title": "bits"}
plot_curve(bits.query("trait == @trait"), group="reading", **louder, **hide)

# %% [markdown]
# It is not enough. With half of the circle gone, the evidence still ranks two people rightly with a chance of
# 0.78<!-- =right["evidence", trait, "half"]:.2f -->.
#
# And the vote does something else. Once the person hides, **it grows louder as friends fall silent**, from
# 0.12<!-- =at["vote", trait, "one"]:.2f --> bits to 0.21<!-- =at["vote", trait, "half"]:.2f -->, while it grows less
# right, from 0.83<!-- =right["vote", trait, "one"]:.2f --> to 0.77<!-- =right["vote", trait, "half"]:.2f -->. Three
# friends out of three are a louder vote than twenty out of thirty. So whoever measures a vote in bits finds that
# friends who hide too do harm. Some of the harm is real: a holder who trusts the vote is surer of beliefs that are less
# right.
#
# **What these curves cannot claim**: that anybody could ask so much of so many. That the rest of the town goes on as
# before. That a holder who looks two steps away sees no more (`method="two_hop"` walks through the town once for each
# person: try it with twenty people). And the evidence is itself a little too sure, since friends who know each other
# say the same.
#
# ## One of your own
#
# A method of your own, in ten lines. It asks each page how its people vote, and each person's pages what they say.


# %%
def ask_pages(evidence, holder):
    last, first = TRAITS[trait].values[-1], TRAITS[trait].values[0]
    said = evidence.known.set_index("person")["value"].eq(last).astype(float)
    seen = evidence.traces[["person", "item"]].dropna().drop_duplicates()
    page = seen["person"].map(said).groupby(seen["item"]).mean()
    p = seen["item"].map(page).groupby(seen["person"]).mean().fillna(said.mean())
    rows = [pd.DataFrame({"person": p.index, "value": last, "p": p.to_numpy()})]
    rows.append(rows[0].assign(value=first, p=1 - rows[0]["p"]))
    how = {"origin": "inferred", "method": "pages", "holder": holder, "intent": "deliberate"}
    return as_beliefs(pd.concat(rows), trait=trait, **how)


# %% [markdown]
# And a defence: strangers swap likes. Murmur keeps as many records of each person, and as many of each page, as
# before. It only no longer knows whose like is whose.


# %%
def swap(strength, seed):
    def swapped(held):
        rng, traces = np.random.default_rng(seed), held.traces
        chosen = (traces["kind"] == "like") & (rng.random(len(traces)) < strength)
        items = traces["item"].to_numpy(copy=True)
        items[chosen] = rng.permutation(items[chosen])
        return replace(held, traces=traces.assign(item=pd.array(items, dtype="Int32")))

    return swapped


# %% live=true
ours = {"methods": methods | {"pages": ask_pages}, "defences": defences | {"swap": swap}}
scores = sweep(folder, **plan, **ours, jobs=2)
board = scoreboard(scores)
board.query("strength == 0 and defence == 'swap'")[
    ["method", "leak", "leak_low", "leak_high"]
].round(3)

# %%
rest = scoreboard(scores.query("defence != 'answer by lot'"))
mine = rest.query("defence == 'swap'").set_index(["method", "strength"])
mine[["inference_stopped", "usefulness_kept", "frontier"]].round(2)

# %%
more = "The same figure, with one defence more"
plot_frontier(rest.query("method == 'likes'"), names=[*order, "swap"], title=more)

# %% [markdown]
# Everything that was there was read, not redone. Is yours on the frontier? Before you are pleased: how many
# defences did you try before this one? The best of twenty useless ones looks good in five towns. Run it once more, in
# towns that you have not seen (`"seeds": range(100, 105)`), and report that.
#
# ## Alone in the crowd
#
# So far somebody held records under names. There is another promise: *we took the names away*. What does that protect,
# and what does it cost? This part is about Brightwater itself, all of it.
#
# **How few likes are enough** to be the only one who has them all? It depends on which ones are known.

# %%
brightwater = load_town()
people, likes = brightwater.people, brightwater.acts.query("kind == 'like'")
ask = {"k": range(1, 9), "sample": 1000, "rng": 1}
known = {"any": unicity(likes, **ask), "the rarest": unicity(likes, rarest=True, **ask)}
known = pd.concat(known, names=["which"]).reset_index("which")
words = {"x_title": "likes known of a person", "y_title": "share who stand alone"}
plot_curve(known, x="k", group="which", title="How few likes single people out", **words)

# %% [markdown]
# This share is called *unicity*. Any four likes single out
# 8 %<!-- =known.query("k == 4")["estimate"].iloc[0]:.0% --> of people here, and the four rarest
# 76 %<!-- =known.query("k == 4")["estimate"].iloc[1]:.0% -->. In 54,893 real lists of apps any four singled out over
# 95 % (Achara and others, 2015). So the town's numbers are no upper bound.
#
# **A release, and its price.** Say that the town publishes who is ill, with birth date, gender and postcode, and
# without names. To leave nobody alone it says less of everybody: a decade for a day. `cheapest_rungs` tries every
# combination and keeps the one that loses least, for each number k of people who must look alike. We let it leave out
# one row in twenty (`suppress`). There is no usual value: somebody must decide.

# %%
prices = cheapest_rungs(people, k=[1, 2, 3, 5, 10, 20, 50], suppress=0.05)
prices.drop(columns=["height", "smallest"]).round(3)

# %% [markdown]
# A `loss` of 0 is every cell exact, of 1 is nothing said. Now somebody puts it beside a roll with names, as coarsely
# written. Six residents in ten are on it. How many rows get their right name? And of how many rows does the table give
# the secret away without any name, because all who look alike share it?

# %%
columns, roll, rows = [*LADDERS], people.sample(frac=0.6, random_state=1), []
for _, rungs in prices.iterrows():
    release = generalise(people, k=int(rungs["k"]), suppress=0.05, keep=[private], rng=7)
    named = link(release, coarsen(roll, rungs), on=columns)
    named = score_links(named, answer_key(people, rng=7)).set_index("measure").loc["found"]
    told = (l_diversity(release, columns=columns, sensitive=private) == 1).sum()
    rows.append((rungs["loss"], "given the right name", *named[["estimate", "low", "high"]]))
    rows.append((rungs["loss"], "all alike say the same", *share_of(told, len(release))))
frontier = pd.DataFrame(rows, columns=["loss", "what", "estimate", "low", "high"])

# %%
words = {"x_title": "detail lost", "y_title": "share of the rows"}
plot_curve(frontier, x="loss", group="what", title="What a coarser table still tells", **words)

# %% [markdown]
# From left to right k grows. Two who look alike are enough to bring the right names down from
# 60 %<!-- =frontier["estimate"].iloc[0]:.0% --> to 1 %<!-- =frontier["estimate"].iloc[2]:.0% -->. What people who look
# alike have in common goes on for longer: at `k=5` no row gets its right name, and
# 3 %<!-- =frontier["estimate"].iloc[7]:.0% --> still give the secret away. k counts rows, and does not read them. (Of
# these rows 0<!-- =(open_five[private] == "yes").sum() --> say *yes*. Is a *no* less of a secret?)
#
# At `k=5` this release leaves out 1.4 %<!-- =prices.set_index("k").loc[5, "suppressed"]:.1% --> of people. That sounds
# like a rounding error. Who are they?

# %%
at_five = generalise(people, k=5, suppress=0.05, keep=[private], rng=7)
open_five = at_five[l_diversity(at_five, columns=columns, sensitive=private) == 1]
left_out = ~people.index.isin(answer_key(people, rng=7)[at_five.index])
gone = people.assign(left_out=left_out).groupby("gender")["left_out"]
gone.agg(["sum", "size", "mean"]).set_axis(["left out", "residents", "share"], axis=1).round(3)

# %% [markdown]
# **Whoever is rare is protected by not being counted.** Each statistic made from this table is about a town in which
# nobody is neither a woman nor a man. No number in the table of prices shows it.
#
# **Friends as a fingerprint.** Take away birth date, gender and postcode too; keep only who is friends with whom, under
# new numbers. How many people are the only ones with such friends, by their number of friends (depth 1), by how many
# those have (2), and those in turn (3)?

# %%
alone_by_friends(brightwater.ties, people.index).round(3)

# %% [markdown]
# That was with every friendship known, and none wrong. Now somebody knows only a part of them, drawn by lot, and puts to
# each row the name of the person whose friends are most like. How many names are right?

# %%
key, ties = answer_key(people, rng=7), brightwater.ties
released, both = renumber_ties(ties, key), {"rows": key.index, "people": people.index}
shares = {}
for share in (1, 0.95, 0.9, 0.8):
    some = ties.sample(frac=share, random_state=1)
    found = score_links(match_by_friends(released, some, **both), key)
    shares[share] = found.set_index("measure").loc["found", ["estimate", "low", "high"]]
pd.DataFrame(shares).T.rename_axis("friendships known").astype(float).round(3)

# %% [markdown]
# ### What this cannot claim
#
# - **To stand alone is not to be named.** Unicity says that one row only would fit. To put a name to it, somebody must
#   know these likes of somebody in the table, rightly. Here the one who links had everything in the same words,
#   without a slip of the pen.
# - That the others are safe. Of those who got no name there may be one tomorrow, when another table is published.
# - That `loss` is usefulness. It counts how much less a cell says. A clinic may need the postcode and not the day.
# - That these shares hold elsewhere: this is one town, with invented postcodes that are no map. The intervals are over
#   its people and not over towns.
#
# ## What a sweep can and cannot claim
#
# - That this defence stops this much of *these methods, as they are*, in towns of this kind: yes, with an interval.
# - That it stops a method made to get around it: no. Murmur knows your defence as well as you do. False likes that
#   go together badly can be filtered, and a holder who knows of the swap can stop believing likes. An adaptive
#   holder is the test that counts, and a fixed list of methods is not one.
# - That it makes *you* safe: no. The scores are means. Somebody with four likes and somebody with four hundred are in
#   the same mean.
# - That usefulness is kept: of a feed of topics, yes. Friends found, news read, a shop that knows your size: not
#   measured.
# - That the order of two neighbours on the frontier is real: only where the intervals say so. They are over towns of
#   one recipe, and say nothing of how wrong the recipe is.
# - That people would do it: no. *Opt out together* needs others, *hide* costs an evening, and `minimise`, which is
#   in the library, is not yours to do at all. Who must act is not on either axis.
# - What was remembered: nothing here asks what Murmur concluded *before*. A defence taken up today does not reach the
#   belief of yesterday.
#
# **The argument against this notebook.** A frontier makes privacy look like a price: so much safety for so much
# service. But nobody asked whether the service may cost that at all. In some cases the law says that it may not, and a
# point on a curve is then no answer. And a bench for defences is a bench for attacks: whoever wants a method
# that survives them has it here, with intervals. We think that those who attack have such a bench already, and those who
# defend mostly have not. Do you?

# %% [markdown]
# ## Add one of your own
#
# - **Try**: the other measure, `scoreboard(scores, measure="bits")`. A defence can leave the ranking as it is and make
#   every belief less sure. For whom is that a difference?
# - **Try**: two defences at once. A defence is any function from evidence to evidence, so this is one:
#   `lambda strength, seed: lambda held: DEFENCES["cloak"](strength, seed)(DEFENCES["hide"](strength / 2, seed)(held))`.
#   Is half of each better than all of one?
# - **Try**: "Who pays?" in towns of 1,500 people, in another folder. How much do those who stay still gain?
# - **Harder**: an adaptive method. Write one that first finds the likes which *obfuscate* added and throws them out, and
#   put it on the board beside *likes*.
# - **Harder**: let the holder keep only counts. `noise.Aggregate` must be told what there is to count,
#   `items=scenario.world(0).items.index`, and an `epsilon`, the `holder`, and a day, `now`. Where on the figure does it
#   lie, and why can it lie nowhere else?
# - **Harder**: find rungs of your own for `generalise` that keep everybody in at `k=5`. What do they cost, and whom?
#
# ### Reading
#
# - Chen, Fraiberger, Moakler & Provost (2017), *Big Data* 5:197, doi 10.1089/big.2017.0074, on cloaking: how few likes
#   are enough, and how a small change by the firm makes it harder.
# - Weinsberg, Bhagat, Ioannidis & Taft (2012), doi 10.1145/2365952.2365989: added ratings defeat a guess, and hardly
#   change what is recommended. Strucks, Slokom & Larson (2019), CEUR 2440: a simple picture shows that it was done.
# - Achara, Acs & Castelluccia (2015), arXiv 1507.07851, on apps as a fingerprint: how *unique* is counted there.
# - R1 for what of all this comes out as published, and what does not. Lesson 06 for how friends tell, R2 for your own graph, R5 for what ought to be a line.
