# %% [markdown]
# # 06 · Propagation
#
# > Wren Halloway never said whom she votes for. Twelve of her friends did, each for themselves.
# > Between them they said it for her.
#
# **The line**: from my friends' openness to my profile.
#
# **Minutes**: 40
#
# In lesson 00 Murmur guessed Wren's vote from what she liked, and was wrong. Here it looks at nothing
# that Wren did. It looks at who her friends are, and at what *they* said.

# %% [markdown]
# ## What you will be able to do
#
# - Let a person's friends vote, by hand, and say what the vote is worth: `06.vote`
# - Say how often the vote of friends is right about those who said nothing: `06.friends`
# - Find out who paid for one guess, and how many of them it takes: `06.paid`
# - Build a town in which friends give nothing away: `06.silent_town`

# %%
import pandas as pd

from ethics_lib import Platform, ask_consent, collect, explain_friends, propagate, score
from ethics_lib.lessons import start
from ethics_lib.plots import plot_curve, plot_groups, plot_network, plot_reasons, plot_tradeoff
from ethics_lib.propagation import disclosure_curve

lesson = start("06")
town = lesson.town
names, vote = town.people["name"], town.people["party"]

# %% [markdown]
# ## Twelve who answered
#
# Murmur knows who is friends with whom among its members. Some members have answered, on a form, whom
# they vote for: the town's two parties are the *Quay* and the *Orchard*. Wren, person 17, has not.

# %%
members = town.people.query("member")
agreed = ask_consent(
    members, holder="Murmur", purposes=["service"], how="terms", time=members["joined"], rng=1
)
ties = collect(town, agreed, [Platform("Murmur")]).ties
answers = town.reports.query("trait == 'party'")[["person", "trait", "value"]]

hers = ties.query("a == 17 or b == 17")
friends = hers["a"].where(hers["a"] != 17, hers["b"])
said = answers[answers["person"].isin(friends)].set_index("person")["value"]
said.value_counts()

# %% [markdown]
# Draw them: Wren in the middle, everybody whom Murmur knows as her friend around her. Filled marks have
# said it themselves; hollow ones have not. The ties among the friends are there too: circles of
# faith and of work. Murmur keeps those who have left it too: 4<!-- =town.people["left"][friends].notna().sum() -->
# of her friends have, and what it knew of them stayed.

# %%
circle = pd.Index([17, *friends])
near = ties[ties["a"].isin(circle) & ties["b"].isin(circle)]
plot_network(
    near,
    values=said.reindex(circle).fillna("did not say"),
    known=said.index,
    labels=names,
    focus=17,
    title=f"{len(said)} of Wren's {len(friends)} friends have said whom they vote for",
    rng=1,
)

# %% [markdown]
# **By hand** (green). Let the friends who answered vote. The guess is the share that said *Quay*.

# %% exercise="06.vote"
share = (said == "Quay").mean()  #| share = ...
lesson.check("06.vote", share)


# %% form="06.vote" right="counting"
lesson.check("06.vote", said.value_counts()["Quay"] / len(said))

# %% form="06.vote" right="normalised"
lesson.check("06.vote", said.value_counts(normalize=True)["Quay"])

# %% form="06.vote" wrong="the silent counted too"
lesson.check("06.vote", (said == "Quay").sum() / len(friends))

# %% form="06.vote" wrong="the other party"
lesson.check("06.vote", (said == "Orchard").mean())

# %% form="06.vote" wrong="a count"
lesson.check("06.vote", (said == "Quay").sum())

# %% [markdown]
# Of her 31<!-- =len(friends) --> friends on Murmur, 12<!-- =len(said) --> have answered, and
# 8<!-- =(said == "Quay").sum() --> of them said Quay. So does Wren:
# **Quay**<!-- =vote[17] -->. Her likes said Orchard. Her friends, each of whom spoke only of
# themselves, have told what Wren kept to herself, and better than she gave it away.
# (In the town she has 37<!-- =town.ties.eval("a == 17 or b == 17").sum() --> friends. Linden Fairmoor, one of
# the others, never joined Murmur, and lives with an illness of which Murmur was told nothing. Lesson 07 asks
# whether that is enough.)
#
# **Predict.** Do the same for every member who did not answer. If friends told nothing, half of the
# guesses would be right. What share of them will be?

# %%
lesson.predict("06.friends", ..., confidence=...)

# %%
by_friends = propagate(answers, ties, holder="Murmur", method="neighbours")
friends_right = score(by_friends, vote, trait="party", metric="accuracy")
lesson.result("06.friends", friends_right["estimate"].item())

# %%
lesson.because("06.friends", "...", cite=...)

