import pandas as pd
import pytest

from ethics_lib.consents import in_force
from ethics_lib.notices import NOTICE_PARTS, RIGHTS, TOLD_TO_OBJECT, Notice
from ethics_lib.tables import TableError, UnknownNameError, check_table

PEOPLE = pd.DataFrame(index=pd.Index([3, 5], name="person"))
FULL = {
    "holder": "Murmur",
    "contact": "privacy@murmur.example",
    "purposes": ("service", "direct_marketing"),
    "basis": "legitimate_interest",
    "interest": "to sell the space beside the posts",
    "recipients": "nobody",
    "retention": "400 days",
    "rights": tuple(RIGHTS),
    "profile": "we guess your tastes from your likes, and choose adverts by them",
    "data": "likes and visits",
    "source": "Little Orbit, a shop",
}


def without(*parts):
    return Notice(**{part: said for part, said in FULL.items() if part not in parts})


def test_a_full_notice_lacks_nothing_and_an_empty_one_everything():
    for from_person in (True, False):
        assert Notice(**FULL).lacks(from_person=from_person).empty
    lacks = Notice("Murmur").lacks(from_person=False)
    assert lacks["part"].tolist() == [
        part for part in NOTICE_PARTS if part not in ("holder", "interest")
    ]
    assert lacks.columns.tolist() == ["part", "asks"]


@pytest.mark.parametrize("part", sorted(set(NOTICE_PARTS) - {"holder", "basis"}))
def test_each_part_is_missed(part):
    lacks = without(part).lacks(from_person=False)
    assert lacks["part"].tolist() == [part]
    assert "Art. " in lacks["asks"].iloc[0]


def test_what_need_not_be_said():
    assert without("data", "source").lacks().empty
    assert without("profile").lacks(profiled=False).empty
    assert without("interest", "basis").lacks()["part"].tolist() == ["basis"]


def test_the_word_advertising_is_not_enough():
    said = FULL | {"purposes": ("advertising",), "profile": ""}
    lacks = Notice(**said).lacks()
    assert lacks["part"].tolist() == ["profile"]
    assert "a profile is built" in lacks["asks"].iloc[0]


def test_rights_are_named_one_by_one_and_withdrawal_where_it_is_consent():
    most = tuple(right for right in RIGHTS if right not in ("object", "withdraw"))
    for basis, unsaid in (("legitimate_interest", "object"), ("consent", "object, withdraw")):
        lacks = Notice(**FULL | {"rights": most, "basis": basis}).lacks()
        assert lacks["part"].tolist() == ["rights"]
        assert lacks["asks"].iloc[0].endswith(f"not named: {unsaid}")


def test_giving_it_writes_who_was_told_of_what():
    rows = Notice(**FULL).give(PEOPLE, "2026-01-02")
    check_table(rows, "notices")
    assert set(rows["purpose"]) == {"service", "direct_marketing", TOLD_TO_OBJECT}
    assert len(rows) == 6 and rows["time"].eq(pd.Timestamp("2026-01-02")).all()
    silent = without("rights").give(PEOPLE, pd.Series(pd.Timestamp("2026-01-02"), PEOPLE.index))
    assert set(silent["purpose"]) == {"service", "direct_marketing"}
    asked = rows.assign(time=pd.Timestamp("2026-01-03"))
    assert in_force(rows, asked).all() and not in_force(silent, asked).all()


def test_the_day_by_which_people_must_know():
    notice = Notice(**FULL)
    assert notice.deadline("2026-01-31 10:00") == pd.Timestamp("2026-01-31 10:00")
    elsewhere = {"from_person": False}
    assert notice.deadline("2026-01-31", **elsewhere) == pd.Timestamp("2026-02-28")
    sooner = notice.deadline("2026-01-31", **elsewhere, contact="2026-02-03", shared="2026-02-05")
    assert sooner == pd.Timestamp("2026-02-03")
    assert notice.deadline("2026-01-31", **elsewhere, shared="2026-04-01").month == 2


def test_wrong_notices_are_refused():
    with pytest.raises(UnknownNameError, match=r"lawful basis 'interest' does not exist"):
        Notice("Murmur", basis="interest")
    with pytest.raises(UnknownNameError, match=r"right 'acess' does not exist.*'access'"):
        Notice("Murmur", rights=("acess",))
    with pytest.raises(TableError, match=r"purposes holds one word. Pass a tuple"):
        Notice("Murmur", purposes="service")
    with pytest.raises(TableError, match=r"Murmur names no purpose"):
        Notice("Murmur").give(PEOPLE, "2026-01-02")
    with pytest.raises(TableError, match=r"time=5 is no time"):
        Notice(**FULL).give(PEOPLE, 5)
    for name in ("collected", "contact", "shared"):
        days = {"collected": "2026-01-02", "contact": None, "shared": None} | {name: "soon"}
        with pytest.raises(TableError, match=f"{name}='soon' is no time"):
            Notice(**FULL).deadline(**days, from_person=False)
