# %% [markdown]
# # R5 · Write your own line
#
# > "That is not right" is a feeling. Who was wronged, by what, on whose rules, and what would put it right, is
# > an argument. Here an argument can be run.
#
# **What it is**: the charter of this library, opened up. You read one of its lines, write one of your own in ten
# lines of code, try it on worlds that should cross it and worlds that should not, and see whom it wrongs in
# Brightwater.
#
# **What it is not**: legal advice, or a machine that decides what is right. A line finds those to whom its claim
# applies. Whether the claim should hold is for you to argue.
#
# **Minutes**: 45
#
# The pipeline below guesses who is expecting a child. There is **a way around**: write `asked = ["openness",
# "in_debt"]` in the cell that says so.

# %% [markdown]
# ## Set-up

# %%
import inspect

import numpy as np
import pandas as pd
from IPython.display import Markdown

from ethics_lib import CHARTER, Ad, Pixel, Platform, ask_consent, audit, collect, declare_use
from ethics_lib import give_notice, infer, infer_interests, load_town, propagate
from ethics_lib.audiences import Condition, query_beliefs
from ethics_lib.charter_collection import tracked_before_asked
from ethics_lib.decisions import reach
from ethics_lib.lines import find_wronged, line
from ethics_lib.plots import plot_findings
from ethics_lib.readings import read_findings
from ethics_lib.rules import RULES
from ethics_lib.what_ifs import WithoutFriends, WithoutSource, WithoutTrait, what_if

# %% [markdown]
# ## A platform to judge
#
# Murmur has the likes of its members, and a tracker on three in ten of the town's other sites, which does not wait
# to be asked. It told half of its members what it does. It asked all of them whether it may choose adverts by what
# it knows of their health, and four in ten said yes. That is where it starts.

# %%
asked = ["expecting", "openness"]

town = load_town()
members = town.people.query("member")
joining = {"holder": "Murmur", "time": members["joined"]}
terms = ask_consent(members, purposes=["service"], how="terms", rng=1, **joining)
asked_for = {"purposes": ["direct_marketing"], "how": "explicit", "rate": 0.4}
agreed = pd.concat([terms, ask_consent(members, rng=2, **asked_for, **joining)])
held = collect(town, agreed, [Platform("Murmur"), Pixel("Murmur", reach=0.3, waits=False)])
told = give_notice(members[::2], holder="Murmur", purposes=["service"], time="2019-01-01")
known = town.reports[town.reports["trait"].isin(asked)]
start = {"traces": held.traces, "ties": held.ties, "known": known, "consents": agreed}

# %% [markdown]
# From there on, one function does all the rest: it concludes, from likes and from friends, and sends a
# coupon for a pram. To whom? To whoever is believed to be expecting, *or* keen on theatre. (The topics of this
# town mean nothing. Theatre happens to be what people in it turn to when they expect a child: the seed drew it.)


# %%
def murmur(start):
    seen, said = start["traces"], start["known"]
    keen = infer_interests(seen, town.items, holder="Murmur")
    friends = propagate(said, start["ties"], holder="Murmur")
    beliefs = pd.concat([keen, infer(seen, said, holder="Murmur"), friends])
    looks_at = {"interest": Condition("interest", "theatre", 0.15)}
    if "expecting" in set(said["trait"]):
        looks_at["expecting"] = Condition("expecting", "yes", 0.05)
    chosen = pd.concat([query_beliefs(beliefs, condition) for condition in looks_at.values()])
    return send(chosen.drop_duplicates("person"), beliefs, list(looks_at), start)


# %%
def send(chosen, beliefs, traits, start):
    about = {"holder": "Murmur", "purpose": "direct_marketing", "topic": "prams"}
    ground = {"basis": "consent", "art9_condition": "explicit_consent"}
    use = declare_use("coupon", traits=traits, time="2026-01-02", **ground, **about)
    coupon = Ad("A coupon for a pram", "prams")
    shown = reach(chosen, coupon, use="coupon", everybody=members.index, time="2026-01-03")
    kept = {name: start[name] for name in ("traces", "consents")}
    return kept | {"beliefs": beliefs, "uses": use, "decisions": shown, "notices": told}


tables = murmur(start)
tables["decisions"]["shown"].value_counts()

