"""Files of the field, read into our tables. The badly made ones are in test_formats."""

import io

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from field_files import (
    EGO,
    ML1M,
    ML100K,
    TUTORIAL,
    ego_networks,
    facebook100,
    folder_of,
    write,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array

from ethics_lib import datasets, infer, propagate
from ethics_lib.provenance import AGREED, PROTECTED_WORDS, ConsentNotice, is_special
from ethics_lib.readers import load_graph, load_likes
from ethics_lib.rows import FileError
from ethics_lib.tables import TableError, UnknownNameError, World, check_table


def graph(path, **options):
    with pytest.warns(ConsentNotice):
        return load_graph(path, **options)


def likes(path, **options):
    with pytest.warns(ConsentNotice):
        return load_likes(path, **options)


def pairs(world):
    """The ties in the ids of the file."""
    ids = world.people["id"]
    return set(zip(ids[world.ties["a"]], ids[world.ties["b"]], strict=True))


def said(world):
    ids = world.people["id"]
    rows = world.reports
    return {
        (ids[person], trait): value
        for person, trait, value in zip(rows["person"], rows["trait"], rows["value"], strict=True)
    }


def left_out(world):
    return world.people.attrs["left_out"]


def check(world):
    """What every verb asks of a world."""
    people = world.people.index
    assert isinstance(world, World)
    assert people.equals(pd.RangeIndex(len(people), name="person"))
    assert world.people["id"].is_unique
    for noun in ("ties", "acts", "reports", "items"):
        check_table(getattr(world, noun), noun, people=people, empty=True)
    assert world.ties["a"].dtype == world.ties["b"].dtype == "int32"
    assert not world.reports.duplicated(["person", "trait"]).any()
    return world


# --- tables with a row a tie ---------------------------------------------------------------------

EDGES = {(10, 20), (10, 30), (20, 30)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("comma.csv", "10,20\n10,30\n20,30\n"),
        ("header.csv", "source,target\n10,20\n10,30\n20,30\n"),
        ("strange_header.csv", "first,second\n10,20\n10,30\n20,30\n"),
        ("semicolon.csv", "10;20\n10;30\n20;30\n"),
        ("tab.tsv", "10\t20\n10\t30\n20\t30"),
        ("windows.txt", "10 20\r\n10 30\r\n20 30\r\n"),
        ("blanks.edges", "  10   20\n10 \t 30\n20 30  \n"),
        ("snap.txt", "# Nodes: 3 Edges: 3\n# FromNodeId\tToNodeId\n10\t20\n10\t30\n20\t30\n"),
        ("konect.txt", "% sym unweighted\n10 20\n\n10 30\n  # a remark\n20 30\n"),
        ("bom.csv", b"\xef\xbb\xbfsource,target\n10,20\n10,30\n20,30\n"),
        ("packed.csv.gz", "10,20\n10,30\n20,30\n"),
        ("weighted.csv", "from,to,weight,since\n10,20,1,a\n10,30,.5,b\n20,30,2,c\n"),
    ],
)
def test_a_list_of_ties_is_read_whatever_separates_it(tmp_path, name, content):
    world = check(graph(write(tmp_path, name, content)))
    assert pairs(world) == EDGES
    assert world.people["id"].tolist() == [10, 20, 30]
    assert len(world.items) == len(world.acts) == len(world.reports) == 0


@pytest.mark.parametrize("name", ["ties.parquet", "ties.parquet.gz"])
def test_parquet_is_read(tmp_path, name):
    kept = io.BytesIO()
    table = pd.DataFrame({"when": [1, 2, 3], "u": [10, 30, 20], "v": [20, 10, 30]})
    table.to_parquet(kept)
    path = write(tmp_path, name, kept.getvalue())
    world = check(graph(path, columns=("u", "v")))
    assert pairs(world) == EDGES
    assert left_out(world) == {"other columns": 1}


def test_context_and_weight_come_along_from_the_first_line_that_says_the_tie(tmp_path):
    content = "a,b,Weight,Context\n2,1,0.5,work\n1,2,9,school\n1,3,2,family\n"
    world = check(graph(write(tmp_path, "x.csv", content)))
    assert world.ties["context"].tolist() == ["work", "family"]
    assert world.ties["weight"].tolist() == [0.5, 2.0]