# %% [markdown]
# ## Let it spread
#
# A few members have no friend who answered, and get the town's average. But their friends have
# friends. *Label propagation* lets every answer walk on from friend to friend: those who answered
# stay as they are, everybody else becomes the mean of their friends, again and again until nothing
# moves.
#
# And what if fewer spoke? Wren's silence is her own; what it is worth depends on others. Keep only a
# share of the answers, let those walk, and score the guesses about the *same* silent people.

# %%
shares = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0]
curve = disclosure_curve(answers, ties, vote, shares=shares, rng=1)
plot_curve(
    curve,
    x="share",
    reference=0.5,
    x_title="share of the answers that are counted",
    y_title="share guessed right",
    title="The more others say, the less your silence is worth",
)

# %% [markdown]
# The silent people are the same at every point, and did the same: nothing. What changed is how many
# *others* spoke. No box that Wren could tick moves her along this line.
#
# ## Who paid?
#
# A guess that came through friends can be taken apart again. Each answer's weight is the chance that
# a walk from Wren, from friend to friend, meets that answer first; the weights add up to the guess,
# *Quay*. Only those who said Quay are on this bill; those who said Orchard pulled
# the other way.

# %%
paid = explain_friends(answers, ties, person=17, trait="party", method="harmonic")
plot_reasons(
    paid, labels=names, top=10, title="A few friends weigh as much as hundreds of strangers"
)

# %% [markdown]
# The table is sorted, the heaviest first. How many people does it take to make up at least **half** of
# the weight?

# %% exercise="06.paid"
half = paid["weight"].sum() / 2
how_many = (paid["weight"].cumsum() < half).sum() + 1  #| how_many = ...
lesson.check("06.paid", how_many)


# %% form="06.paid" right="searching"
lesson.check("06.paid", 1 + paid["weight"].cumsum().searchsorted(half))

# %% form="06.paid" wrong="one too few"
lesson.check("06.paid", (paid["weight"].cumsum() < half).sum())

