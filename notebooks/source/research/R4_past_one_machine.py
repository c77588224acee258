# %% [markdown]
# # R4 · Past one machine
#
# > A lesson guesses about five thousand people. A firm guesses about a billion. Is that the same thing,
# > only larger?
#
# **What it is**: the propagation of lesson 06, done in parts: a city on your disk, workers who share
# it, one of them killed in the middle. Then your own measurements, drawn out to a billion ties.
#
# **What it is not**: a measurement at that size. What was measured, up to a hundred million ties, and
# what was never tried, stands in `docs/billion_ties.md`.
#
# **Minutes**: 40. It uses 100 MB of disk in a temporary folder, and two processors.
#
# The trait is an invented faith. There is **a way around**: write `trait = "party"` in the set-up.

# %% [markdown]
# ## Set-up

# %%
import os
import shutil
import tempfile
import time
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import psutil
from distributed import Client, LocalCluster
from IPython.display import Markdown

from ethics_lib import propagate, scale
from ethics_lib.plots import plot_curve

trait = "faith"
quiet = dict.fromkeys(["likes", "visits", "searches", "purchases", "messages"], 0)
folder = Path(tempfile.mkdtemp(prefix="city-"))

# %% [markdown]
# Two workers, in processes of their own, who talk to each other on this machine only. This is the one
# cell that changes when you have more machines: there it says `client = Client("tcp://...:8786")`, with
# the address of a scheduler that somebody runs, and a `folder` that every worker can see.