# %% [markdown]
# ## A line, opened
#
# Every line of the charter is a function. Its parameters are the tables that it may look at, and it returns a row
# for each person wronged. Around the function stand the claim, in the words of the one to whom it was
# done, the sources with their dates, what would put it right, and the best argument against it.

# %%
Markdown(f"```python\n{inspect.getsource(tracked_before_asked.check)}```")

# %% [markdown]
# Read it as a lawyer would: which words of the claim have become which words of the code? What did it leave out?

# %% [markdown]
# ## A line of your own
#
# Somebody who cannot sleep looks at things at four in the morning. A tracker writes down the hour. Nobody has
# made a law about the hours of the night. Should there be a line? Ten lines of code make it.

# %%
argument = {
    "claim": "They know when I cannot sleep.",
    "remedy": "keep the day and throw the hour away",
    "against": "Somebody who works at night is glad of a shop that knows it.",
}


@line("MY-01", "Awake", sources=["me (2026)"], severity="amber", law="none", **argument)
def awake(traces):
    night = traces[traces["time"].dt.hour < 5]
    nights = night.groupby("person").size()
    return nights[nights >= 10].reset_index()[["person"]]


# %% [markdown]
# ## Two small worlds
#
# Before a line judges a town, it should be right about two people. One world crosses it. The other is as like
# the first as can be, and does not.


# %%
def records(hour, n):
    row = {"person": 1, "from_person": 1, "kind": "visit", "item": 7, "source": "pixel"}
    time = pd.Timestamp("2025-06-01") + pd.to_timedelta(np.arange(n), "D")
    rows = {"time": time + pd.Timedelta(hours=hour), "purpose": "advertising", "holder": "Murmur"}
    return pd.DataFrame(row | rows).astype({"item": "Int32"})


crossing, clear = records(hour=4, n=10), records(hour=5, n=10)
[len(awake(traces=world)) for world in (crossing, clear, records(hour=4, n=9))]

# %% [markdown]
# One, none, none. If you write a line and cannot make the second world, you do not yet know what it says.

# %% [markdown]
# ## The town, judged
#
# Now the whole charter and your line beside it. Lines whose tables Murmur did not hand over say so: *not tested*
# is not *innocent*.

# %% live=true
charter = [*CHARTER, awake]
findings = audit(charter, **tables)
wronged = find_wronged(charter, **tables)
plot_findings(findings, wronged=wronged, title="What each line is crossed about")

# %% [markdown]
# Your line finds 1,264<!-- =findings.set_index("line").loc["MY-01", "n_people"]:,.0f --> people. Is that many? You
# set the number ten. With twenty it would find fewer, and nobody made you choose. Every line of the charter hides
# such a choice; look for it before you believe a count.
#
# And by name, without the lines that could not be tested: eight residents whom you meet in the lessons.

# %%
residents = {p: town.people.loc[p, "name"].split()[0] for p in range(17, 25)}
tested = findings.dropna(subset="crossed")
title = "Whom each line wrongs"
plot_findings(tested, wronged=wronged, across="person", labels=residents, title=title)

# %% [markdown]
# ## What if?
#
# Two questions decide most hard cases. Would the advert still have come without the sensitive guess? And would it
# have come without the tracker, or the friends? We do not argue about it. We take the edge out, let the whole
# pipeline run again, and audit again.

# %% live=true
edges = {
    "no guess": WithoutTrait(asked[0]),
    "no tracker": WithoutSource("pixel"),
    "no friends": WithoutFriends(),
}
runs = {n: what_if(charter, murmur, start, without=edge) for n, edge in edges.items()}
side = pd.DataFrame({n: run.set_index("line")["n_without"] for n, run in runs.items()})
side.insert(0, "as it is", runs["no guess"].set_index("line")["n_people"])
side[side.gt(0).any(axis=1)]

# %% [markdown]
# Look at the first row, `shown`, and at EL-12. Without the guess about expecting, the sensitive advert is gone
# from the findings, and the coupon still goes out to
# 56<!-- =side.loc["shown", "no guess"]:,.0f --> people: theatre does the same work under a harmless name. Is
# that better? The line about stand-ins, EL-02, asks for the truth about the town, which an auditor of a real
# platform does not have. Here we do. And while we know the birth dates, EL-11 finds five children.

