import re

import pandas as pd
import pytest
from handmade import DAY, make_consents
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.identifiers import (
    BLANK,
    KINDS,
    NORMAL_FORMS,
    blank_advertising_ids,
    gives_advertising_id,
    hash_identifiers,
    make_identifiers,
    match,
    normalise,
)
from ethics_lib.tables import TableError, UnknownNameError, check_table

NAMES = ["Wren Halloway", "Sage Overfield", "Wren Halloway", "Éric O'Neill-Brook"]
PEOPLE = pd.DataFrame({"name": NAMES}, index=pd.RangeIndex(4, name="person"))


def typed(*values, kind="email"):
    """Identifiers of person 0, 1, 2, ... as typed into a form."""
    return pd.DataFrame({"person": range(len(values)), "kind": kind, "value": list(values)})


# The examples that Meta prints in the manual of its Conversions API.
PUBLISHED = [
    (
        "email",
        "John_Smith@gmail.com",
        "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
    ),
    (
        "phone",
        "1 (650)555-1212",
        "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
    ),
    ("name", "Mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
    ("name", "정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
    ("name", "Valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
]


@pytest.mark.parametrize(("kind", "value", "digest"), PUBLISHED)
def test_hashes_are_those_that_meta_prints(kind, value, digest):
    assert hash_identifiers(typed(value, kind=kind))["value"].tolist() == [digest]


def test_an_address_is_invented_from_the_number_and_the_name():
    made = make_identifiers(PEOPLE, kinds=KINDS)
    check_table(made, "identifiers", people=PEOPLE.index)
    assert made["value"].tolist() == [
        "wren.halloway.0@post.example",
        "sage.overfield.1@letters.example",
        "wren.halloway.2@mail.example",
        "ric.o.neill.brook.3@post.example",
        *(f"B2160000-0000-8000-8000-00000000000{k}" for k in range(4)),
        *(f"+44 7700 90000{k}" for k in range(4)),
    ]
    nameless = make_identifiers(PEOPLE.drop(columns="name"), kinds="email")
    assert nameless["value"].tolist()[1] == "person.1@letters.example"


def test_a_person_keeps_an_address_whoever_else_is_there():
    everyone, alone = make_identifiers(PEOPLE), make_identifiers(PEOPLE.iloc[[2]])
    assert everyone.query("person == 2")["value"].tolist() == alone["value"].tolist()


def test_nobody_real_can_have_any_of_them_and_nobody_shares_but_phones():
    people = pd.DataFrame(index=pd.RangeIndex(2_500, name="person"))
    made = make_identifiers(people, kinds=KINDS)
    value = {kind: rows["value"] for kind, rows in made.groupby("kind")}
    assert value["email"].str.fullmatch(r"[a-z0-9.]+@[a-z]+\.example").all()
    assert value["phone"].str.fullmatch(r"\+44 7700 900\d{3}").all()
    shape = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-8[0-9A-F]{3}-[0-9A-F]{12}")
    assert value["advertising_id"].map(shape.fullmatch).all()
    assert value["email"].is_unique and value["advertising_id"].is_unique
    assert value["phone"].nunique() == 1_000


def test_the_same_address_matches_across_firms_however_it_is_typed():
    shop = typed(" Wren.Halloway@Post.EXAMPLE ", "sage@post.example")
    platform = typed("someone@post.example", "wren.halloway@post.example\n")
    found = match(hash_identifiers(shop), hash_identifiers(platform))
    assert found[["person", "account"]].to_numpy().tolist() == [[0, 1]]
    assert match(shop, platform).empty  # as typed they differ


def test_a_salt_of_ones_own_would_stop_it():
    shop = platform = make_identifiers(PEOPLE)
    assert len(match(hash_identifiers(shop), hash_identifiers(platform))) == len(PEOPLE)
    salted = hash_identifiers(shop, salt="of the shop")
    assert match(salted, hash_identifiers(platform)).empty
    assert match(salted, hash_identifiers(platform, salt="of the platform")).empty
    assert len(match(salted, hash_identifiers(platform, salt="of the shop"))) == len(PEOPLE)


def test_who_shares_a_number_is_taken_for_somebody_else():
    people = pd.DataFrame(index=pd.Index([17, 1017], name="person"))
    phones = hash_identifiers(make_identifiers(people, kinds=["phone"]))
    found = match(phones[phones["person"] == 17], phones)
    assert found["account"].tolist() == [17, 1017]


def test_an_advertising_id_is_passed_on_as_it_is_and_empty_addresses_match_nobody():
    made = make_identifiers(PEOPLE)
    assert set(hash_identifiers(made)["kind"]) == {"email"}
    assert hash_identifiers(typed("", "  ")).empty
    assert hash_identifiers(made.iloc[:0]).empty
    assert list(hash_identifiers(made.iloc[:0])) == ["person", "kind", "value"]


def test_kinds_are_hashed_apart_and_a_match_is_of_one_kind():
    both = pd.concat([typed("mary"), typed("mary", kind="name")])
    hashed = hash_identifiers(both)
    assert hashed["value"].iloc[0] == hashed["value"].iloc[1] and len(match(hashed, hashed)) == 2


WORDS = st.text("abcXYZ.019", min_size=1)
SPACE = st.text(" \t\n", max_size=3)


@given(WORDS, SPACE, SPACE)
def test_capitals_and_spaces_never_matter(word, before, after):
    plain = typed(f"{word}@post.example")
    sloppy = typed(f"{before}{word.swapcase()}@POST.example{after}")
    assert len(match(hash_identifiers(plain), hash_identifiers(sloppy))) == 1


@given(WORDS, WORDS)
def test_two_addresses_never_match(one, other):
    pair = [hash_identifiers(typed(f"{word}@post.example")) for word in (one, other)]
    assert match(*pair).empty == (one.lower() != other.lower())


@pytest.mark.parametrize("kind", NORMAL_FORMS)
@given(text=st.text(max_size=12))
def test_normal_is_normal_already(kind, text):
    once = normalise(pd.Series([text], dtype=object), kind=kind)
    assert normalise(once, kind=kind).tolist() == once.tolist()


# ---------------------------------------------------------------------------- the device prompt


PROMPTED = make_consents(
    (0, "tracking", True, "device prompt", "2025-01-01"),
    (1, "tracking", False, "device prompt", "2025-01-01"),
    (2, "tracking", True, "banner", "2025-01-01"),
)


def test_the_prompt_blanks_the_advertising_id_and_nothing_else():
    made = make_identifiers(PEOPLE)
    shown = blank_advertising_ids(made, PROMPTED, holder="Murmur", time="2025-06-01")
    changed = shown[shown["value"] != made["value"]]
    assert changed["kind"].eq("advertising_id").all() and changed["value"].eq(BLANK).all()
    assert changed["person"].tolist() == [1, 2, 3]  # refused, asked otherwise, not asked
    pd.testing.assert_frame_equal(shown[["person", "kind"]], made[["person", "kind"]])


def test_a_blank_id_points_at_nobody_and_the_address_still_does():
    made = make_identifiers(PEOPLE)
    shown = blank_advertising_ids(made, PROMPTED, holder="Murmur", time="2025-06-01")
    ids, emails = shown.query("kind != 'email'"), shown.query("kind == 'email'")
    assert match(ids, made)["account"].tolist() == [0]
    assert match(ids, ids)["account"].tolist() == [0]
    assert match(emails, made)["account"].tolist() == [0, 1, 2, 3]


def test_a_phone_gives_its_id_from_the_yes_on_to_the_one_who_asked():
    rows = pd.DataFrame({"person": [0, 0, 0], "holder": ["Murmur", "Murmur", "Another"]})
    rows["time"] = [DAY, pd.Timestamp("2024-12-31"), DAY]
    assert gives_advertising_id(PROMPTED, rows).tolist() == [True, False, False]
    for how, left in {"device prompt": 0, "withdrawn": 0, "objected": 1}.items():
        later = make_consents((0, "tracking", False, how, "2025-05-01"))
        assert gives_advertising_id(pd.concat([PROMPTED, later]), rows).sum() == left


def test_bad_input_is_refused():
    with pytest.raises(UnknownNameError, match=r"kind of identifier 'fax' does not.*email, adv"):
        make_identifiers(PEOPLE, kinds=["fax"])
    with pytest.raises(UnknownNameError, match=r"'mail' does not exist. Did you mean 'email'\?"):
        normalise(pd.Series(["x"]), kind="mail")
    with pytest.raises(TableError, match=r"identifiers: column 'kind' is missing"):
        hash_identifiers(PEOPLE.reset_index())
    with pytest.raises(TableError, match=r"identifiers: column 'value' is missing"):
        match(typed("x"), typed("x").drop(columns="value"))


def test_what_is_no_table_is_refused():
    with pytest.raises(TableError, match=r"people: got list where a pandas DataFrame is needed"):
        make_identifiers([1, 2])
    with pytest.raises(TableError, match=r"values: got list where a pandas Series is needed"):
        normalise(["x"], kind="email")
    with pytest.raises(TableError, match=r"people: somebody is there twice"):
        make_identifiers(pd.concat([PEOPLE, PEOPLE]))
    rows = pd.DataFrame({"person": [0], "holder": "Murmur", "time": [DAY]})
    with pytest.raises(TableError, match=r"consents: got list where a pandas DataFrame"):
        gives_advertising_id([1], rows)
    with pytest.raises(TableError, match=r"rows: a DataFrame with the columns person, holder, tim"):
        gives_advertising_id(PROMPTED, rows.drop(columns="time"))
    with pytest.raises(TableError, match=r"time='soon' is no time"):
        blank_advertising_ids(typed("x"), PROMPTED, holder="Murmur", time="soon")
