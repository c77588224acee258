# %% [markdown]
# # Your own data
#
# > You asked a platform what it has on you, and it sent a zip. This notebook opens it.
#
# **What it shows**: what you told, what was seen, what is believed, who told on you, who can reach you with it, and
# what the answer leaves out. Without an archive of your own it opens that of Wren Halloway, who is invented.
#
# **What it is not**: a model of you. Nothing is guessed about a real person here. What you see, the platform wrote.
#
# **Minutes**: 25. **You need**: nothing. Click on a cell and press Shift and Enter; then the next, from the top. You
# need not read the code.
#
# The first cell says whether what is shown here stays here.

# %%
from ethics_lib.private_notebooks import check_private

check_private()

# %% [markdown]
# - **Your archive** is read in memory. Nothing is unpacked, nothing is sent, nothing is logged.
# - **What is shown** is on your screen. If the cell above says so, it is in no file: when you open this notebook
#   again, it is empty.
# - **What you type** is saved, the path of your archive too. Printouts and pictures of the screen are yours to guard.
# - **Other people** are in your archive, and nobody asked them. They are numbered and counted, never named.

# %% [markdown]
# ## How to get it
#
# **Ask.** Look for *download your information*, *your data* or *an archive of your data* in the settings of your
# account. At Google it is called *Takeout*.
#
# - Where you are asked, choose **JSON** and not HTML (at Google it stands as HTML until you change it), and the
#   **whole time**, not the last year.
# - Take all that is on offer. LinkedIn's *larger archive* alone has what it believes of you.
# - Set the language of your account to **English** first: labels come in your language, and this notebook reads one.
#
# **Wait** for a message: minutes, or some days. Fetch the zip soon: its link expires. This notebook reads Instagram,
# Facebook, X, TikTok, Google (YouTube, Search, Chrome), LinkedIn, Snapchat, and chats that you export from WhatsApp.
#
# **A download is what the platform put into it. The law owes you more**, in the UK and the EU, to anybody who asks
# (Article 15), and without a fee as a rule.
#
# - The answer is due within **one month** of the day on which your request arrives.
# - It may take **two months more**, three in all, if the request is complex or you made many. Then they must tell you
#   so, and why, within the first month.
# - If they have to ask who you are, the month begins when you have shown it. In the UK the clock also stops while
#   they wait for you to say what you mean, if they need that (since 5 February 2026).
#
# A later part of this notebook writes that letter.

# %% [markdown]
# ## Open it
#
# Put the path of your zip between the two quotes. To get it:
#
# - *Windows*: right-click on the zip, *Copy as path*, and paste. It brings quotes of its own; one on each side is
#   enough. The `r` before them stays: it is for the backslashes in such a path.
# - *Mac*: right-click on the zip, hold the Option key, *Copy as Pathname*.
#
# Several go beside each other: `mine = [r"~/Downloads/instagram.zip", r"~/Downloads/x.zip"]`. Did one platform send
# several zips? Unpack them into one folder, and give the folder. For a chat from WhatsApp, write in `called` what the
# chat calls you: it does not say whose it is.
#
# Leave it empty, and the next cells ask on Wren's behalf. If you have put in your own, run them all the same: they
# are quick, and nothing of Wren's gets into yours.

# %%
mine = [r""]
called = ""

# %% [markdown]
# Wren is one of 5,000 residents of Brightwater. *Murmur*, a platform there, keeps what its members like and look for,
# what a tracker sees on other firms' pages, and the address books they hand over. From that it concludes. Here is all
# that it has, about everybody.

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
# All members told Murmur their birthday and their gender; some told their party and their faith, and Wren did not.
# From those who spoke Murmur learns what likes say, and concludes about the rest.

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
# Yours, or Wren's: from here on the same. If something is wrong, the last line says what, and what to do.

# %%
from pathlib import Path

from ethics_lib.exports import read_export

typed = [mine] if isinstance(mine, str) else mine
paths = [Path(str(path).strip(" '\"")).expanduser() for path in typed if path]
exports = [read_export(path, name=called, progress=True) for path in paths]
exports = exports or [read_export(archive, holder="Murmur")]
exports

# %% [markdown]
# That line counts, and shows nothing. *Traces* are what was recorded, *ties* whom you know there. No message of this
# library, and no error, ever says what stands in an archive.
#
# ## What was read, and what was not
#
# Each file has a row, so that nothing is dropped in silence; what was not read stands first. `odd` counts entries
# that we did not understand. Files of a kind share a row, with `*` for what differs in their names.

# %%
pd.set_option("display.max_rows", 200, "display.min_rows", 200)
to_the_left = [{"selector": "th, td", "props": "text-align: left; vertical-align: top"}]

files = pd.concat([export.files.assign(platform=export.platform) for export in exports])
files = files.sort_values("status", key=lambda status: status == "read", kind="stable")
files = files[["platform", "file", "files", "status", "rows", "odd", "why"]]
files.reset_index(drop=True).style.hide().set_table_styles(to_the_left)

