import pandas as pd
import pytest
from handmade import make_consents

from ethics_lib.tables import TableError, UnknownNameError, check_table
from ethics_lib.uses import (
    BASES,
    CONDITIONS,
    KINDS,
    SAFEGUARDS,
    declare_safeguards,
    declare_use,
    freely_given,
    has_condition,
)


def use(**columns):
    full = {
        "holder": "Murmur",
        "traits": ["party", "faith"],
        "purpose": "direct_marketing",
        "basis": "consent",
        "topic": "political",
        "time": "2026-01-02",
    }
    return declare_use("votes", **full | columns)


def test_a_use_has_a_row_for_each_trait_it_looks_at():
    uses = use()
    check_table(uses, "uses")
    assert uses["trait"].tolist() == ["party", "faith"]
    assert uses[["lia", "art9_condition"]].isna().all().all()
    assert use(traits="party")["trait"].tolist() == ["party"]
    assert use(basis=None)["basis"].isna().all()
    assert use(lia="2025-12-01")["lia"].eq(pd.Timestamp("2025-12-01")).all()


def test_grounds_are_those_of_the_law():
    assert len(BASES) == 7 and len(CONDITIONS) == 10
    assert [use(basis=basis)["basis"].iloc[0] for basis in BASES] == list(BASES)
    for letter, condition in zip("abcdefghij", CONDITIONS, strict=True):
        assert CONDITIONS[condition] == f"Art. 9(2)({letter})"
        assert use(art9_condition=condition)["art9_condition"].iloc[0] == condition


def test_a_use_is_of_a_kind():
    assert [use(kind=kind)["kind"].iloc[0] for kind in KINDS] == list(KINDS)


def test_safeguards_are_written_down_with_their_day():
    done = declare_safeguards("votes", {"dpia": "2026-01-01", "contest": "2026-02-01"})
    check_table(done, "safeguards")
    assert done["use"].eq("votes").all() and done["safeguard"].tolist() == ["dpia", "contest"]
    assert done["time"].tolist() == [pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-01")]
    check_table(declare_safeguards("votes", {}), "safeguards", empty=True)
    assert all("Art." in what or "Act" in what or "ethics" in what for what in SAFEGUARDS.values())


def test_bad_input_is_refused():
    with pytest.raises(UnknownNameError, match=r"lawful basis 'consnt' does not exist.*'consent'"):
        use(basis="consnt")
    with pytest.raises(
        UnknownNameError, match=r"condition of Article 9.2. 'explicit consent' does not"
    ):
        use(art9_condition="explicit consent")
    with pytest.raises(TableError, match=r"use 'votes' looks at no trait. Name at least one"):
        use(traits=[])
    with pytest.raises(UnknownNameError, match=r"kind of use 'advert' does not exist"):
        use(kind="advert")
    with pytest.raises(UnknownNameError, match=r"safeguard 'dpa' does not exist.*'dpia'"):
        declare_safeguards("votes", {"dpa": "2026-01-01"})
    with pytest.raises(TableError, match=r"safeguards\['dpia'\]=5 is no time"):
        declare_safeguards("votes", {"dpia": 5})
    for column in ("time", "lia"):
        with pytest.raises(TableError, match=f"^{column}='soon' is no time. Pass a day"):
            use(**{column: "soon"})


def test_a_yes_is_free_or_none_and_a_no_is_always_a_no():
    ways = ["opt-in", "explicit", "banner", "device prompt", "terms", "opt-out", "dark pattern"]
    ledger = [make_consents(*((1, "x", yes, how, "2025-01-01") for how in ways)) for yes in (1, 0)]
    assert freely_given(ledger[0])["how"].tolist() == ways[:4]
    assert freely_given(ledger[1])["how"].tolist() == ways
    assert freely_given(ledger[0].iloc[:0]).empty


def test_special_category_data_need_a_condition_and_a_no_of_any_kind_takes_consent_back():
    ledger = make_consents(
        (1, "direct_marketing", True, "explicit", "2025-01-01"),
        (2, "direct_marketing", True, "opt-in", "2025-01-01"),
        (3, "direct_marketing", True, "explicit", "2025-01-01"),
        (3, "direct_marketing", False, "objected", "2025-02-01"),
    )
    used = pd.DataFrame({"person": [1, 2, 3, 4], "holder": "Murmur"})
    used = used.assign(purpose="direct_marketing", time=pd.Timestamp("2025-06-01"))
    asked = used.assign(art9_condition="explicit_consent")
    assert has_condition(asked, ledger).tolist() == [True, False, False, False]
    early = asked.assign(time=pd.Timestamp("2025-01-15"))
    assert has_condition(early, ledger).tolist() == [True, False, True, False]
    assert has_condition(used.assign(art9_condition="research"), ledger).all()
    assert not has_condition(used.assign(art9_condition=None), ledger).any()
    with pytest.raises(TableError, match=r"used: column 'art9_condition' is missing. Pass decis"):
        has_condition(used, ledger)
    with pytest.raises(TableError, match=r"consents: column 'granted' holds 'True'.*True and Fals"):
        has_condition(asked, ledger.astype({"granted": "str"}))
