# %% [markdown]
# # R0 · May we use this data?
#
# > The file is three clicks away. Thousands have worked with it. Was anybody in it asked?
#
# **What it is**: seven data sets that the field has lived on. For each: what its people had agreed to, what
# was released, and what happened. Then a release of your own, of a town in which nobody exists, to see
# what "anonymised" is worth. At the end you fill in one page for an ethics committee.
#
# **What it is not**: legal advice, and a verdict on colleagues. Each fact below names who says so.
#
# **Minutes**: 60, and as long again to argue
#
# Some of these data sets hold ethnicity, religion or orientation. Here only the *names* of such columns
# appear, in quoted facts; no such file is opened, and no person is looked at. There is **a way around**:
# name the releases that you would rather not read about in `hidden`, and run on.

# %% [markdown]
# ## Set-up

# %%
import pandas as pd
from IPython.display import Markdown

from ethics_lib.datasets import load_town
from ethics_lib.plots import plot_curve, plot_tradeoff

hidden = []
releases = pd.read_csv("../../datasets/releases.csv", keep_default_na=False)
releases = releases[~releases["release"].isin(hidden)]
town = load_town()

# %% [markdown]
# A row of the table is one fact about one release: which question it answers, who says so, where that was
# read, and its standing. *Primary* is the authors, or somebody who had the file in hand. *Secondary* quotes
# them. *Not found* means that we looked and found nothing. It does not mean that nothing is there.

# %%
pd.crosstab(releases["release"], releases["standing"])


# %% [markdown]
# ## Three questions
#
# **What had its people agreed to?** Read slowly. Ask of each line: agreed to *what*, told by *whom*, and
# could they have said no?


# %%
def ask(question):
    lines = []
    facts = releases[releases["question"] == question]
    for (name, year), said in facts.groupby(["release", "year"], sort=False):
        lines.append(f"\n**{name}** ({year})\n")
        lines += [
            f"- {f.answer} *{f.source or 'Nobody'}; {f.standing}.*" for f in said.itertuples()
        ]
    return Markdown("\n".join(lines))


ask("agreed")

# %% [markdown]
# **What was released?** Watch for what came along uninvited: a postcode, a residence, a friend.

# %%
ask("released")

# %% [markdown]
# **What happened?** Look for the sentence that begins "no student" and for the one that says "more than
# 500 times". Both are facts, and they pull in different directions.

# %%
ask("happened")

# %% [markdown]
# Where each of these can be read, for one release at a time:

# %%
places = releases.query("release == 'Facebook100' and where != ''").drop_duplicates("source")
Markdown("\n".join(f"- {r.source}: {r.where}" for r in places.itertuples()))

# %% [markdown]
# ### What nobody could tell us

# %%
unknown = releases[releases["standing"] == "not found"]
Markdown("\n".join(f"- **{r.release}.** {r.answer}" for r in unknown.itertuples()))

# %% [markdown]
# Two of these lines are about *friends*. In a graph that is the rule and not the exception: ten people
# take part, and four thousand are in the file. A consent form is signed by one person, and a tie has two
# ends.

# %% [markdown]
# ## Sort them
#
# Place each release on two axes, from 0 to 10.
#
# - **How far its people had agreed** to what was then done with the file.
# - **How bad it would be** for a person in it to be found again by somebody who wishes them ill.
#
# The numbers below were put there by a colleague in a hurry. **Change them**, and run the cell.

# %%
marks = [
    ("Tastes, Ties, and Time", 1, 7),
    ("OkCupid", 0, 10),
    ("myPersonality", 6, 8),
    ("Facebook100", 2, 5),
    ("ego-Facebook", 3, 4),
    ("MovieLens", 5, 3),
    ("Karate club", 4, 1),
]
placed = pd.DataFrame(marks, columns=["release", "agreed", "harm"]).query("release not in @hidden")

# %%
plot_tradeoff(
    placed,
    x="agreed",
    y="harm",
    label="release",
    x_title="how far its people had agreed",
    y_title="harm to a person found again",
    title="Seven releases, as somebody in a hurry saw them",
)

