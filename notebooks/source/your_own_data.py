# %% [markdown]
# # Your own data
#
# > You asked a platform what it has on you, and it sent a zip. This notebook opens it.
#
# **What it shows**: what you told, what was seen, what is believed, who told on you, who can reach you with it,
# and what the answer leaves out. Without an archive of your own it opens that of Wren Halloway, who is invented.
#
# **What it is not**: a model of you. Nothing is guessed about a real person here. What you see, the platform wrote.
#
# **Minutes**: 25. **You need**: nothing. Run the cells from the top: Shift and Enter.
#
# The first cell says whether what is shown here stays here.

# %%
from ethics_lib.private_notebooks import check_private

check_private()

# %% [markdown]
# - **Your archive** is read in memory. Nothing is unpacked, nothing is sent, nothing is logged.
# - **What is shown** is on your screen. If the cell above says so, it is in no file: when you open this
#   notebook again, it is empty.
# - **What you type** is saved, the path of your archive too. Printouts and pictures of the screen are yours to guard.
# - **Other people** are in your archive, and nobody asked them. They are numbered and counted, never named.

# %% [markdown]
# ## How to get it
#
# Look for *download your information* (or *your data*) in the settings of your account. Choose **JSON** and not HTML,
# the **whole time**, and set the language of your account to **English** before you ask: labels come in your language,
# and this notebook reads one. Then wait for an e-mail: minutes, or days.
#
# A download is what the platform put into it. The law owes you more, to anybody who asks: Article 15, within
# one month, which may become three where a request is complex. The last part of this notebook writes that letter.
#
# It reads Instagram, Facebook, X, TikTok, Google (YouTube, Search, Chrome), LinkedIn, Snapchat, and chats that
# you export from WhatsApp.
#
# ## Open it
#
# Put the path of your zip between quotes, or several: `mine = ["Downloads/instagram.zip", "Downloads/x.zip"]`.
# Leave it empty, and the next cells ask on Wren's behalf.

# %%
mine = []

# %% [markdown]
# Wren is one of 5,000 residents of Brightwater. *Murmur*, a platform there, keeps what its members like and look
# for, what a tracker sees on other firms' pages, and the address books they hand over. From that it
# concludes. Here is all that it has, about everybody.

# %%
import pandas as pd
from IPython.display import Markdown, display

import ethics_lib as el
from ethics_lib.beliefs import declare
from ethics_lib.datasets import WREN

town = el.load_town()
members = town.people.query("member")
agreed = {
    "holder": "Murmur",
    "purposes": ["service", "contacts"],
    "how": "terms",
    "time": members["joined"],
}
agreed = el.ask_consent(members, **agreed, rng=1)
platform = el.Platform("Murmur", keeps=("like", "search", "message"))
watching = [platform, el.Pixel("Murmur", reach=0.3, waits=False), el.ContactUpload("Murmur")]
held = el.collect(town, agreed, watching)

# %% [markdown]
# All members told Murmur their birthday and their gender; some told their party and their faith, and Wren did not. From
# those who spoke Murmur learns what likes say, and concludes about the rest.

# %%
facts = town.people[["birth_date", "gender"]].rename(columns={"birth_date": "birth date"})
facts["birth date"] = facts["birth date"].dt.strftime("%Y-%m-%d")
facts = facts.rename_axis("person").reset_index().melt("person", var_name="trait")
facts = facts[facts["person"].isin(members.index)]
said = town.reports.query("trait in ['party', 'faith']")
guessed = el.infer(held.traces, said, holder="Murmur")
keen = el.infer_interests(held.traces, town.items, holder="Murmur")
beliefs = pd.concat([declare(facts, holder="Murmur"), guessed, keen], ignore_index=True)

# %% [markdown]
# Three shops pay for adverts, each in its own way, and fifty residents see them: one because a tracker saw them, one
# because their address was on a list, one because they are like somebody's customers. Wren is among the fifty, and
# asks. Murmur answers with an archive, in the layout that Instagram has.

# %%
from io import BytesIO

from ethics_lib.audiences import as_audience
from ethics_lib.copies import gather, write_export
from ethics_lib.decisions import reach

use = {"holder": "Murmur", "purpose": "direct_marketing", "basis": "legitimate_interest"}
use = el.declare_use("coupons", traits=["interest"], **use, topic="prams", time="2026-01-02")
shops = {"pixel": "Little Orbit Prams", "list": "Zero Tide Drinks", "lookalike": "Harbour Books"}
shown = pd.concat(
    reach(
        as_audience(town.people.index[:50], via=via),
        el.Ad(shop, "prams"),
        use="coupons",
        everybody=town.people.index,
        time="2026-01-03",
    )
    for via, shop in shops.items()
)
tables = {"traces": held.traces, "beliefs": beliefs, "items": town.items, "ties": held.ties}
tables |= {"decisions": shown, "uses": use, "consents": agreed}
wrens = gather(WREN, holder="Murmur", received="2026-01-10", **tables)
archive = BytesIO()
left_out = write_export(wrens, "instagram", archive)

# %% [markdown]
# Yours, or Wren's: from here on the same. (A chat from WhatsApp does not say which of its members you are: write
# `read_export(path, name="what the chat calls you")`.)

# %%
from ethics_lib.exports import read_export

exports = [read_export(path, progress=True) for path in mine]
exports = exports or [read_export(archive, holder="Murmur")]
exports

# %% [markdown]
# That line counts, and shows nothing. No message of this library, and no error, ever says what stands in an archive.
#
# ## What was read, and what was not
#
# Each file has a row, so that nothing is dropped in silence. `odd` counts entries that we did not understand.

