# %% [markdown]
# # R2 · Bring your own graph, or your own likes
#
# > You have a file of who knows whom. Before you ask it anything, ask what it gives away.
#
# **What it is**: a survey of a graph, or of a table of likes, that you bring. How far do friends share a
# trait? How well could it be told of those who kept silent? Each number stands beside the same number of
# Brightwater, with an interval.
#
# **What it is not**: a list of people. No row of the survey is about a person, and none about fewer than ten. Read
# R0 first: it asks whether you may have the file at all.
#
# **Minutes**: 40, and as long as your own file takes
#
# The example asks about a religion, an invented one. There is **a way around**: ask about `voice` instead, in
# the cell that says so.

# %% [markdown]
# ## Set-up

# %%
import tempfile
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
from IPython.display import Markdown

from ethics_lib import load_town, make_world
from ethics_lib.datasets import load_graph, load_likes
from ethics_lib.plots import plot_curve, plot_groups
from ethics_lib.surveys import survey_graph, survey_likes
from ethics_lib.tables import to_networkx
from ethics_lib.ties import make_ties

folder = Path(tempfile.mkdtemp())

# %% [markdown]
# ## A file to begin with
#
# So that something runs before you bring a file of your own, here is one: an invented choir of 640 people.
# They know each other from small groups, most of one religion, and from standing beside one another. Three in
# four have said what they are.

# %%
rng = np.random.default_rng(8)
religion = pd.Series(rng.choice(["Lantern", "Tide"], 640, p=[0.6, 0.4]), name="religion")
voices = ["alto", "bass", "soprano", "tenor"]
voice = pd.Series(rng.choice(voices, 640, p=[0.3, 0.15, 0.35, 0.2]), name="voice")
groups = make_ties(religion, mean_degree=5, homophily=0.6, circles=0.9, circle_size=6, rng=1)
beside = make_ties(voice, mean_degree=2, homophily=0.3, rng=2)

# %%
singers = to_networkx(pd.concat([groups, beside]), religion.index)
for answer in (religion, voice):
    said = answer.sample(frac=0.75, random_state=3)
    nx.set_node_attributes(singers, said.to_dict(), answer.name)
singers.add_edges_from([(0, 0), (7, 7)], context="friend")  # as in real files: ties to oneself
nx.write_graphml(singers, folder / "choir.graphml")

# %% [markdown]
# ## Change these two lines for your own file
#
# A table with a row a tie, GraphML or GML (which Gephi, igraph and NetworkX write), Facebook100's `.mat`, a folder of
# SNAP's ego networks: `load_graph` says what it reads. What people said of themselves may stand in
# a table of its own: `people="people.csv"`, the id first. In the second line stands what the people in the
# file agreed to, *as far as you know, and from where you know it*. It travels with the data.

# %%
path = folder / "choir.graphml"
agreed = "They do not exist, so nobody was asked."

mine = load_graph(path, agreed=agreed)

# %% [markdown]
# Read the notice. It says what was left out, and what you have just claimed about consent. It is kept:

# %%
Markdown(f"> {mine.about}")

# %% [markdown]
# What did people say of themselves? A column whose name is that of a special category is marked
# `protected:`. From then on no verb of this library gives rows about single persons, unless you say on what
# ground. The survey does not even ask for them.

# %%
mine.reports.groupby("trait")["value"].agg(["size", "nunique"])

# %% [markdown]
# Which of these do you want to ask about? To go the way around, write `trait = "voice"`.

# %%
trait = "protected:religion"

# %% [markdown]
# ## The survey
#
# It hides the answers of some, lets the friends of those people tell them, and compares: with one answer in
# ten known, with three, and so on, twenty times each. The same is done to Brightwater's members and their
# faith.

# %% live=true
methods = ["neighbours", "two_hop", "harmonic"]
yours = survey_graph(mine, trait=trait, methods=methods, rng=1)
ours = survey_graph(load_town(), trait="faith", methods=methods, rng=1)
both = [yours.assign(graph="your graph"), ours.assign(graph="Brightwater")]
both = pd.concat(both, ignore_index=True)

# %% [markdown]
# ### The shape of it


# %%
def say(row):
    between = f" ({row.low:.2f} to {row.high:.2f})" if pd.notna(row.low) else ""
    return f"{row.estimate:,.2f}".removesuffix(".00") + between


shape = both[both["measure"] != "auc"]
shape = shape.assign(value=shape["value"].fillna(""), says=shape.apply(say, axis=1))
order = shape[["measure", "value"]].drop_duplicates().apply(tuple, axis=1)
table = shape.pivot(index=["measure", "value"], columns="graph", values="says")
table.loc[list(order), ["your graph", "Brightwater"]].fillna("")