def test_what_is_left_out_is_counted_said_and_stays(tmp_path):
    lines = "# head\n1 2\n2 1\n1 2\n3 3\n\n2 3\n"
    path = write(tmp_path, "x.txt", lines)
    with pytest.warns(
        ConsentNotice, match=r"x.txt: 3 people, 2 ties. Left out: 1 comments, 1 empty"
    ):
        world = load_graph(path)
    assert left_out(world) == {
        "comments": 1,
        "empty lines": 1,
        "self ties": 1,
        "repeated ties": 1,
        "reversed ties": 1,
    }
    assert "1 self ties" in world.about and str(tmp_path) not in world.about


def test_a_column_that_is_not_asked_for_may_hold_anything(tmp_path):
    path = write(tmp_path, "x.csv", "a,b,rating,date\n1,2,good,24/11/2026\n2,3,,\n")
    assert left_out(check(graph(path))) == {"other columns": 2}


def test_who_has_only_a_tie_to_themselves_is_still_there(tmp_path):
    world = check(graph(write(tmp_path, "x.txt", "1 2\n7 7\n")))
    assert world.people["id"].tolist() == [1, 2, 7] and len(world.ties) == 1


def test_ids_may_be_words(tmp_path):
    world = check(graph(write(tmp_path, "x.csv", "ann,bo\nbo,7\n")))
    assert pairs(world) == {("ann", "bo"), ("7", "bo")}
    world = check(graph(write(tmp_path, "y.csv", "007,7\n"), text_ids=True))
    assert pairs(world) == {("007", "7")}
    world = check(graph(write(tmp_path, "z.csv", '"Lee, A",NA\n'), text_ids=True))
    assert pairs(world) == {("Lee, A", "NA")}


def test_a_header_of_words_can_be_stated(tmp_path):
    path = write(tmp_path, "x.csv", "ann,bo\nbo,cy\n")
    assert len(graph(path).ties) == 2
    assert len(graph(path, header=True).ties) == 1
    path = write(tmp_path, "y.csv", "source,target\nbo,cy\n")
    assert len(graph(path, header=False).ties) == 2
    assert len(graph(path).ties) == 1


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1),
    st.sampled_from([",", "\t", " ", ";"]),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_reading_is_what_a_loop_over_the_lines_would_do(tmp_path_factory, ties, separator):
    content = "\n".join(f"{a}{separator}{b}" for a, b in ties)
    world = check(graph(write(tmp_path_factory.mktemp("law"), "x.txt", content)))
    assert pairs(world) == {(min(t), max(t)) for t in ties if t[0] != t[1]}
    assert world.people["id"].tolist() == sorted({end for tie in ties for end in tie})
    counted = sum(left_out(world).values())
    assert counted + len(world.ties) == len(ties)


def test_a_large_file_takes_the_quick_way_only(tmp_path, monkeypatch):
    """The slow reader, which looks for the first bad line, is not called for a good file."""

    def slow(*_):
        raise AssertionError

    monkeypatch.setattr("ethics_lib.rows._name_the_first_bad_line", slow)
    ends = np.random.default_rng(1).integers(0, 5_000, (50_000, 2))
    path = write(tmp_path, "x.tsv.gz", "\n".join(f"{a}\t{b}" for a, b in ends))
    assert len(check(graph(path)).ties) > 49_000


# --- graphs with answers -------------------------------------------------------------------------


def test_facebook100_is_read_and_0_is_no_answer(tmp_path):
    with pytest.warns(ConsentNotice, match="That the students were asked is not said"):
        world = check(load_graph(facebook100(tmp_path)))
    assert pairs(world) == {(0, 1), (1, 2), (2, 3)} and not left_out(world)
    answers = said(world)
    assert answers[0, "gender"] == "1" and answers[1, "year"] == "2007"
    assert (2, "gender") not in answers and (0, "second_major") not in answers
    assert set(world.reports["trait"]) == set(
        "status gender major second_major dorm year high_school".split()
    )
    assert set(world.reports["instrument"]) == {"profile"}