# %%
pd.set_option("display.max_colwidth", None)
files = pd.concat([export.files.assign(platform=export.platform) for export in exports])
files[["platform", "file", "status", "rows", "odd", "why"]]

# %% [markdown]
# ## What they say they believe
#
# Before you run it: **how many things does it believe of you, and how many of them did you ever say?**
#
# This is not our guess. It is what the platform itself wrote down, and whether you said it or it worked it out.

# %%
from ethics_lib.own_data import believed_card

believed_card(*exports)

# %% [markdown]
# Who is it that this card describes? A person who likes these things, or a person to whom these things can be sold?
#
# ## Is it true?
#
# What you told is held against what is believed. Only what cannot be so is called wrong: an age, say, that your
# birthday excludes. *Cannot be told* means that you never said. Look at what stands there: **those are the beliefs
# that nobody can correct by looking at your profile.**

# %%
from ethics_lib.own_data import check_accuracy

check_accuracy(*exports)

# %% [markdown]
# Of Wren's party and faith, one is wrong. Nothing in the archive tells which. In an invented town the truth is known:

# %%
if not mine:
    display(town.people.loc[[WREN], ["party", "faith"]])

# %% [markdown]
# A belief need not be true to be used: an advertiser pays for everybody on the list, right or wrong. A wrong one is
# data about you all the same, and you may have it put right (Article 16). A right one about your faith may be the worse.

# %% [markdown]
# ## Who can reach you, and how
#
# Three ways look alike on your screen and are not alike in law. A **list**: the firm had your address and handed it
# over. A **pixel**: you were on its site, or in its app. **Look-alike**: you did nothing with that firm at all; you
# resemble those who did.

# %%
from ethics_lib.own_data import mechanisms

ways = mechanisms(*exports)
ways.loc[:, (ways != 0).any()].head(20)

# %% [markdown]
# Not every platform tells. Of the layouts that we know, Instagram's says it firm by firm, X's for each advert,
# Facebook's in groups; TikTok's, LinkedIn's and Google's do not.
#
# ## Who told on you
#
# How much of what the platform has came from you?

# %%
from ethics_lib.own_data import who_told

told = who_told(*exports)
told.round({"share": 2})

# %%
from ethics_lib.plots import plot_who_told

plot_who_told(told)

# %% [markdown]
# The last rows of the table go the other way: **what you told it about others.** An address book is a list of people
# who did not upload it. They would find you under *other people* in theirs.
#
# What other people told about you mostly does not come in an archive at all, since it is about them too. In a real one
# a phone number "that may be yours" is a hint of it. For Wren we can look at what Murmur held:

# %%
if not mine:
    told_on = wrens.traces.query("source == 'contacts' and person == 0")["from_person"]
    n = told_on.nunique()
    display(
        Markdown(
            f"**{n}** residents gave Murmur an address book with Wren in it. In the archive: 0."
        )
    )

# %% [markdown]
# ## What the answer leaves out
#
# A download is not the whole answer. This holds the archive against Article 15, piece by piece, and writes the letter
# that asks for exactly what is missing. It names nothing from your archive: a letter that repeats
# what they guess tells it to whoever opens it.

# %%
from ethics_lib.followups import access_gap

gap = access_gap(*exports)
gap

# %% [markdown]
# To copy the letter: `print(gap.request("Murmur"))`, with the name of your platform. In the EU:
# `access_gap(*exports, rules="eu-2025-10", place="IE")`. It is teaching material, not legal advice.
#
# **And what could they conclude, and do not show?** Of you, we cannot say. Of Wren we can: take the same likes, and the
# answers of those residents who spoke about other things. The archive says nothing of these, because Murmur did
# not conclude them. Yet it could, tonight, from what it holds.

# %%
if not mine:
    more = town.reports.query("trait in ['illness', 'in_debt', 'expecting', 'openness']")
    could = el.infer(held.traces, more, holder="a model of the town").query(f"person == {WREN}")
    could = could[could["p"].isna() | (could["p"] > 0.5)].assign(person=0)
    display(access_gap(*exports, beliefs=could).concluded[["sentence", "p", "sd"]])

# %% [markdown]
# How sure it is matters: a model says *no* to most people about things that are rare, and learns little by it. Lesson
# 06 shows what friends add.
#
# ## What the layout cannot say
#
# For Wren we know what Murmur held, so we can say what its archive did not carry. A layout is a choice too: nobody
# reading it can miss what has no column.

# %%
if not mine:
    display(left_out.groupby(["table", "column", "why"], sort=False)["rows"].sum().reset_index())

# %% [markdown]
# ## What to change first
#
# In the order of how much came in by each road. Changing it stops what is still to come by that road; what is there
# stays until you have it erased.

# %%
from ethics_lib.own_data import settings_to_change

settings_to_change(*exports)

# %% [markdown]
# ## Before you close it
#
# **What this can and cannot claim.** It can say what stands in an archive and what does not. It cannot say what a
# platform holds and keeps out of it, nor whether a belief is used. Layouts change: a file that we do not know is listed, and
# not read. Shares count rows, and a row that says much counts as one that says little.
#
# **The other side.** These files keep services free, and adverts that fit waste less of everybody's time. A platform
# that hands out its beliefs at all does more than most firms whose lists you are on. And an archive on your disk is a
# new risk, made by asking: it is all of it in one place, unlocked. Delete the zip when you have seen enough.
#
# **A question for the room.** Your archive holds other people. Who should be asked before you show it to somebody?
#
# The next cell makes this kernel forget what it knows. *Kernel*, *Shut Down Kernel* gives the memory back.

# %%
# %reset -f