# %% [markdown]
# Now defend it.
#
# - Draw a line: on which side of it would you work with a file? Is it straight?
# - For each release, which single fact in the tables moved your mark most? What is its standing?
# - Which marks hang on something that was *not found*? Move those marks to the worst place that they could
#   have. Which side of your line are they on now?
# - MovieLens is about films. Would your mark move if somebody showed that films tell whom a person votes
#   for? (Lesson 00 does that, with a town's likes.)

# %% [markdown]
# ## Why "anonymised" was not enough
#
# The students' names were gone. So were their numbers. What was left was an ordinary table: gender, year,
# home, subject. Here is one like it. Murmur gives out its 4,000<!-- =len(release):, --> members of
# Brightwater *without* names, in a new order, with four harmless columns.

# %%
members = town.people[town.people["member"]]
release = pd.DataFrame(
    {
        "gender": members["gender"],
        "born": members["birth_date"].dt.year,
        "postcode": members["postcode"],
        "joined": members["joined"].dt.strftime("%Y-%m"),
    }
)
release.sample(frac=1, random_state=4).reset_index(drop=True).head()

# %% [markdown]
# How many people share a row with you? That number is called *k*. Who has k = 1 is alone: whoever knows
# these things about them has found their row, with everything else that it holds. Take the columns
# one after the other.

# %%
columns, alone = list(release), []
for count in range(1, len(columns) + 1):
    k = release.groupby(columns[:count])["gender"].transform("size")
    alone.append({"columns": count, "alone": (k == 1).mean(), "fewer than ten": (k < 10).mean()})
alone = pd.DataFrame(alone)
alone.assign(known=[" + ".join(columns[: c + 1]) for c in range(len(columns))])

# %%
figure = plot_curve(
    alone.assign(low=alone["alone"], high=alone["alone"]),
    x="columns",
    y="alone",
    x_title="facts known: gender, + birth year, + postcode, + month of joining",
    y_title="share of members alone",
    title="Four harmless facts, and nearly everybody is alone",
)
figure.update_xaxes(dtick=1).update_yaxes(tickformat=".0%", range=[-0.03, 1.05])

# %% [markdown]
# None of the four is secret, and none is sensitive. With gender and year alone, hardly anybody stands
# alone. With the month of joining 97 %<!-- =alone["alone"].iloc[-1]:.0% --> do. (Of the people of the
# United States, 87 in 100 were likely to be alone in postcode, gender and date of birth: Sweeney 2000.)
#
# ### What the row then says
#
# Noor Copperwick, who does not exist, once answered a survey that promised to be anonymous. A colleague
# knows of her what colleagues know: a woman, born in 1972, from BW4, on Murmur since June 2021.

# %%
survey = town.reports[town.reports["trait"] == "in_debt"].set_index("person")["value"]
with_answer = release.join(survey.rename("in_debt"))
found = "gender == 'woman' and born == 1972 and postcode == 'BW4' and joined == '2021-06'"
with_answer.query(found).reset_index(drop=True)

# %% [markdown]
# One row, and an answer that she gave in confidence. Nobody broke in. How many of those who said "yes" can
# be read in the same way?

# %%
k = release.groupby(columns)["gender"].transform("size")
owing = with_answer["in_debt"] == "yes"
Markdown(
    f"**{(k[owing] == 1).sum()} of {owing.sum()}** members who said in confidence that they are in "
    "debt are alone in their row."
)

# %% [markdown]
# ### And if there are no columns at all?
#
# Take away everything but the graph: no names, no facts, people numbered anew. One thing is left of each
# person: how many friends they have, and how many friends *those* have.

# %%
near = town.ties[town.ties["a"].isin(members.index) & town.ties["b"].isin(members.index)]
both = pd.concat([near[["a", "b"]], near[["b", "a"]].set_axis(["a", "b"], axis=1)])
friends = both["a"].value_counts()
theirs = both.assign(theirs=both["b"].map(friends)).sort_values("theirs")
pattern = theirs.groupby("a")["theirs"].agg(tuple)
alone_by_number = (friends.map(friends.value_counts()) == 1).mean()
alone_by_pattern = (pattern.map(pattern.value_counts()) == 1).mean()
Markdown(
    f"By their number of friends, **{alone_by_number:.1%}** are alone. By the numbers of friends "
    f"that their friends have, **{alone_by_pattern:.0%}**."
)

