"""What holds for every line: it can be crossed, cleared, left untested, and argued with.

The two towns below have the same people and the same adverts. In the first one nobody asked, told
or waited; in the second somebody did. What each line says in detail is tested room by room, in
test_charter_collection, test_charter_inference, test_charter_use and test_charter_account.
"""

import re

import pandas as pd
import pytest
from handmade import make_beliefs, make_consents, make_traces

from ethics_lib.charter import CHARTER
from ethics_lib.lines import LENSES, audit, find_wronged
from ethics_lib.tables import COLUMNS, concat, empty_table
from ethics_lib.uses import SAFEGUARDS, declare_safeguards, declare_use

EVERYBODY = range(80)  # odd people keep the Tide; person 1 is a child
ASOF = pd.Timestamp("2026-03-01")
PEOPLE = pd.DataFrame(
    {
        "faith": ["Lantern", "Tide"] * 40,
        "birth_date": [pd.Timestamp("1980-01-01")] * 80,
    },
    index=pd.RangeIndex(80, name="person"),
)
CHILD = PEOPLE.copy()
CHILD.loc[1, "birth_date"] = pd.Timestamp("2012-01-01")
ADVERTS = {  # use: (topic, kind, via)
    "vote": ("political", "personalised_ad", "belief"),
    "loan": ("loans", "personalised_ad", "list"),
    "job": ("jobs", "job", "belief"),
}


def declare_uses(traits, basis):
    """A vote, a loan and a job, all of them by the same traits."""
    row = {"holder": "Murmur", "traits": traits, "purpose": "direct_marketing", "basis": basis}
    uses = [
        declare_use(use, **row, topic=topic, kind=kind, time="2026-01-01")
        for use, (topic, kind, _) in ADVERTS.items()
    ]
    return concat(uses, "uses")


def decide(shown):
    """Everybody is decided on under each use; the advert looks for a skill."""
    decided = [
        pd.DataFrame({"person": EVERYBODY}, dtype="int32").assign(
            use=use,
            ad=use,
            category="yes",
            score=0.4,
            shown=[shown(use, person) for person in EVERYBODY],
            acted=pd.array([pd.NA] * 80, dtype="boolean"),
            via=via,
            time=pd.Timestamp("2026-02-10").as_unit("s"),
        )
        for use, (_, _, via) in ADVERTS.items()
    ]
    return concat(decided, "decisions")


def answer(granted, how, *purposes):
    rows = [(p, purpose, granted, how, "2020-01-01") for p in EVERYBODY for purpose in purposes]
    return make_consents(*rows)


def label(retention):
    row = {"holder": "Murmur", "source": "pixel", "data_type": "BrowsingHistory"}
    row |= {"purpose": "ThirdPartyAdvertising", "band": "DATA_USED_TO_TRACK_YOU", "of": "person"}
    return pd.DataFrame([row | {"retention": retention, "declared": True}])


_PLACED = r"\b(19|20)\d\d\b|\bArts?\b|\bss?\. \d|\breg\. |\bsections? \d|undated"


def skill_of(person):
    return "yes" if person % 2 else "no"


SEEN = make_traces([(p, 1) for p in EVERYBODY], source="pixel", purpose="advertising")
READ = make_traces([(1, 2)], from_person=2, kind="message", purpose="contacts")
SKILLED = make_beliefs(*((p, "skill", skill_of(p), 0.4) for p in EVERYBODY), origin="propagated")
FAITHS = make_beliefs(*((p, "faith", PEOPLE.loc[p, "faith"], 0.7) for p in EVERYBODY))
INDEBTED = make_beliefs((1, "in_debt", "yes", 0.8))
PURPOSES = ("advertising", "direct_marketing", "tracking", "contacts")
NORM = {"context": "pixel", "sender": "person", "type": "like", "recipient": "*"}
EMAIL = {"person": [1], "kind": ["email"]}