# %% form="06.paid" wrong="half of the people"
lesson.check("06.paid", len(paid) // 2)

# %% form="06.paid" wrong="one half, not half of the weight"
lesson.check("06.paid", (paid["weight"].cumsum() < 0.5).sum() + 1)

# %% [markdown]
# ## Decide
#
# You run Murmur, and both parties would like to invite people to their meetings. An invitation to
# somebody who votes for that party is welcome; Murmur sends one wherever a guess is at least 60 % sure.
# Whose answers may be counted for *other* people? Choose, and defend it with one number.

# %%
silent = members.index.difference(answers["person"])
rules = {"one in five": 0.2, "half": 0.5, "four in five": 0.8, "everybody": 1.0}
sides = answers.groupby("value")  # the same share of both parties' answers
counted = {rule: sides.sample(frac=share, random_state=3) for rule, share in rules.items()}
held = {rule: propagate(some, ties, holder="Murmur") for rule, some in counted.items()}
held = {rule: guess[guess["person"].isin(silent)] for rule, guess in held.items()}
sure = {rule: guess.query("p >= 0.6").set_index("person") for rule, guess in held.items()}
hits = [(guess["value"] == vote[guess.index]).sum() for guess in sure.values()]

table = pd.DataFrame({"counted": rules.keys(), "welcome": hits, "guessed": map(len, sure.values())})
plot_tradeoff(
    table,
    x="welcome",
    y="guessed",
    label="counted",
    x_title="invitations that are welcome",
    y_title="silent people guessed",
    title="What an invitation costs, by whose answers are counted",
)

# %% [markdown]
# When everybody's answers count, Wren gets an invitation from the Quay, on a guess that is
# 61 %<!-- =sure["everybody"].loc[17, "p"]:.0% --> sure. So does Kit Halloway, who lives with her and is
# 13<!-- =(pd.Timestamp("2026-01-01") - town.people["birth_date"][19]).days // 365.25:.0f -->: nothing above asks how
# old anybody is.
#
# **Who is harmed, and who could say no?** Wren could not: nobody asked her, and nothing was used but
# who her friends are. Rowan Hazelstone, a friend, left Murmur in
# March 2024<!-- =town.people["left"][20]:%B %Y -->. Rowan's answer stayed, and counts to this day; it was not
# even true. Could Rowan, by taking it along, have said no *for Wren*? The line `EL-08` of our charter, *your friends gave you away*,
# says that a conclusion about Wren which rests on other people wrongs her; law is thinner here than
# ethics (Articles 5(1)(a) and 14 of the GDPR; the Menlo Report's respect for persons).
#
# ## Take-away
#
# - Friends resemble each other. So an answer about me is, a little, an answer about you.
# - Walking further than one friend reaches those who have no open friend, and tells a little more.
# - How much my silence hides is decided by how many others speak.
# - Every guess of this kind has a bill: it can be said whose words it was made of.
#
# **On Monday, you**: before you answer a form about politics, faith or health, or let an app read your
# contacts, think of who else you answer for. **On Monday, a business**: if a field in your customer
# table was filled in from other people's data, mark it so, and tell the person within a month where it
# came from (Article 14).
#
# The argument against: that friends resemble each other is how doctors trace infections and how a
# newcomer finds the choir. A town where no one may be guessed from their friends is a colder town.

# %% [markdown]
# ## At home: three ways to ask
#
# When all answers count, how do three methods compare? `neighbours` is the vote of friends that you
# took by hand, `two_hop` asks only the friends of friends, `harmonic` lets the answers spread.

# %%
methods = ["neighbours", "two_hop", "harmonic"]
full = disclosure_curve(answers, ties, vote, shares=[1.0], methods=methods, draws=1, rng=1)
plot_groups(
    full,
    y="method",
    x_title="share of the silent guessed right",
    title="Letting it spread is right a little more often",
)

# %% [markdown]
# The intervals overlap, but the same people are guessed: where the two disagree, letting it spread is right
# more often.
#
# **Green.** By how much does letting it spread beat the plain vote of friends, in percentage points?

# %% exercise="06.spread"
right = full.set_index("method")["estimate"]
gain = 100 * (right["harmonic"] - right["neighbours"])  #| gain = ...
lesson.check("06.spread", gain)


# %% form="06.spread" right="from the figure's table"
ends = full.set_index("method")["estimate"].mul(100).round(1)
lesson.check("06.spread", ends["harmonic"] - ends["neighbours"])

# %% form="06.spread" wrong="a share, not points"
lesson.check("06.spread", right["harmonic"] - right["neighbours"])

# %% form="06.spread" wrong="percent of percent"
lesson.check("06.spread", 100 * (right["harmonic"] / right["neighbours"] - 1))

# %% form="06.spread" wrong="the wrong way round"
lesson.check("06.spread", 100 * (right["neighbours"] - right["harmonic"]))

# %% [markdown]
# ### Blue: one step, by hand
#
# Five people stand in a row, each a friend of the next. The first said *Quay* (1), the last *Orchard*
# (0). The three between may start anywhere, say at 0. In one **step**, everybody between takes the mean of their
# two neighbours *as they were before the step*. Write it.


# %% exercise="06.step"
def step(row):
    between = [(row[k - 1] + row[k + 1]) / 2 for k in range(1, len(row) - 1)]  #|
    return [row[0], *between, row[-1]]  #| return row


lesson.check("06.step", step)


# %% form="06.step" right="with NumPy"
import numpy as np


def by_numpy(row):
    row = np.array(row)
    return np.concatenate([row[:1], (row[:-2] + row[2:]) / 2, row[-1:]])


lesson.check("06.step", by_numpy)


# %% form="06.step" wrong="one after the other"
def in_place(row):
    for k in range(1, len(row) - 1):
        row[k] = (row[k - 1] + row[k + 1]) / 2
    return row


lesson.check("06.step", in_place)


# %% form="06.step" wrong="the ends move"
def moving_ends(row):
    return [row[1], *[(a + b) / 2 for a, b in zip(row, row[2:], strict=False)], row[-2]]


lesson.check("06.step", moving_ends)


# %% form="06.step" wrong="counts itself"
def of_three(row):
    means = [(a + b + c) / 3 for a, b, c in zip(row, row[1:], row[2:], strict=False)]
    return [row[0], *means, row[-1]]


lesson.check("06.step", of_three)

# %% [markdown]
# Walk it twelve steps and look at where it comes to rest, and would from anywhere: a straight line from 1 to
# 0. Nobody moves any more once everybody is the mean of their neighbours; that is why it is called a *harmonic* field.

# %%
row = [1.0, 0.0, 0.0, 0.0, 0.0]
walk = [row := step(row) for _ in range(12)]
pd.DataFrame(walk, columns=["Quay said it", "2nd", "3rd", "4th", "Orchard said it"]).round(2)

# %% [markdown]
# ### Green: a town in which friends give nothing away
#
# *"Friends always tell."* Prove the claim wrong. `make_ties` draws friendships among people of two
# groups; find a value of `homophily` (from -1 to 1) for which the vote of friends is worth nothing,
# though everybody has friends who answered.

# %% exercise="06.silent_town"
homophily = 0.0  #| homophily = ...
lesson.check("06.silent_town", homophily)


# %% form="06.silent_town" right="next to nothing"
lesson.check("06.silent_town", 0.01)

# %% form="06.silent_town" wrong="the smallest number"
lesson.check("06.silent_town", -1)

# %% form="06.silent_town" wrong="a little likeness does no harm"
lesson.check("06.silent_town", 0.2)

# %% [markdown]
# Try a **negative** value too: people who seek out those who are not like them. What does the vote of
# friends tell then, and is that still a leak?
#
# ### Black: the vote of a liar
#
# One answer in twenty about the vote is untrue; Rowan Hazelstone's is. Measure what lies cost:
# replace `answers` by the truth for the same people, `vote[answers["person"]]`, and score again. Then
# let *every* answer be a coin toss. Where between the two does Brightwater stand? No check: bring your
# figure.

# %%
# your own cell

# %% [markdown]
# ### Role-play: the kitchen table
#
# Three people, five minutes. *Sage Overfield*, who lives with Wren and answered the form. *Wren*. *Somebody
# from Murmur*, who may only say things that are true of the code above. Wren asks: what did you tell
# them about me? Use the number from `06.paid`. (Sage said **Orchard**<!-- =said[18] -->, and was believed no less.)
#
# ### Talk
#
# The curve rises. Would a rule *each person decides for themselves* keep anybody's vote private here?
# Which point on the curve would you need, and who would have to be silent to get there?
#
# ### Reading, and a thread to pull
#
# - A paper: Altenburger & Ugander (2018), doi 10.1038/s41562-018-0321-8, on what friends of friends know
#   that friends do not. Look at their Figure 2; in the figure above, about a vote in which friends are
#   alike, it is the other way round.
# - A paper: Garcia (2017), doi 10.1126/sciadv.1701172, on people who never joined at all, like Linden
#   Fairmoor; lesson 07.
# - A law: Article 14 of the GDPR. What would Murmur have to tell Wren, when, and about whom?
# - For researchers, under a minute: the cell below sweeps homophily at fixed openness. Add `monophily`
#   as a second axis: where does the two-hop vote overtake the plain one?

# %%
from ethics_lib.ties import make_ties

people = pd.Series(["Quay", "Orchard"] * 500)
everybody = pd.DataFrame({"person": people.index, "trait": "party", "value": people})
open_half = everybody.sample(frac=0.5, random_state=1)
levels = [0.0, 0.2, 0.4, 0.6]
towns = [make_ties(people, mean_degree=20, homophily=level, rng=1) for level in levels]
both = ["neighbours", "two_hop"]
found = [
    disclosure_curve(open_half, drawn, people, shares=[1.0], methods=both, draws=1, rng=1)
    for drawn in towns
]
sweep = pd.concat(found, keys=levels, names=["homophily"]).reset_index("homophily")
plot_curve(
    sweep,
    x="homophily",
    group="method",
    reference=0.5,
    y_title="guesses that are right",
    title="No likeness among friends, nothing to tell",
)

# %%
lesson.ledger()

# %% [markdown] lecturer=true
# ## For the lecturer: forty minutes
#
# | minute | what |
# |---|---|
# | 0-5 | Wren's silence; the circle on the screen; the room guesses her vote before the count |
# | 5-10 | `06.vote` by hand, on the board; then the live moment |
# | 10-18 | Prediction `06.friends`: collect guesses from the room, run, reasons |
# | 18-24 | Letting it spread; why does walking further help? (It reaches those with no open friend, and tells a little more of the others) |
# | 24-30 | The curve. Ask first: who is acting here, and who is only standing there? |
# | 30-35 | Who paid; `06.paid` |
# | 35-40 | Decide; the argument against; take-away |
#
# **Live, with resident cards.** Deal twenty cards of Wren's circle, `circle[:20]`, name and vote. Half of
# the holders hold theirs up. The room guesses the others from who stands next to whom. Then two more
# go silent: does it change anything for the one in the middle? Nobody ever plays with their own vote,
# friends or seat.
#
# **What they will say, and what to say back.** *I have nothing to hide.* Then you are one of the twelve:
# whom did you answer for? *She could ask her friends to be quiet.* How many of them, on the curve? *It is
# only 61 %<!-- =sure["everybody"].loc[17, "p"]:.0% --> sure.* The invitation goes out at 60, so she gets one; move
# the rule and count again. *Then delete Rowan's answer.* Do: it was untrue and pulled the other way, so the guess
# about Wren becomes surer,
# 63 %<!-- =propagate(answers[answers["person"] != 20], ties, holder="Murmur").query("person == 17")["p"].max():.0% -->.
#
# **If the kernel dies**: print the circle, the curve and the bill beforehand; the cards need no
# computer. **For 20**: one circle of cards. **For 200**: four circles, one in each quarter of the room.