# %% [markdown]
# A friend list is a fingerprint. Nobody needs to know it whole: in 2011 a contest on a graph of Flickr, names
# removed, was won by finding its people again in a crawl of Flickr (Narayanan, Shi & Rubinstein 2011, doi
# 10.1109/IJCNN.2011.6033446). Taking names off a graph is a courtesy. It is not a protection.
#
# ### What would help, and whom it does not help
#
# Make the columns coarser: decades for years, districts for postcodes, no month.

# %%
coarse = pd.DataFrame(
    {
        "gender": release["gender"],
        "decade": release["born"] // 10 * 10,
        "district": release["postcode"].str[2:].astype(int) // 8,
    }
)
k = coarse.groupby(list(coarse))["gender"].transform("size")
Markdown(
    f"Alone: **{(k == 1).mean():.1%}**. In a group of fewer than ten: **{(k < 10).mean():.1%}**."
)

# %% [markdown]
# That looks like a success. Ask who the few are.

# %%
(k < 10).groupby(coarse["gender"]).agg(["sum", "size", "mean"])

# %% [markdown]
# Every one of the 51<!-- =(coarse["gender"] == "nonbinary").sum() --> members who are neither women nor men
# is still in a group of fewer than ten. **Protection by the crowd is for those who are in a crowd.** To
# protect the others one must leave out the column, or leave out the people, and each of these is a
# decision about whom the study is about.
#
# **Exercise.** Write a release of your own into `coarse`, so that nobody is in a group of fewer than ten.
# What can it still be used for? Would the research that you had in mind be possible with it?
#
# **Harder.** All of a group of ten may have given the *same* answer. Then k = 10 protects nobody: find out
# how often that happens with `with_answer`.

# %% [markdown]
# ## Public is not consent. Or is it?
#
# Both sides, as strong as they can be made.
#
# **"It is already public."** People put it there. A sociologist may watch a market square without asking
# each who crosses it. Those who refuse consent differ from those who give it, so a study of the willing is a
# study of somebody else. Funders ask that data be shared, as the funder of *Tastes, Ties, and Time* did
# (Parry 2011), and research that nobody can check is a lesser good. Firms hold all of it and ask nobody:
# if only they may look, only they will know. And in the most quoted case of all, no student seems to have
# been harmed.
#
# **"They did not show it to you."** They showed it to friends, in a place with its own rules; a flow of
# information that breaks the rules of its place is a wrong even if every fact was visible (Nissenbaum's
# *contextual integrity*). One look at one person is not a file of everybody, to be searched by
# anyone, for ever. Asked, few of those who tweet had known that researchers read along, and most said
# that they should not without consent; it depended much on who asks and what for (Fiesler & Proferes
# 2018, doi 10.1177/2056305118763366; a survey of some of them). That nobody was harmed, nobody has
# counted. And those who run the risk are not those who have the benefit.
#
# The law takes neither side whole. In the EU, visiting a site about something sensitive does not
# make it "manifestly public" (C-252/21), and having spoken about oneself in public once does not free
# *other* data for adverts (C-446/21).
#
# **Before you read on**: which side are you on? Write down the sentence of the *other* side that you cannot
# answer. You will need it in point 12.

# %%
cannot_answer = "..."

