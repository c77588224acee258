# %% [markdown]
# # R3 · Defences and methods
#
# > "It protects your privacy." From whom, against which method, how much, and what did it cost you?
#
# **What it is**: a bench. Every defence meets every method, in several towns, and is scored twice: how much of
# the guessing it stops, and how much it keeps of what people came for. A method or a defence of your own takes ten
# lines and lands on the same scoreboard.
#
# **What it is not**: advice on how to be safe. A defence that stops the methods here has met the methods here.
#
# **Minutes**: 45. It uses two processors, and a temporary folder.
#
# What is guessed is which of two invented parties somebody votes for. There is **a way around**: write
# `trait = "faith"` in the set-up, which is about two invented faiths.

# %% [markdown]
# ## Set-up

# %%
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Markdown

from ethics_lib.beliefs import as_beliefs
from ethics_lib.plots import plot_frontier
from ethics_lib.scenarios import DEFENCES, METHODS, Scenario
from ethics_lib.scores import foretell, leak, scoreboard, sum_up
from ethics_lib.sweeps import sweep
from ethics_lib.tables import TRAITS

trait = "party"
folder = Path(tempfile.mkdtemp(prefix="sweep-"))

# %% [markdown]
# A *scenario* is a town and a holder. This town has 400 people. Murmur has their likes, the friendships that it
# can see, a tracker on three in ten of the town's other sites, and what some members told it. The last fifth of
# what each person did is held back: Murmur does not have it, and we shall need it.

# %%
scenario = Scenario(n=400, traits=(trait,))
held = scenario.make(seed=0)
tables = {name: getattr(held.evidence, name) for name in ("traces", "ties", "known")}
pd.Series({name: len(table) for name, table in tables.items()} | {"held back": len(held.later)})

# %% [markdown]
# ## The first axis: what is given away
#
# A method takes evidence and gives beliefs. Those who told Murmur are not judged. Everybody else is, by every
# method, whether it has something on them or not: of whom a method has nothing, it believes what is usual.

# %%
everybody = held.truth.index
found = {
    name: sum_up(leak(held.evidence, held, method=m), everybody) for name, m in METHODS.items()
}
pd.DataFrame({n: {measure: v for _, _, measure, v in rows} for n, rows in found.items()}).T.round(3)

# %% [markdown]
# `auc` is the chance that of two people who vote differently the method ranks the right one higher; a coin has
# .5. `bits` is how far the beliefs go beyond what is usual, right or wrong. They answer different questions, and
# the second needs no truth, so it can be asked in the world as well.
#
# ## The second axis: what is kept
#
# It is easy to stop every guess: leave nothing. So we also ask what is left of what people came for. Here that is
# a feed which shows them what they will like. From what Murmur has left, it ranks 24 topics for each person. Then
# we look into what was held back. How often does a topic of which somebody did like something stand above one
# of which they did not?

# %%
feed = foretell(held.evidence, held)
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
    "cloak": "the person: takes back the few likes that tell most",
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
# Read the two methods side by side. What stops one does not touch the other: a tracker that is blocked tells nothing
# about friends, and false likes do not change who your friends are.
#
# ## The frontier
#
# Up is safer, right is more useful. An option below the grey stairs can be forgotten: another stops as much and keeps
# as much, and more of one. On the stairs you have to choose, and no number chooses for you.

# %%
against = f"Guessing a {trait} from likes: what stops it, and its price"
plot_frontier(board.query("method == 'likes'"), title=against)

# %% [markdown]
# One defence wins everything: *answer by lot* stops the guess, and costs nothing. **A result that good should worry
# you.** What happened?
#
# - At full strength a coin answers every form. Then nobody's answer says anything, and Murmur has nothing to learn
#   *from*. Whoever is judged here never answered. So they are protected by what others did, and only if all do.
# - Who pays is not on our axis. A feed needs no answers. A clinic, a census, this very notebook would.
#
# A frontier is only as wide as its axes. We take it off the board, and look at the rest.

# %%
rest = scoreboard(scores.query("defence != 'answer by lot'"))
plot_frontier(rest.query("method == 'likes'"), title=against)

# %%
against_friends = f"Guessing a {trait} from friends: the same defences"
plot_frontier(rest.query("method == 'friends'"), title=against_friends)

# %% [markdown]
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
# Those who opted out are still guessed at from friends who did not. And those who did not are guessed at less from
# likes: the holder has lost what it would have learnt from. They got that for nothing, and their feed is as good as it
# was. Is it a gift, or is it a reason for everybody to wait for the others?
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
plot_frontier(rest.query("method == 'likes'"), title="The same figure, with one defence more")

# %% [markdown]
# Everything that was there was read, not redone. Is yours on the frontier? Before you are pleased: how many
# defences did you try before this one? The best of twenty useless ones looks good in five towns. Run it once more, in
# towns that you have not seen (`"seeds": range(100, 105)`), and report that.
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
# - **Try**: two defences at once, with `defend`. Is half of each better than all of one?
# - **Harder**: an adaptive method. Write one that first finds the likes which *obfuscate* added and throws them out, and put it on the board beside *likes*.
# - **Harder**: let the holder keep only counts. `noise.Aggregate` must be told what there is to count:
#   `items=scenario.world(0).items.index`. Where on the figure does it lie, and why can it lie nowhere else?
#
# ### Reading
#
# - Chen, Fraiberger, Moakler & Provost (2017), *Big Data* 5:197, doi 10.1089/big.2017.0074, on cloaking: how few likes
#   are enough, and how a small change by the firm makes it harder.
# - Weinsberg et al. (2012), doi 10.1145/2365952.2365989: a few added ratings defeat a guess, and can be seen.
# - Lesson 06 for how friends tell, R2 for your own graph, R5 for what ought to be a line.