# %% [markdown]
# ## What they say they believe
#
# Before you run it: **how many things does it believe of you, and how many of them did you ever say?**
#
# This is not our guess. It is what the platform itself wrote down. Where the file does not say whether you told it or
# it was worked out, we go by the list in which it stands. (LinkedIn's list for adverts has much in it that may come
# from your own profile.) No card? Then your archive has no such list: Google's and WhatsApp's have none that we read.

# %%
from ethics_lib.own_data import believed_card

believed_card(*exports)

# %% [markdown]
# Who is it that this card describes? A person who likes these things, or a person to whom these things can be sold?
#
# ## Is it true?
#
# What you told is held against what is believed. Only what cannot be so is called *wrong*: an age, say, that your
# birthday excludes. *Cannot be told*: nothing that you told decides it. Look at what stands there: **those are the
# beliefs that nobody can correct by looking at your profile.** *Kept after your no*: you switched it off, and it is
# still in the list.

# %%
from ethics_lib.own_data import check_accuracy

checked = check_accuracy(*exports)
display(checked["verdict"].value_counts().to_frame("beliefs"))
checked.head(200).style.hide().set_table_styles(to_the_left)

# %% [markdown]
# Wren told Murmur neither party nor faith. Are they right? Nothing in the archive tells. In an invented town the
# truth is known:

# %%
if not paths:
    truth = town.people.loc[WREN, ["party", "faith"]].to_frame("Wren is")
    truth["Murmur believes"] = exports[0].beliefs.set_index("trait")["value"].loc[truth.index]
    right = (truth["Wren is"] == truth["Murmur believes"]).sum()
    display(truth, Markdown(f"Right, without a word from Wren: **{right}** of 2."))

# %% [markdown]
# Of others in the town some are wrong, and their archives look no different. A belief need not be true to be used: an
# advertiser pays for everybody on the list, right or wrong. A wrong one is data about you all the same, and you may
# ask to have it put right (Article 16). A right one about your faith may be the worse: what is concluded about faith,
# party or health is *special category* data, right or wrong (Article 9; EDPB Guidelines 8/2020, section 8.1.2, read
# in the version for consultation).

# %% [markdown]
# ## Who can reach you, and how
#
# An advert fits too well. Did somebody read your messages? Whether any platform chooses adverts by what messages say,
# we found no source for or against. Three ways need no message, and look alike on your screen:
#
# - A **list**: the firm, or a partner of it, had your address and handed it over.
# - A **pixel**: a tracker saw you on its site, or in its app.
# - **Look-alike**: you need have done nothing with that firm. You resemble people who did.
#
# They are not alike in law. "Legitimate interest" is a ground with a test in three parts (purpose, necessity,
# balance), and no password. It cannot carry a *pixel* for adverts: that takes a yes (UK: PECR, reg. 6; EU: ePrivacy
# Directive, Art. 5(3)). For a *list* it may do, if you are a customer, were told, and could say no at once; in the EU
# less often (ICO, December 2022, and EDPB Guidelines 8/2020, Examples 2 and 3; the first read in a law firm's report,
# what the second concludes from memory). For a *look-alike* it is not settled. **Against all three your no to
# marketing is final** (Article 21(2)-(3)).

# %%
from ethics_lib.own_data import mechanisms

ways = mechanisms(*exports)
display(Markdown(f"**{len(ways):,}** firms are named; those that come by most ways stand first."))
ways.loc[:, (ways != 0).any()].head(20)

# %% [markdown]
# No platform tells all. Of the layouts that we know, Instagram's says it firm by firm, and has no word for a
# look-alike; X's has one, and speaks of each advert, Facebook's in groups; TikTok's may name firms with a list,
# Snapchat's those whose adverts you touched. LinkedIn's and Google's name no firm.
#
# Wren's third shop came by likeness: it is not in Wren's table. An X archive has more columns. *Kept away*: the firm
# asked that you be left out. *Belief*: it asked for something that you are believed to be. *Answered*: you clicked.
#
# ## Who told on you
#
# How much of what stands in the archive came from you? A row about you counts as one: something recorded, believed,
# or a firm that can reach you. What others wrote to you has a row of its own, and no share: it need not be about you.

# %%
from ethics_lib.own_data import who_told

told = who_told(*exports)
told.style.hide().set_table_styles(to_the_left).format({"share": "{:.0%}"}, na_rep="")

# %%
from ethics_lib.plots import plot_who_told

plot_who_told(told)

# %% [markdown]
# The last rows of the table go the other way: **what you told it about others.** An address book is a list of people
# who did not upload it, family and friends.
#
# And what did they tell about you? It mostly does not come in an archive at all, since it is about them too. In a
# real one a phone number "that may be yours" is a hint of it. So a share says what an archive *shows*, and not what
# its platform knows; it does not compare platforms. Google's may well say that all came from you: it shows nothing
# else. For Wren we can look at what Murmur held:

