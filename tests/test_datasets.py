from pathlib import Path

import pandas as pd
import pytest

from ethics_lib import datasets
from ethics_lib.datasets import (
    WREN,
    load_karate,
    load_southern_women,
    load_town,
    make_town,
)
from ethics_lib.names import TOPICS
from ethics_lib.tables import TRAITS, check_table

TABLES = ("people", "items", "acts", "ties", "reports")


@pytest.fixture(scope="module")
def town():
    return load_town()


def test_the_town_on_disk_is_the_town_of_the_seed_to_the_bit(town):
    made = make_town()
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(town, name), getattr(made, name), check_exact=True)
    assert town.about == made.about


def test_the_command_writes_what_is_in_the_repository(tmp_path, town):
    datasets._write(town, tmp_path)
    for name in TABLES:
        kept = pd.read_parquet(datasets._folder() / "brightwater" / f"{name}.parquet")
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / f"{name}.parquet"), kept)


def test_the_town_is_small_enough_to_carry(town):
    files = list((datasets._folder() / "brightwater").iterdir())
    assert {f.name for f in files} == {"README.md", *(f"{name}.parquet" for name in TABLES)}
    assert sum(f.stat().st_size for f in files) <= 8_000_000
    assert len(town.people) == 5_000


def test_a_missing_file_is_missed_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_folder", lambda: tmp_path)
    with pytest.raises(
        FileNotFoundError, match=r"table 'people' is not at .* -m ethics_lib.datasets"
    ):
        load_town()


def test_wren_is_person_17_and_the_only_one_of_that_name(town):
    assert WREN == 17
    named = town.people.index[town.people["name"] == "Wren Halloway"]
    assert named.tolist() == [17]


def test_wren_is_as_the_datasheet_says(town):
    wren = town.people.loc[WREN]
    assert wren["member"] and wren["expecting"] == "yes"
    assert 24 <= (pd.Timestamp("2026-01-01") - wren["birth_date"]).days / 365.25 <= 44
    assert 40 <= len(town.acts.query("person == 17 and kind == 'like'")) <= 90
    assert 18 <= len(town.ties.query("a == 17 or b == 17")) <= 40
    answered = set(town.reports.query("person == 17")["trait"])
    assert not answered & {"faith", "party", "illness", "expecting", "in_debt"}


def test_the_datasheet_counts_right(town):
    sheet = Path(datasets._folder() / "brightwater" / "README.md").read_text(encoding="utf-8")
    for name in TABLES:
        row = next(line for line in sheet.splitlines() if line.startswith(f"| `{name}.parquet`"))
        said = int(row.split("|")[-2].replace("about", "").replace(",", ""))
        assert len(getattr(town, name)) == pytest.approx(said, rel=0.05)


def test_names_of_items_say_nothing_of_topic_trait_or_gender(town):
    words = {word for name in town.items["name"] for word in name.lower().split()} - {"the"}
    values = {value.lower() for trait in TRAITS.values() for value in trait.values}
    assert not words & values
    assert not {word for word in words if word[:5] in {topic[:5] for topic in TOPICS}}
    assert not words & {"woman", "man", "lady", "girl", "boy", "king", "queen", "mother", "father"}


def test_the_karate_club_is_zacharys():
    club = load_karate()
    assert len(club.people) == 34 and len(club.ties) == 78
    check_table(club.ties, "ties", people=club.people.index)
    faction = club.people["faction"]
    assert faction.value_counts().to_dict() == {"Mr. Hi": 17, "Officer": 17}
    assert faction[0] == "Mr. Hi" and faction[33] == "Officer"


def test_the_southern_women_are_daviss():
    south = load_southern_women()
    assert len(south.people) == 18 and len(south.items) == 14 and len(south.acts) == 89
    check_table(south.acts, "acts", people=south.people.index)
    assert south.people.index[south.people["group"] == "first"].tolist() == list(range(9))
    went = south.acts.merge(south.items, left_on="item", right_index=True)
    evelyn = went[
        went["person"] == south.people.index[south.people["name"] == "Evelyn Jefferson"][0]
    ]
    assert set(evelyn["name"]) == {"E1", "E2", "E3", "E4", "E5", "E6", "E8", "E9"}


@pytest.mark.parametrize(
    ("load", "says"),
    [
        (load_town, "nobody was asked and nobody was watched"),
        (load_karate, "says nothing about what the members agreed to"),
        (load_southern_women, "Nothing in the copy used here says that the women were asked"),
    ],
)
def test_each_set_says_what_its_people_agreed_to(load, says):
    assert says in load().about