CROSSED = {
    "people": CHILD,
    "traces": concat([SEEN, READ], "traces"),
    "beliefs": concat([SKILLED, FAITHS, INDEBTED], "beliefs"),
    "consents": concat(
        [
            answer(False, "objected", *PURPOSES, "political_ads"),
            answer(False, "browser signal", "tracking"),
        ],
        "consents",
    ),
    "notices": empty_table("notices"),
    "uses": declare_uses(["skill", "faith"], None),
    "decisions": decide(lambda use, person: use != "job" or person % 2 == 1),
    "safeguards": empty_table("safeguards"),
    "declarations": label(30),
    "norms": empty_table("norms"),
    "identifiers": pd.DataFrame(EMAIL | {"value": ["wren@brightwater.com"]}),
    "asof": ASOF,
}
CLEAR = {
    "people": PEOPLE,
    "traces": SEEN,
    "beliefs": make_beliefs(*((p, "skill", "yes", 1.0) for p in EVERYBODY), origin="declared"),
    "consents": concat(
        [
            answer(True, "opt-in", *PURPOSES),
            answer(True, "explicit", "political_ads", "direct_marketing"),
        ],
        "consents",
    ),
    "notices": pd.DataFrame({"holder": "Murmur", "person": EVERYBODY, "purpose": "advertising"})
    .astype({"person": "int32"})
    .assign(time=pd.Timestamp("2020-01-01")),
    "uses": declare_uses(["skill"], "consent"),
    "decisions": decide(lambda use, person: True),
    "safeguards": concat(
        [declare_safeguards(use, dict.fromkeys(SAFEGUARDS, "2020-01-01")) for use in ADVERTS],
        "safeguards",
    ),
    "declarations": label(10_000),
    "norms": pd.DataFrame([NORM | {"principle": p} for p in ("advertising", "direct_marketing")]),
    "identifiers": pd.DataFrame(EMAIL | {"value": ["wren@brightwater.example"]}),
    "asof": ASOF,
}


@pytest.mark.parametrize("rule", CHARTER, ids=lambda rule: rule.id)
class TestEachLine:
    def test_some_town_crosses_it(self, rule):
        found = audit([rule], **CROSSED)
        assert found["crossed"].all() and (found["n_people"] > 0).all()
        assert found["reason"].str.startswith("to put right: ").all()

    def test_some_town_does_not(self, rule):
        found = audit([rule], **CLEAR)
        assert not found["crossed"].any() and (found["n_people"] == 0).all()

    def test_it_is_not_tested_without_each_of_its_tables(self, rule):
        for missing in rule.needs:
            found = audit([rule], **{k: v for k, v in CROSSED.items() if k != missing})
            assert found["crossed"].isna().all()
            assert found["reason"].item() == f"not tested: needs {missing}"

    def test_it_can_do_without_what_it_only_may_use(self, rule):
        needed = {name: CROSSED[name] for name in rule.needs}
        assert not needed or audit([rule], **needed)["crossed"].notna().all()

    def test_nothing_crosses_it(self, rule):
        nothing = {noun: empty_table(noun) for noun in CROSSED if noun != "asof"}
        assert not audit([rule], **nothing, asof=ASOF)["crossed"].any()

    def test_it_finds_people_of_the_town_with_words_that_an_audit_knows(self, rule):
        found = find_wronged([rule], **CROSSED)
        assert found["person"].isin(EVERYBODY).all() and (found["line"] == rule.id).all()
        assert found["severity"].isin(["red", "amber"]).all()
        assert found["law"].isin(["breach", "arguable", "none"]).all()
        places = {place for places in found["jurisdiction"] for place in places.split(", ")}
        known = {"UK", "EU", "US-CA", "ethics", "platform rule", "research ethics"}
        assert places <= known

    def test_it_changes_nothing_that_it_reads(self, rule):
        before = {name: table.copy() for name, table in CROSSED.items() if name != "asof"}
        find_wronged([rule], **CROSSED)
        for name, table in before.items():
            pd.testing.assert_frame_equal(CROSSED[name], table)

    def test_it_can_be_argued_with(self, rule):
        assert rule.claim.endswith(".") and rule.against.endswith((".", "?"))
        assert rule.remedy and not rule.remedy.endswith(".")  # the audit puts words around it
        assert rule.check.__doc__ and {*rule.needs, *rule.may_use} <= {*COLUMNS, "asof"}

    def test_each_source_says_where_or_when(self, rule):
        for source in rule.sources:
            assert re.search(_PLACED, source), source

    def test_it_is_read_by_every_lens_in_words_of_its_own(self, rule):
        assert list(rule.readings) == list(LENSES)
        assert all(says[:1].isupper() and says.endswith(".") for says in rule.readings.values())
        others = {says for other in CHARTER if other != rule for says in other.readings.values()}
        assert not others & set(rule.readings.values())


def test_the_charter_has_its_twenty_lines_in_order():
    assert [rule.id for rule in CHARTER] == [f"EL-{number:02d}" for number in range(1, 21)]