# %%
if not paths:
    handed = wrens.traces.query("source == 'contacts' and person == 0")["from_person"].nunique()
    carried = (told["who"] == "other people").sum()
    says = f"**{handed}** residents gave Murmur an address book with Wren in it."
    display(Markdown(f"{says} In the archive: {carried}."))

# %% [markdown]
# ## What the answer leaves out
#
# A download is not the whole answer. This holds the archive against Article 15, piece by piece, and writes the letter
# that asks for what is missing. It names nothing from your archive: a letter that repeats what they guess tells it to
# whoever opens it. *Yes* means that some of it is there, and nothing says that more is held.

# %%
from ethics_lib.followups import access_gap

gap = access_gap(*exports)
gap

# %% [markdown]
# Mark the letter and copy it, or write in a cell of your own `print(gap.request("Murmur"))`, with the name of your
# platform. In the EU, with your own country: `access_gap(*exports, rules="eu-2025-10", place="IE")`. Send it to the
# firm and the address that the privacy notice names (of Instagram and Facebook the firm is Meta). They may have to
# ask who you are. It is teaching material, not legal advice.
#
# **And what could they conclude, and do not show?** Of you, we cannot say. Of Wren we can: take the same likes, and
# the answers of those residents who spoke about other things. The archive says nothing of these, because Murmur did
# not conclude them. Yet it could, tonight, from what it holds.

# %%
if not paths:
    more = town.reports.query("trait in ['illness', 'in_debt', 'expecting', 'openness']")
    could = el.infer(held.traces, more, holder="a model of the town").query(f"person == {WREN}")
    could = could[could["p"].isna() | (could["p"] > 0.5)].assign(person=0)
    could = access_gap(*exports, beliefs=could).concluded.set_index(["trait", "value"])
    could["of all who spoke"] = more.groupby("trait")["value"].value_counts(normalize=True)
    could = could[["sentence", "p", "of all who spoke", "sd"]].reset_index(drop=True)
    display(could.style.hide().set_table_styles(to_the_left).format(precision=2, na_rep=""))

# %% [markdown]
# `p` is how sure it is. Beside it, how many of all who spoke gave that answer: most of the sureness comes from there.
# About things that are rare a model says *no* to most people, and learns little by it. `sd` is by how much a number
# may be off; whoever knows nothing is off by 1, so of openness little was learned too. There is a sentence all the
# same, and it can be acted on. Lesson 06 shows what friends add.
#
# ## What the layout cannot say
#
# For Wren we know what Murmur held, so we can say what its archive did not carry. A layout is a choice too: nobody
# reading it can miss what has no column. Of the traces that are left out as a *whole row*, most are Wren in the
# address books of others.

# %%
if not paths:
    lost = left_out.groupby(["table", "column", "why"], sort=False)["rows"].sum().reset_index()
    display(lost.style.hide().set_table_styles(to_the_left))

# %% [markdown]
# ## What to change first
#
# In the order of how much came in by each road. A change is about what is still to come by that road, and never stops
# all of it: read the third column. What is there stays until you have it erased.

# %%
from ethics_lib.own_data import settings_to_change

settings_to_change(*exports).style.hide().set_table_styles(to_the_left)

# %% [markdown]
# An empty table says that we found no such road in your archive, and not that there is none.
#
# **Saying no on the phone.** *Ask App Not to Track* (iPhone) or *delete the advertising number* (Android) takes away
# the one number by which firms recognise your phone in each other's apps. It does not stop what an app sees in
# itself, lists, or e-mail addresses matched between firms: Apple's rules forbid that last one to an app that was told
# no, and nothing in the phone prevents it. On the web it does nothing. To a firm you can say the stronger no: *I
# object to direct marketing, and to the profiling for it.*

# %% [markdown]
# ## Before you close it
#
# **What this can and cannot claim.** It can say what stands in an archive, as far as we could read it. It cannot say
# what a platform holds and keeps out of it, nor whether a belief is used. Layouts change: a file that we do not know
# is listed, and not read. Shares count rows, and a row that says much counts as one that says little.
#
# **The other side.** Adverts pay for services that cost you nothing, and one that fits wastes less of your time. A
# platform that hands out its beliefs at all tells you more than a firm that has you on a list and never wrote to you.
# And an archive on your disk is a new risk, made by asking: it is all in one place, unlocked. Delete the zip when you
# have seen enough.
#
# **A question for the room.** Your archive holds other people. Who should be asked before you show it to somebody?
#
# The next cell makes this notebook forget what it read. What is on the screen goes when you close it; in the menu,
# *Kernel*, *Shut Down Kernel* gives the memory back.

# %%
# %reset -f