# %% [markdown]
# - **said** is how many answered. Everything below is about them. Those who kept silent may differ, and the
#   file cannot tell you how.
# - **friends** is the mean number of friends, **transitivity** the share of pairs of one's friends who are
#   friends with each other.
# - **same** beside **base_rate**: the share of one's own kind among friends, and among everybody. The
#   difference is *homophily*. **assortativity** puts it in one number: 1, friends are always alike; 0, they
#   take no notice. It does not say why. People may seek their own, or be kept among them.
# - **monophily**: how much people *of one kind* differ in whom they befriend, beyond chance. Where it is
#   large, friends of friends may know what friends do not (Altenburger & Ugander 2018, doi
#   10.1038/s41562-018-0321-8). Tight groups raise it too, as in the choir, and there friends of friends
#   add little.
#
# An interval says how far a number hangs on who happens to be in the file: it comes from leaving out a
# twentieth of the people at a time. It does not say what would come out elsewhere.

# %%
alike = shape[shape["measure"].isin(["assortativity", "monophily"])]
named = (alike["measure"] + " " + alike["value"]).str.strip()
alike = alike.assign(group=named + ", " + alike["graph"])
plot_groups(
    alike.sort_values(["measure", "value"], kind="stable"),
    reference=0,
    x_title="0: as by chance",
    title="How far friends are alike, here and in Brightwater",
)

# %% [markdown]
# ### What it gives away
#
# An AUC of 1: whoever has the trait is always ranked above whoever has not. One half: a coin. The band holds
# 95 of 100 draws of *who* had answered.


# %%
def draw(graph):
    figure = plot_curve(
        both[(both["measure"] == "auc") & (both["graph"] == graph)],
        x="share",
        group="method",
        reference=0.5,
        x_title="share of the answers that were known",
        y_title="AUC about the others",
        title=f"{graph.capitalize()}: how well hidden answers are told",
    )
    return figure.update_yaxes(range=[0.45, 1]).update_xaxes(tickformat=".0%")


# %%
draw("your graph")

# %%
draw("Brightwater")

# %%
told = both[both["measure"] == "auc"]
auc = told.pivot(index=["graph", "share"], columns="method", values="estimate")
auc.unstack("graph")[methods].round(2)

# %% [markdown]
# Which line is on top, and does it stay there? With one answer in ten known, a singer has hardly a friend
# who answered. Their friends' vote reaches 0.64<!-- =auc.loc[("your graph", 0.1), "neighbours"]:.2f -->; whoever
# looks further gets to 0.74<!-- =auc.loc[("your graph", 0.1), "harmonic"]:.2f -->. Once half have answered, friends
# know about as much as anybody. In Brightwater nobody gets so far: people have many friends, of many settings, and
# a tie says less. So no method is the best. *Which one tells, and how much,* is a fact about the network.
#
# Small differences between lines may be luck. Look at the bands before you write a sentence about them.

# %% [markdown]
# ## Several values
#
# Voice has four values. Its AUC is then the mean of four: *altos against all others*, *basses against all
# others*, and so on, weighted by how many there are of each. A trait with one very common value can score
# well here while the rare ones are told badly. And a value that fewer than ten people gave is treated as
# if they had said nothing: a survey should not be what finds them.

# %% live=true
by_voice = survey_graph(mine, trait="voice", shares=[0.5], methods=[*methods, "link"], rng=1)
by_voice.query("measure == 'auc'")[["method", "n", "estimate", "low", "high"]].round(2)

# %% [markdown]
# ## Likes instead of friends
#
# The same for a table of who likes what, with a second table of what people said. The file is again an invented
# one, of another town.

# %%
other = make_world(900, rng=21)
likes = other.acts.query("kind == 'like'")[["person", "item"]]
likes.to_csv(folder / "likes.csv", index=False)
asked = ["faith", "illness", "openness"]
answers = other.reports[other.reports["trait"].isin(asked)]
answers = answers.pivot(index="person", columns="trait", values="value")
answers.to_csv(folder / "users.csv")

# %%
path, users = folder / "likes.csv", folder / "users.csv"
agreed = "They do not exist either."

liked = load_likes(path, users=users, agreed=agreed)

# %% live=true
yours = survey_likes(liked)
ours = survey_likes(load_town(), traits=asked)
told = [yours.assign(file="your file"), ours.assign(file="Brightwater")]
told = pd.concat(told, ignore_index=True)
told["trait"] = told["trait"].fillna("").str.removeprefix("protected:")
told["says"] = told.apply(say, axis=1)
told.pivot(index=["trait", "measure"], columns="file", values="says")[["your file", "Brightwater"]]