def test_facebook100_that_says_a_friendship_on_one_side_only(tmp_path):
    lopsided = np.zeros((4, 4))
    lopsided[0, 1] = lopsided[2, 2] = 1
    world = check(graph(facebook100(tmp_path, A=csc_array(lopsided))))
    assert pairs(world) == {(0, 1)} and len(world.people) == 4
    assert left_out(world) == {"self ties": 1, "one-sided": 1}


def test_ego_networks_are_joined_and_the_ego_is_everybodys_friend(tmp_path):
    with pytest.warns(ConsentNotice, match="That the friends were asked is not said"):
        world = check(load_graph(ego_networks(tmp_path)))
    assert pairs(world) == {(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (2, 3)}
    contexts = {
        (a, b): context
        for a, b, context in zip(
            world.ties["a"], world.ties["b"], world.ties["context"], strict=True
        )
    }
    assert contexts[0, 1] == "circle0" and contexts[0, 2] == "circle0;circle1"
    assert contexts[0, 4] == contexts[1, 2] == "loaded"


def test_features_of_ego_networks_are_answers_and_a_lacking_one_says_nothing(tmp_path):
    answers = said(graph(ego_networks(tmp_path)))
    assert answers[1, "gender"] == "anonymized feature 77"
    assert answers[3, "work;employer;id"] == "anonymized feature 50 + anonymized feature 51"
    assert answers[0, "protected:political"] == "anonymized feature 5"
    assert (4, "gender") not in answers and (1, "political") not in answers


def test_ego_networks_may_come_without_features(tmp_path):
    for name in ("0.edges", "0.circles"):
        write(tmp_path, f"bare/{name}", EGO[name])
    world = check(graph(tmp_path / "bare"))
    assert pairs(world) == {(0, 1), (0, 2), (0, 3), (1, 2), (2, 3)} and world.reports.empty


@pytest.mark.parametrize("name", ["x.gml", "x.gml.gz", "x.graphml", "x.graphml.gz"])
def test_gml_and_graphml_are_read_with_what_stands_beside_the_nodes(tmp_path, name):
    drawn = nx.Graph()
    drawn.add_node(1, faith="tide", age=31, label="Ann")
    drawn.add_node(2, faith="lantern", age=32, label="Bo")
    drawn.add_node(3, age=33, label="Cy")
    drawn.add_node(4, age=34, label="Di")
    drawn.add_edge(1, 2, context="work", colour="red")
    drawn.add_edge(2, 3, context="family", colour="blue")
    kept = io.BytesIO()
    if ".gml" in name:
        nx.write_gml(nx.relabel_nodes(drawn, {1: "Ann", 2: "Bo", 3: "Cy", 4: "Di"}), kept)
    else:
        nx.write_graphml(drawn, kept)
    world = check(graph(write(tmp_path, name, kept.getvalue())))
    assert world.people["name"].tolist() == ["Ann", "Bo", "Cy", "Di"]
    assert world.ties["context"].tolist() == ["work", "family"]
    assert left_out(world) == {"other columns": 1}
    assert set(world.reports["trait"]) == {"protected:faith", "age"}
    ages = world.reports.query("trait == 'age'")["value"]
    assert ages.tolist() == [31, 32, 33, 34]


def test_a_directed_graph_with_several_ties_loses_directions_and_says_so(tmp_path):
    drawn = nx.MultiDiGraph([(1, 2), (1, 2), (2, 1), (2, 3)])
    kept = io.BytesIO()
    nx.write_graphml(drawn, kept)
    world = check(graph(write(tmp_path, "x.graphml", kept.getvalue())))
    assert pairs(world) == {("1", "2"), ("2", "3")}
    assert left_out(world) == {"directions": 4, "repeated ties": 1, "reversed ties": 1}


# --- likes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("direct", [False, True])
def test_movielens_100k_is_read_with_its_people_and_films(tmp_path, direct):
    folder = folder_of(tmp_path, "ml-100k", ML100K)
    with pytest.warns(ConsentNotice, match="That the raters were asked about being published"):
        world = check(load_likes(folder / "u.data" if direct else folder))
    assert len(world.acts) == 3 and left_out(world) == {"ratings below 4": 1}
    assert world.people.to_dict("list") == {
        "id": [1, 2, 3],
        "postcode": ["85711", "94043", "32067"],
    }
    answers = said(world)
    assert answers[1, "age"] == 24 and answers[2, "gender"] == "F"
    assert answers[3, "occupation"] == "writer"
    assert world.items["name"].tolist() == ["Toy Story (1995)", 'Misérables, "Les" (1995)', "3"]
    assert world.items["topic"].tolist() == ["Western", "Action|Adventure", "unknown"]
    assert world.acts["time"].iloc[0] == pd.Timestamp(881250949, unit="s")


def test_movielens_1m_is_read_and_its_codes_become_words(tmp_path):
    world = check(likes(folder_of(tmp_path, "ml-1m", ML1M), at_least=3))
    assert len(world.acts) == 3 and not left_out(world)
    answers = said(world)
    assert answers[1, "age"] == "under 18" and answers[1, "occupation"] == "K-12 student"
    assert answers[2, "age"] == "56+"
    assert world.items["name"].tolist() == ["Toy Story (1995)", "Alien: Résurrection (1997)"]
    assert world.items["topic"].tolist() == ["Animation|Children's", "Sci-Fi"]


def test_movielens_without_the_tables_beside_it_says_so(tmp_path):
    world = check(likes(folder_of(tmp_path, "ml-1m", ML1M, **{"users.dat": None})))
    assert left_out(world)["tables not there"] == 1 and world.reports.empty


def test_the_tutorials_files_are_read_and_politics_is_protected(tmp_path):
    with pytest.warns(ConsentNotice, match=r"of about 6 million .* 3.1 million agreed"):
        world = check(load_likes(folder_of(tmp_path, "sample", TUTORIAL)))
    assert world.people["id"].tolist() == ["u1", "u2", "u3", "u4", "u9"]
    assert len(world.acts) == 4
    assert left_out(world) == {"repeated likes": 1, "people with no row of their own": 1}
    assert "1 January 1970" in world.about
    answers = said(world)
    assert answers["u1", "protected:political"] == "1" and answers["u2", "gender"] == "1"
    assert answers["u1", "age"] == 31 and ("u2", "age") not in answers
    assert ("u3", "protected:political") not in answers and ("u9", "gender") not in answers
    assert world.items["name"].tolist() == ["Maps, old", "Chess"]


@pytest.mark.parametrize(
    "times", [("2024-05-01T10:00:00+02:00", "2024-05-02"), ("1714550400", "1714608000")]
)
def test_a_table_of_likes_may_have_times_and_ratings(tmp_path, times):
    first, second = times
    content = f"item,who,timestamp,rating\n5,1,{second},4\n5,2,{first},2\n6,1,{first},5\n"
    path = write(tmp_path, "x.csv", content)
    world = check(likes(path, columns=("who", "item")))
    assert world.acts["item"].tolist() == [1, 0] and left_out(world) == {"ratings below 4": 1}
    assert world.acts["time"].iloc[0] == pd.Timestamp("2024-05-01 08:00:00")


def test_a_table_of_people_may_lie_beside_a_table_of_ties(tmp_path):
    path = write(tmp_path, "ties.csv", "a,b\n7,9\n9,12\n")
    people = write(
        tmp_path, "people.csv", "id,faith,voice\n7,Tide,alto\n9,,bass\n30,Lantern,alto\n"
    )
    world = check(graph(path, people=people))
    assert world.people["id"].tolist() == [7, 9, 12, 30]
    assert pairs(world) == {(7, 9), (9, 12)}
    assert said(world) == {
        (7, "protected:faith"): "Tide",
        (30, "protected:faith"): "Lantern",
        (7, "voice"): "alto",
        (9, "voice"): "bass",
        (30, "voice"): "alto",
    }
    assert world.people.attrs["left_out"]["people with no row of their own"] == 1
    strangers = write(tmp_path, "strangers.csv", "id,voice\n70,alto\n")
    with pytest.raises(
        FileError, match=r"none of its 1 people stands in ties\.csv, where the first"
    ):
        load_graph(path, people=strangers)
    with pytest.raises(FileError, match=r"says itself what its people said. Leave people= out"):
        load_graph(write(tmp_path, "x.gml", "graph []"), people=people)


def test_likes_and_people_may_be_parquet_and_packed(tmp_path):
    kept = io.BytesIO()
    pd.DataFrame(
        {
            "user": ["a", "b"],
            "page": ["x", "y"],
            "time": pd.to_datetime(["2024-05-01", "2024-05-02"]),
        }
    ).to_parquet(kept)
    path = write(tmp_path, "x.parquet", kept.getvalue())
    people = write(tmp_path, "people.csv.gz", "user,single\na,True\nb,False\n")
    world = check(likes(path, users=people))
    assert world.acts["time"].tolist() == [pd.Timestamp("2024-05-01"), pd.Timestamp("2024-05-02")]
    assert said(world) == {("a", "single"): "yes", ("b", "single"): "no"}


# --- what the people agreed to, and what is protected ---------------------------------------------


def test_an_unknown_file_says_nothing_and_what_is_stated_stays(tmp_path):
    path = write(tmp_path, "x.csv", "1,2\n")
    with pytest.warns(ConsentNotice, match="The file does not say. Before you go on, find out"):
        load_graph(path)
    said = r"agreed to: .* 2026/14.* \(stated by whoever loaded it"
    with pytest.warns(ConsentNotice, match=said):
        world = load_graph(path, agreed="Written consent, ethics committee 2026/14.")
    assert "2026/14" in world.about and "does not say" not in world.about
    with pytest.raises(TableError, match=r"agreed='' states nothing. Say what"):
        load_graph(path, agreed=" ")


def test_what_is_known_of_a_data_set_is_said_whatever_is_stated(tmp_path):
    world = graph(facebook100(tmp_path), agreed="They surely did.")
    assert AGREED["Facebook100"] in world.about and "They surely did." in world.about


@pytest.mark.parametrize(
    ("column", "special"),
    [
        ("religion", True),
        ("Religious_Views", True),
        ("politicalviews", True),
        ("vote2020", True),
        ("sexualOrientation", True),
        ("interested_in", True),
        ("trade union", True),
        ("has.diagnosis", True),
        ("race", True),
        ("gender", False),
        ("embrace", False),
        ("reunion", False),
        ("work;employer;id", False),
        ("interested", False),
    ],
)
def test_a_special_category_is_found_by_a_word_of_the_name(column, special):
    assert is_special(column) is special


def test_each_word_protects_and_each_category_is_one_of_the_law():
    assert all(is_special(word) for words in PROTECTED_WORDS.values() for word in words)
    assert len(PROTECTED_WORDS) == 8


def test_more_can_be_protected_by_name(tmp_path):
    world = graph(facebook100(tmp_path), protected=["dorm"])
    assert "protected:dorm" in set(world.reports["trait"])
    with pytest.raises(
        UnknownNameError, match=r"trait 'dorms' does not exist. Did you mean 'dorm'"
    ):
        load_graph(facebook100(tmp_path), protected=["dorms"])


def test_the_verbs_take_what_was_read_and_give_sums_for_what_is_protected(tmp_path):
    rng = np.random.default_rng(5)
    n = 60
    ties = "\n".join(f"{a},{(a + d) % n}" for a in range(n) for d in (1, 2, 3))
    world = graph(write(tmp_path, "x.csv", ties))
    known = pd.DataFrame({"person": np.arange(30), "trait": "protected:religion"})
    known["value"] = np.where(rng.random(30) < 0.5, "a", "b")
    beliefs = propagate(known, world.ties, holder="me", people=world.people.index)
    assert "person" not in beliefs and beliefs["n"].max() == 30
    rows = [(u, i) for u in range(40) for i in rng.choice(15, 5, replace=False)]
    lines = "user,item\n" + "\n".join(f"{u},{i}" for u, i in rows)
    people = "user,religion,hobby\n" + "\n".join(
        f"{u},{'ab'[u % 2]},{'cd'[u % 2]}" for u in range(40)
    )
    world = likes(write(tmp_path, "l.csv", lines), users=write(tmp_path, "u.csv", people))
    traces = world.acts.assign(
        from_person=world.acts["person"], source="platform", purpose="study", holder="me"
    )
    hobby = world.reports.query("trait == 'hobby'")
    assert len(infer(traces, hobby, holder="me", components=3)) == 80


def test_datasets_hands_the_loaders_on():
    assert datasets.load_graph is load_graph and datasets.load_likes is load_likes