# %% live=true
cluster = LocalCluster(
    n_workers=2,
    threads_per_worker=1,
    host="127.0.0.1",
    dashboard_address=None,
    scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
    silence_logs="CRITICAL",
)
client = Client(cluster)
pd.Series({"workers": len(client.ncores()), "free disk, GB": shutil.disk_usage(folder).free // 1e9})

# %% [markdown]
# ## A city in parts
#
# `scale.make_world` makes a city district by district. No worker holds more than one district, so the
# city may be larger than any memory. Friends in other districts come from meeting places, where people
# of all districts meet. Three cities, to see how things grow. Likes and searches are left out: here
# only friends and answers are needed.

# %% live=true
cities, made = {}, []
for n in (15_000, 45_000, 90_000):
    start = time.perf_counter()
    cities[n] = scale.make_world(
        n, folder=folder / f"{n}", partitions=n // 15_000, knobs=quiet, client=client, rng=7
    )
    made.append({"people": n, "ties": len(cities[n].ties), "seconds": time.perf_counter() - start})
made = pd.DataFrame(made)
made["MB on disk"] = [
    sum(f.stat().st_size for f in (folder / f"{n}").rglob("*")) // 10**6 for n in made["people"]
]
made.round(1)

# %% [markdown]
# Each table is a folder of Parquet, and in Python a Dask DataFrame: a table that is not there until it is
# asked for. What you know from pandas mostly works. `compute()` brings the answer, so ask for small things.

# %%
city = cities[90_000]
home = (city.ties["a"] // 15_000 == city.ties["b"] // 15_000).rename("in one district")
city.ties.assign(home=home).groupby(["context", "home"]).size().compute().unstack(fill_value=0)

# %% [markdown]
# Families stay together; about a fifth of all other friends live in another district. (That number is an
# argument, `across`. What else differs from one large town is written in the notes of `scale.make_world`.)
#
# ## Ten steps
#
# Some members have said their faith. Everybody else becomes the mean of their friends, ten times over.
#
# How is that done in parts? The obvious way is a *join*: put each friend's score beside each tie, send
# all rows about the network so that each person's rows come together, add up. Here nothing is joined.
# Once, in the beginning, each tie is dealt to both of its ends, so that a part holds all friends of some
# people. Then everybody's scores are given to every worker: that is far less than the ties. A step is a
# look-up, part by part, and no part needs to know of another.

# %%
known = {n: c.reports[c.reports["trait"] == trait] for n, c in cities.items()}


def guess(n, name):
    """Beliefs about everybody in a city who did not answer, and the seconds that it took."""
    start = time.perf_counter()
    beliefs = scale.propagate(
        known[n], cities[n].ties, holder="Murmur", folder=folder / name, client=client
    )
    return beliefs, time.perf_counter() - start


# %% live=true
taken = {n: guess(n, f"beliefs {n}") for n in cities}
beliefs = taken[90_000][0].compute()
beliefs.sample(4, random_state=1).sort_values("person")

# %% [markdown]
# How good are they? Nobody needs to look at a single row to ask that.

# %%
truth = city.people[trait].compute()
likelier = beliefs.sort_values("p").drop_duplicates("person", keep="last")
right = (likelier["value"].to_numpy() == truth.loc[likelier["person"]].to_numpy()).mean()
asked, judged = len(known[90_000]), len(likelier)
Markdown(
    f"{asked:,} people answered. **{judged:,}** did not and are judged all the same; of them "
    f"**{right:.0%}** rightly. The larger group of the city is {truth.value_counts(normalize=True).max():.0%}."
)

# %% [markdown]
# ## The same answer
#
# This city still fits into memory. So ask `propagate`, the verb of the lessons, the same question.

# %% live=true
start = time.perf_counter()
in_memory = propagate(
    known[90_000].compute(), city.ties.compute(), holder="Murmur", method="label_propagation"
)
seconds = time.perf_counter() - start
apart = np.abs(in_memory["p"].to_numpy() - beliefs["p"].to_numpy()).max()
Markdown(
    f"The largest difference is **{apart:g}**. In memory it took {seconds:.1f} s, in parts "
    f"{taken[90_000][1]:.1f} s."
)

# %% [markdown]
# If memory was quicker: that is the rule, and worth remembering. Parts are for what does not fit. A
# million people and twenty million ties still do, on a laptop.
#
# ## A worker is killed
#
# On a thousand machines, one is always breaking. So break one: when the ties are dealt and the steps begin, a
# worker's process is killed, with everything that it held.


# %%
def numbers():
    """The numbers of the workers' processes."""
    return set(client.run(os.getpid).values())


def kill_a_worker(one, when):
    """Kill a worker's process as soon as there are files of friends."""
    while not list(when.glob("friends-*")):
        time.sleep(0.01)
    psutil.Process(one).kill()


# %% live=true
before, name = numbers(), "beliefs in spite of it"
Thread(target=kill_a_worker, args=[min(before), folder / name / "scratch"]).start()
again, longer = guess(90_000, name)
same = again.compute().equals(taken[90_000][0].compute())
client.wait_for_workers(2)
killed, new = before - numbers(), numbers() - before
Markdown(
    f"Worker {min(killed)} was killed, and {min(new)} took its place. It took {longer:.1f} s and not {taken[90_000][1]:.1f}. "
    f"The same to the last bit: **{same}**."
)

# %% [markdown]
# Dask noticed, started another worker and gave it the lost work. It could, because each part of the work says
# what it is made from, because a file is there as a whole or not at all, and because no sum is put together
# from whatever arrives first.
#
# ## A billion ties, from your own slope
#
# You have three measurements. A part of each is fixed, whatever the size: starting, talking, waiting; and whatever
# else your machine did meanwhile was measured too. So small cities say least.

# %%
times = made[["people", "ties"]].assign(seconds=[t for _, t in taken.values()])
times["microseconds a tie"] = 1e6 * times["seconds"] / times["ties"]
times.round(1)

# %% [markdown]
# Take the last number of the table, of the largest city, and go on with it in a straight line.

# %%
a_tie = times["microseconds a tie"].iloc[-1] / 1e6
size = np.geomspace(times["ties"].max(), 1e9, 10)
line = pd.DataFrame({"ties": size, "seconds": a_tie * size})
line = line.assign(low=line["seconds"] / 2, high=line["seconds"] * 2)

# %%
ticks = {"tickvals": [1, 60, 3600, 36000], "ticktext": ["1 s", "1 min", "1 h", "10 h"]}
figure = plot_curve(
    line,
    x="ties",
    y="seconds",
    x_title="ties",
    y_title="time",
    title="Ten steps on this machine, drawn out to a billion ties",
)
figure.update_xaxes(type="log", tickvals=[1e6, 1e7, 1e8, 1e9])
figure.update_yaxes(type="log", **ticks)

# %% [markdown]
# Each line of the grid across is ten or sixty times the one below. The band is half and twice: no confidence
# interval, only modesty. The last point lies hundreds of times further out than anything you measured. What is
# known of the way there is in `docs/billion_ties.md`: memory that no longer holds everybody's scores near the
# processor, disks, networks.
#
# Now put a price on it: on the arithmetic only, not on getting the ties or keeping them. What does an hour of
# such a machine cost where you would rent it?

# %%
price = 0.10  # an hour of two processors: write in what your provider asks
billion = line["seconds"].iloc[-1] / 3600
people = 1e9 * times["people"].iloc[-1] / times["ties"].iloc[-1]
share = judged / times["people"].iloc[-1]

# %%
pd.Series(
    {
        "hours on this machine": f"{billion:.1f}",
        "people with as many friends": f"{people:,.0f}",
        "of whom judged without being asked": f"{people * share:,.0f}",
        "price of all guesses": f"{price * billion:,.2f}",
        "guesses for one cent": f"{people * share / (100 * price * billion):,.0f}",
        "believed wrongly": f"{people * share * (1 - right):,.0f}",
    }
).to_frame("about")

# %% [markdown]
# ## What scale changes
#
# Not the arithmetic: you have just seen the same numbers, to the bit. Look at the last rows.
#
# **Nobody is left out for want of money.** Once the ties are there, one more person costs next to nothing. So a
# firm needs a reason *not* to judge somebody, where a village gossip needed a reason to. Who never
# answered, and who never joined, is judged because leaving them out would be more work.
#
# **A rate becomes a crowd.** A share of errors that looks small in a class is a number of people out there, and
# none of them knows. Each of them is *one* complaint, if they ever find out.
#
# **Asking does not scale.** The machines take minutes, or hours, for everybody. To ask everybody, or to hear everybody who
# objects, takes as many conversations as there are people. What is cheap gets done.
#
# **And yet it is the ties that are dear.** Anybody can pay for these hours: a university, a party, a
# man with a grudge. What only few have is the list of who knows whom. So the question
# "who can afford this?" has an uncomfortable answer: whoever already holds the ties, and nobody who would
# check them. European guidance on impact assessments (WP248) counts *large scale* among its nine criteria
# of high risk; it does not say how many people that is.
#
# ## What this can and cannot claim
#
# It can claim that the answer is the same, to the bit, in memory and in parts, with a worker lost and
# without; that a step needs no join; and what your machine took, today. It cannot claim what a real
# network would take, whose most popular people have millions of friends where ours have hundreds, nor
# what ten machines would. And it says nothing of how right a firm's guesses are: this town's
# likeness of friends is our own making.
#
# **The argument against this notebook**: it hands out the last missing piece, the one that makes the lessons'
# method work on everybody. Researchers who audit a platform need it. So does whoever wants to be the platform.
# That nothing here is new, and every firm has better, is true. Is it a reason?
#
# ### The question
#
# *Suppose every conclusion drawn about a person cost one cent, paid to that person. Which of the
# guesses in this notebook would still be made, and who would be missing from them?*
#
# - **Try**: `across=0` makes districts that never meet. What happens to people in a district where nobody
#   answers?
# - **Try**: kill both workers at once. Does the answer still come, and is it the same?
# - **Harder**: give the faith of one district only. How many steps until the farthest district believes
#   something, and how would you say that to somebody who lives there?
# - **Add one of your own**: another way of passing answers on that needs only a look at one's friends, such
#   as fading (`walks.local_global_consistency`). What must each worker know for a step? Try it on one
#   district in memory first.
# - **Harder**: run it on several machines and write down what broke first. It is missing from our page.

# %%
client.close()
cluster.close()
shutil.rmtree(folder)