# %% [markdown]
# ## Your application, on one page
#
# Copy this cell into your own notebook or letter and fill it in. Whoever cannot fill in a line has found
# what to do next.
#
# ---
#
# **1. The question.** What will be known at the end that is not known now, and who gains by it? *...*
#
# **2. The people.** Who is in the file? Who is in it without having taken part: friends, contacts, those who
# left, the dead? Are there children or people who depend on somebody? *...*
#
# **3. What they agreed to.** Quote what they were told, and by whom. If you did not find it, write *not
# found*, and where you looked. *...*
#
# **4. What they would say.** If a person in the file read your title in a newspaper, what would they think
# that you had done? Would you be happy to explain it to them? *...*
#
# **5. The least that is enough.** Which columns can go? Which rows? Would sums do? Would an invented town?
# *...*
#
# **6. Found again.** Which columns would a colleague of theirs know? For how many is k = 1, for how many is
# it under ten, *and who are these*? What does the shape of the graph give away? *...*
#
# **7. What is inferred.** A trait that was concluded is about the person as much as one that was said. In
# the EU a guess at religion, politics, health or orientation counts as such data even when it is wrong
# (EDPB Guidelines 8/2020). Which will you conclude, of whom, and who sees rows about persons? *...*
#
# **8. The ground.** Which basis of Article 6 of the GDPR, and, for special categories, which condition
# of Article 9(2)? In the UK, research is on the list of purposes that are held to be compatible with the
# first one (Art. 8A and Annex 2, by the Data (Use and Access) Act 2025). Compatible is not yet lawful, and lawful is not
# yet right. *...*
#
# **9. Telling them.** Data that do not come from the people themselves still oblige you to inform them
# (Article 14). How will you, and if you will not, why not? *...*
#
# **10. Before you begin.** Evaluating people, sensitive data, large scale, matching of data sets: is an
# assessment of the impact due (Article 35)? *...*
#
# **11. Keeping and sharing.** Who has the file, where, until when? Who may have it after you, and on what
# conditions? Who takes it down when somebody objects? *...*
#
# **12. The best reason to say no.** One paragraph, written by you, as its strongest opponent would. *...*
#
# ---
#
# *Where the lines on law come from*: summaries of the texts, read in 2026, and for points 8 to 10
# partly from memory. The conditions under which research is exempt from single duties are *not* above: we had
# no text of them at hand that we would quote. Ask your data protection officer for Article 89 and your own
# country's act. Guides that ask better than forms do: AoIR, *Internet Research: Ethical Guidelines
# 3.0* (2019), and the Menlo Report (respect for persons, beneficence, justice, respect for law and public
# interest).

# %% [markdown]
# ## What this can and cannot claim
#
# - That a release of four such columns leaves nearly everybody alone: in this town. A larger one does not
#   hide them, as long as its postcodes are no larger; try `make_world(50_000, rng=3)`.
# - That whoever is alone can be found: by somebody who knows the four facts. How many such people there are,
#   and what they would do, no table says.
# - What the people of the seven releases had agreed to: no. Only what somebody wrote about it, and
#   that we found it.
# - That a number on your two axes is right: no. That you can defend it, perhaps.
#
# **The argument against this notebook.**
#
# - It shows how people are found again. Everything here is in textbooks, and the town is invented; still,
#   somebody may do on Monday with a real file what they saw here. MISUSE.md says what we think of that.
# - These are seven releases that people talked about. Nobody writes newspaper articles on those that went
#   well, so the sample is as skewed as any that it complains of.
# - We read blogs and newspapers, and copies of them. The people who made these data sets were not asked
#   either.
# - A form can be filled in without thinking. Committees have approved things that stand above.
#
# ## Add one of your own
#
# Which data set did your last seminar work with? Add its facts, one a row, to `datasets/releases.csv`, each
# with who says so; or here, for today:

# %%
mine = {"release": "...", "year": "...", "question": "agreed", "answer": "...", "source": "..."}
releases = pd.concat([releases, pd.DataFrame([mine | {"where": "...", "standing": "..."}])])
releases.tail(1)

# %% [markdown]
# Then run `ask("agreed")` again. If you looked and found nothing, that is a fact too. Write it down.
#
# ### Reading
#
# - Zimmer (2010), doi 10.1007/s10676-010-9227-5: the case against a release, by the one who recognised it.
# - Lewis et al. (2008), doi 10.1016/j.socnet.2008.07.002: the same release by those who made it. Read it
#   second, and see what is lost if nobody may do such a thing.
# - Sweeney (2000), *Simple Demographics Often Identify People Uniquely*, Carnegie Mellon University.
# - Salganik (2018), *Bit by Bit*, chapter 6.
# - R2 next: your own graph, once you may.