# %% [markdown]
# **rare_items** is the share of things that fewer than ten people like. It says little about taste and much
# about being found again: who likes a thing that hardly anybody likes is known by it. **r** is the
# correlation between the number that people gave and the one that was concluded.

# %%
ranked = told[told["measure"] == "auc"].sort_values("trait", kind="stable")
plot_groups(
    ranked.assign(group=ranked["trait"] + ", " + ranked["file"]),
    reference=0.5,
    x_title="AUC (dashed: a coin)",
    title="How well likes tell a trait",
)

# %% [markdown]
# Nobody here was judged by a model that had seen their answer. A model of *your* file learns from your people
# only: nothing that was learnt in Brightwater is used on them, and nothing should be.

# %% [markdown]
# ## What to write into an ethics application
#
# An ethics committee asks what could be concluded about people. Now you can say it in numbers. Take this
# paragraph, and be ready to be asked about each of them.

# %%
graph = both[both["graph"] == "your graph"].set_index("measure")["estimate"]
half = both.query("graph == 'your graph' and measure == 'auc' and share == 0.5")
best = half.loc[half["estimate"].idxmax()]
name = trait.removeprefix("protected:")
Markdown(
    f"> The graph has {graph['people']:,.0f} people, of whom {graph['said']:,.0f} stated their "
    f"{name}. If half of these statements were known, the others could be told from friendships "
    f"alone with an AUC of {best['estimate']:.2f} ({best['low']:.2f} to {best['high']:.2f}; one half "
    f"is a coin) by the best of {len(half)} methods. We treat the ties as information about {name}."
)

# %% [markdown]
# Then the sentences that no code can write:
#
# - what the people were told, and whether those at the *other* end of each tie were;
# - who will see rows about persons, if anybody, and on what basis (`person_rows=True, basis="..."` asks you
#   to write it down);
# - when the file is deleted, and who may have it until then;
# - the best reason not to do this at all.
#
# R0 ends in a form for these.

# %% [markdown]
# ## What a survey can and cannot claim
#
# - That this graph gives so much away about those *who answered*: yes. About those who did not, only if they are
#   like them.
# - That a method which does badly here is harmless: no. Somebody else may have likes as well, or a better
#   method, or the answers of everybody.
# - Why friends are alike: no. Choice, school, rent and law all look the same in a matrix.
# - That Brightwater is what is normal: no. It is a town with known numbers, so that you can see yours as large or
#   small. Nobody has measured a normal town.
# - Comparing two graphs: with care. They differ in size, in how many answered, and in what was asked.
# - That an AUC of .6 is little: for one person, yes. For a list of ten thousand, sorted by it, no.
#
# **The argument against this notebook.** It makes a file easier to use, and a file that is easy to use is used.
# Whoever wants to find people can read a survey as a price list: this graph is worth it, that one is not. We
# think that those who ask nobody would get these numbers anyway, and that those who decide on protection would
# not. Do you?

# %% [markdown]
# ## Add one of your own
#
# A method is a function of three arrays: who is whose friend, who answered, and what. It returns scores, and
# whom it reached. This one lets the people with few friends count for more.

# %%
from ethics_lib.walks import METHODS, neighbour_vote


def modest(friends, known, answers):
    weight = 1 / np.sqrt(np.maximum(friends.sum(axis=1), 1))
    scores, reached = neighbour_vote(friends, known, answers * weight[:, None])
    return scores / np.maximum(scores.sum(axis=1, keepdims=True), 1e-9), reached


METHODS["modest"] = modest

# %% live=true
mine_too = survey_graph(mine, trait=trait, shares=[0.5], methods=["neighbours", "modest"], rng=1)
mine_too.query("measure == 'auc'")[["method", "n", "estimate", "low", "high"]].round(3)

# %% [markdown]
# - **Try**: bring a graph of a group that you belong to, with everybody's agreement, and guess the numbers before
#   you run it.
# - **Try**: give the choir a few large circles instead of many small ones (`circle_size=60`). Which line is on
#   top now?
# - **Harder**: leave out at random half of the ties. How much less is given away? And half of the *people*?
#
# ### Reading
#
# - Altenburger & Ugander (2018), doi 10.1038/s41562-018-0321-8, on friends of friends.
# - Lin, Lunde & Sarkar (2020), arXiv 2004.08935: why leaving out people gives an interval, and why in the mean it is
#   too wide rather than too narrow.
# - Kosinski, Stillwell & Graepel (2013), doi 10.1073/pnas.1218772110, on likes.
# - Lesson 06 for how the methods work, R0 for whether you may, R1 for what has been published.