# %%
knowing = audit(charter, people=town.people, **murmur(WithoutTrait(asked[0])(start)))
knowing.query("line in ['EL-02', 'EL-11', 'EL-12']")[["line", "crossed", "n_people", "reason"]]

# %% [markdown]
# ## By whose law?
#
# The same tables, judged by two dated sets of rules: how many are wronged, and what the law says. Ethics is
# judged in both.

# %%
places = {name: audit(charter, rules=name, **tables).set_index("line") for name in RULES}
verdicts = pd.concat({name: found[["n_people", "law"]] for name, found in places.items()}, axis=1)
verdicts[(verdicts.xs("n_people", axis=1, level=1) > 0).any(axis=1)]

# %% [markdown]
# Look at EL-12, the sensitive advert. In the United Kingdom an explicit yes carries it, so only those who gave none
# are wronged. On a platform in the EU no yes does. Which of the two takes the person more seriously?

# %% [markdown]
# ## Read by others
#
# A lawyer is not the only reader. *Contextual integrity* asks whether data left the setting in which they were given
# (Nissenbaum 2004). *Harm to groups* asks on whom it falls. *Reasonable inference* asks whether the guess was good
# enough for what it was used for (Wachter & Mittelstadt 2019). Where the town's truth can measure it, a number
# stands beside the sentence.

# %%
others = read_findings(charter, wronged, people=town.people, beliefs=tables["beliefs"])
numbers = others["number"].map("{:.2f}".format) + " " + others["group"].fillna("")
others["says"] += (" **" + numbers.str.strip() + "**").where(others["number"].notna(), "")
shown = others[others["line"].isin(["EL-01", "EL-12"])]
Markdown("\n".join(f"- {row.line}, *{row.lens}*: {row.says}" for row in shown.itertuples()))

# %% [markdown]
# In bold stands what the town's truth adds. Harm to groups: how often the group that is wronged least is wronged,
# as a share of the group that is wronged most. Reasonable inference: how often the guess is true.
#
# Beware of the last number of EL-01. The guess is right about
# 98 %<!-- =others.query("line == 'EL-01'")["number"].iloc[2]:.0% --> of people, because it nearly always says *not
# expecting*, and so it is. Of those who were sent the coupon, it is right about
# 85 %<!-- =others.query("line == 'EL-12'")["number"].iloc[2]:.0% -->, and for the same reason.
#
# Your line has no such sentences yet: pass `readings={"harm to groups": "..."}` to `@line`.

# %% [markdown]
# ## What a line can and cannot claim
#
# - That these people are in the tables as the claim says: yes, and you can name them.
# - That nobody else is wronged: no. What left no row in any table, no line can find.
# - That it is unlawful: only a court says so. The column `law` is our reading of the sources, with its date.
# - That it is wrong: no. That is what the column `against` is for. Write the best one you can.
# - That a platform with no findings is a good one: no. It may only keep good books. Whoever writes the consent
#   ledger can make every line go quiet; an audit of a real firm begins with asking who wrote it.
#
# **The argument against this notebook.** Ethics as a list of checks teaches people to pass checks. What is right is
# in dispute, what counts is counted, and the rest is forgotten. We think that a claim which can be run is
# easier to dispute than one which cannot. But ask, of every line: what does it not see?

# %% [markdown]
# ## Add one of your own
#
# - **Try**: a person about whom Murmur believes more than twenty things. How many of those are about others?
# - **Try**: a coupon on the anniversary of a loss. Which table would you need, and who would have to keep it?
# - **Harder**: a line for *people who never joined* of whom anything is believed. Make its two small worlds first.
# - **Harder**: take a line of the charter with which you disagree, and write the one that you would put in
#   its place. Send it to us: CONTRIBUTING says how.
#
# ### Reading
#
# - H. Nissenbaum (2004). *Privacy as contextual integrity.* Washington Law Review 79. Look for the five parts of
#   a flow.
# - S. Wachter & B. Mittelstadt (2019). *A right to reasonable inferences.* Columbia Business Law Review 2019(2).
#   Look for the three things that a holder would have to justify before it concludes anything.
# - European Data Protection Board, *Guidelines 8/2020 on the targeting of social media users*. Look for section
#   8.1.2, on what makes an inference sensitive.
# - `ethics_lib/charter.py` and the four rooms beside it. Look for the argument against your favourite line.
