"""Badly made files: each is refused, the first bad line is named, and nothing is loaded."""

import gzip
import io
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from field_files import ML1M, ML100K, TUTORIAL, ego_networks, facebook100, folder_of, write
from scipy.sparse import csc_array

from ethics_lib.readers import load_graph, load_likes
from ethics_lib.rows import FileError
from ethics_lib.tables import UnknownNameError


def bytes_of(write_to, *arguments, **options):
    kept = io.BytesIO()
    write_to(*arguments, kept, **options)
    return kept.getvalue()


def parquet(**columns):
    return bytes_of(pd.DataFrame(columns).to_parquet)


GZIP = gzip.compress(b"1,2\n" * 1_000)
MALFORMED = {
    # name of the case: name of the file, content, what is said
    "empty": ("x.csv", "", r"x.csv: is empty"),
    "blank": ("x.csv", " \n\n", r"x.csv: is empty"),
    "header only": (
        "x.csv",
        "source,target\n",
        r"x.csv, line 1: 'source,target' is a header, and no",
    ),
    "comments only": ("x.txt", "# nothing\n% more\n", r"holds comments and empty lines only"),
    "one column": ("x.csv", "# ids\n1\n2\n", r"x.csv, line 2: '1' is one field, and two are exp"),
    "word as weight": (
        "x.csv",
        "a,b,weight\n1,2,3\n1,3,heavy\n",
        r"x.csv, line 3: '1,3,heavy': weight is 'heavy', and a number is expected. Mend the line",
    ),
    "weight missing": ("x.csv", "a,b,weight\n1,2,3\n1,3,\n", r"line 3: '1,3,': weight is ''"),
    "infinite weight": ("x.csv", "a,b,weight\n1,2,inf\n", r"line 2.*weight is 'inf'"),
    "line too long": ("x.txt", "1 2\n1 3 4\n", r"line 2: '1 3 4': 3 fields, and 2 are expected"),
    "line too short": ("x.tsv", "1\t2\n# no\n\n3\n", r"x.tsv, line 4: '3': 1 field, and 2 are exp"),
    "shorter later": (
        "x.csv",
        "a,b,since\n1,2,x\n1,3\n",
        r"line 3: '1,3': 2 fields, and 3 are exp",
    ),
    "id NaN": ("x.csv", "1,2\nNaN,3\n", r"line 2: 'NaN,3': a is 'NaN', and an id like the first"),
    "first id NaN": ("x.csv", "nan,2\n1,3\n", r"line 1: 'nan,2': a is 'nan', and an id"),
    "id empty": ("x.csv", "1,2\n,3\n", r"line 2: ',3': a is '', and an id like the first one"),
    "word id empty": ("x.csv", "ann,bo\nann,\n", r"line 2: 'ann,': b is '', and a word is exp"),
    "id negative": ("x.csv", "1,2\n-1,3\n", r"line 2: '-1,3': a is '-1', and an id .* from 0"),
    "first id negative": ("x.csv", "-1,2\n", r"line 1: '-1,2': a is '-1', and an id"),
    "id with decimals": ("x.csv", "1,2\n1.0,3\n", r"line 2: '1.0,3': a is '1.0'"),
    "id beyond int64": (
        "x.csv",
        f"1,2\n{2**63},3\n",
        r"line 2.*a is '9223372036854775808', and an",
    ),
    "id far beyond": ("x.csv", f"1,2\n{10**25},3\n", r"line 2.*text_ids=True"),
    "mixed ids": (
        "x.csv",
        "1,2\n3,4\nbob,5\n",
        r"line 3: 'bob,5': a is 'bob'.*words: text_ids=True",
    ),
    "column named twice": ("x.csv", "a,b,a\n1,2,3\n", r"line 1: 'a,b,a' names a column twice"),
    "open quote": ("x.csv", 'ann,bo\n"cy,di\neve,fay\n', r"line 2: '\"cy,di': 1 field, and 2"),
    "binary": ("x.csv", bytes(range(256)) * 4, r"x.csv: is no text \(it holds zero bytes\)"),
    "UTF-16": ("x.csv", "1,2\n".encode("utf-16"), r"or UTF-16: save it as UTF-8 then"),
    "latin-1": (
        "x.csv",
        "ann,bo\nann,josé\n".encode("latin-1"),
        r"x.csv, line 2: is not written in utf-8. As latin-1 it reads 'ann,josé': if that is right",
    ),
    "no gzip": ("raw.gz", "1,2\n", r"raw.gz: is not packed with gzip. Take the .gz off"),
    "gzip cut off": ("raw.gz", GZIP[:-12], r"raw.gz: the gzip ends too early or is damaged"),
    "gzip damaged": (
        "raw.gz",
        GZIP[:14] + b"\xff\xff" + GZIP[16:],
        r"raw.gz: the gzip ends too early",
    ),
    "gzip unnamed": ("x.csv", GZIP, r"x.csv: is packed with gzip. Let its name end in .gz"),
    "unknown ending": (
        "x.xlsx",
        "1,2\n",
        r"x.xlsx: nothing here reads a file that ends in '.xlsx'",
    ),
    "no ending": (
        "ties",
        "1,2\n",
        r"ties: nothing here reads a file that ends in ''. Known endings",
    ),
    "no Parquet": ("x.parquet", "1,2\n", r"x.parquet: is no Parquet file"),
    "Parquet of one column": (
        "x.parquet",
        parquet(a=[1]),
        r"has the columns a, and two are expected",
    ),
    "Parquet with an empty id": (
        "x.parquet",
        parquet(a=pd.array([1, None], "Int64"), b=[2, 3]),
        r"x.parquet, row 1: a is '', where",
    ),
    "Parquet with decimals": (
        "x.parquet",
        parquet(a=[1, 2], b=[2, 3.5]),
        r"row 0: b is '2.0', where",
    ),
    "Parquet with words as weight": (
        "x.parquet",
        parquet(a=[1], b=[2], weight=["much"]),
        r"row 0: weight is 'much', where a number is expected",
    ),
    "GML that breaks off": (
        "x.gml",
        "graph [\n  node [ id 1\n",
        r"x.gml, line \d.*NetworkX cannot read",
    ),
    "GML that is none": (
        "x.gml",
        "1,2\n2,3\n",
        r"x.gml.*NetworkX cannot read it as gml",
    ),
    "GML of nobody": ("x.gml", "graph [\n]\n", r"x.gml: holds a graph of nobody"),
    "GML that says a tie twice": (
        "x.gml",
        "graph [\nnode [ id 1 ]\nnode [ id 2 ]\nedge [ source 1 target 2 ]\n"
        "edge [ source 1 target 2 ]\n]\n",
        r"NetworkX cannot read it as gml \(edge #1 .* is duplicated\).* 'multigraph 1'",
    ),
    "GraphML that breaks off": (
        "x.graphml",
        "<graphml>\n<graph>\n<node id='1'>\n</graph></graphml>",
        r"x.graphml, line 4: '</graph></graphml>': NetworkX cannot read it as graphml \(mismatched",
    ),
    "no MATLAB": ("x.mat", "1,2\n" * 99, r"x.mat: is no MATLAB file that SciPy reads"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_graph_is_named_and_nothing_is_loaded(tmp_path, case):
    name, content, message = MALFORMED[case]
    path = write(tmp_path, name, content)
    if name == "raw.gz":
        path = path.rename(tmp_path / "raw.csv.gz")
        message = message.replace("raw.gz", "raw.csv.gz")
    with pytest.raises((FileError, UnknownNameError), match=message):
        load_graph(path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"A": None}, r"School1.mat: 'A' is not in it. There: local_info"),
        ({"local_info": None}, r"'local_info' is not in it. There: A"),
        ({"A": csc_array(np.ones((4, 3)))}, r"A has the shape \(4, 3\), and a square is expected"),
        ({"local_info": np.ones((3, 7))}, r"local_info has the shape \(3, 7\), and \(4, 7\) is"),
        ({"local_info": np.ones((4, 8))}, r"With 8 columns the first is .* take it out for good"),
        (
            {"local_info": np.full((4, 7), np.nan)},
            r"School1.mat, row 0: status is '', where a whole",
        ),
        ({"A": "friends"}, r"A holds <U7, and numbers are expected"),
        ({"local_info": np.full((4, 7), -1.0)}, r"row 0: status is '-1.0', where a whole number"),
    ],
)
def test_a_malformed_facebook100_is_named(tmp_path, changed, message):
    with pytest.raises(FileError, match=message):
        load_graph(facebook100(tmp_path, **changed))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"0.feat": "1 1 0\n2 0 1 0 0\n"}, r"0.feat, line 1: '1 1 0': 3 fields, and 5 are"),
        ({"0.feat": "1 1 0 0 1\n2 0 1 0 2\n"}, r"0.feat, line 2.*feature 3 is '2', and 0 or 1"),
        ({"0.feat": "1 1 0 0 1\n1 0 1 0 0\n"}, r"0.feat, line 2: .*id '1' stands in line 1"),
        ({"0.egofeat": "1 0 1\n"}, r"0.egofeat, line 1: '1 0 1': 3 fields, and 4 are expected"),
        ({"0.featnames": "0 a;b 1\n2 a;b 2\n"}, r"0.featnames, line 2: '2 a;b 2', and the num"),
        ({"0.circles": "circle0\tx\n"}, r"0.circles, line 1: 'circle0\\tx', and the name of"),
        ({"me.edges": "1 2\n", "me.feat": "1 1\n", "me.featnames": "0 a;b\n", "me.egofeat": "1\n"},
         r"me.edges: is called after the person .* 'me' is no whole number"),
    ],
)  # fmt: skip
def test_a_malformed_ego_network_is_named(tmp_path, changed, message):
    with pytest.raises(FileError, match=message):
        load_graph(ego_networks(tmp_path, **changed))


@pytest.mark.parametrize("missing", ["0.feat", "2.featnames", "0.egofeat"])
def test_an_ego_network_with_a_file_missing_is_named(tmp_path, missing):
    with pytest.raises(FileNotFoundError, match=rf"{missing} is not in .* There: 0\.circles"):
        load_graph(ego_networks(tmp_path, **{missing: None}))


@pytest.mark.parametrize(
    ("files", "changed", "message"),
    [
        (ML1M, {"ratings.dat": "1::1::5::978300760\n1:2:3:978302109\n"},
         r"ratings.dat, line 2: '1:2:3:978302109': 1 field, and 4 are expected \(user, item"),
        (ML1M, {"ratings.dat": "1,1,5,978300760\n"}, r"ratings.dat, line 1.*1 field, and 4"),
        (ML1M, {"ratings.dat": "1::1::6::978300760\n"},
         r"ratings.dat, line 1.*rating is '6', and a rating from 1 to 5 is expected"),
        (ML1M, {"ratings.dat": "1::1::5::978300760000\n"}, r"time is '978300760000', and seconds"),
        (ML1M, {"users.dat": "1::F::1::10::48067\n1::M::56::16::70072\n"},
         r"users.dat, line 2: .*id '1' stands in line 1 already"),
        (ML1M, {"users.dat": "1::F::2::10::48067\n"}, r"age is '2', and one of 1, 18, 25, 35"),
        (ML1M, {"movies.dat": "1::Toy Story (1995)\n"}, r"movies.dat, line 1.*2 fields, and 3 are"),
        (ML100K, {"u.data": "1\t1\t5\t881250949\n1 2 3 881250950\n"},
         r"u.data, line 2: '1 2 3 881250950': 1 field, and 4 are expected"),
        (ML100K, {"u.user": "1|24|M|technician\n"}, r"u.user, line 1.*4 fields, and 5 are"),
        (ML100K, {"u.item": "1|Toy Story|||http://x|0|1\n"}, r"u.item, line 1.*7 fields, and 24"),
        (TUTORIAL, {"users.csv": "userid,age\nu1,31\nu1,32\n"},
         r"users.csv, line 3: 'u1,32': userid 'u1' stands in line 2 already"),
        (TUTORIAL, {"users.csv": "userid,age\n"}, r"'userid,age' is a header, and no row follows"),
        (TUTORIAL, {"users.csv": "userid,age\nx1,31\n"},
         r"none of its 1 people stands in users-likes.csv, where the first is 'u1', and here 'x1'"),
        (TUTORIAL, {"users.csv": "userid,age,ope\nu1,31,1\nu2,30\n"}, r"line 3: 'u2,30': 2 fields"),
        (TUTORIAL, {"users-likes.csv": "userid,likeid,time\nu1,l1,soon\n"},
         r"users-likes.csv, line 2: .*time is 'soon', and seconds since 1970, or a date"),
        (TUTORIAL, {"users-likes.csv": "userid,likeid,rating\nu1,l1,good\n"}, r"rating is 'good'"),
    ],
)  # fmt: skip
def test_malformed_likes_are_named(tmp_path, files, changed, message):
    with pytest.raises(FileError, match=message):
        load_likes(folder_of(tmp_path, "x", files, **changed))


def test_what_is_not_there_is_missed_with_what_is(tmp_path):
    write(tmp_path, "ties.csv", "1,2\n")
    for load in (load_graph, load_likes):
        with pytest.raises(FileNotFoundError, match=r"tie.csv is not in .* There: ties.csv"):
            load(tmp_path / "tie.csv")
    with pytest.raises(FileNotFoundError, match=r"x.csv is not in .* There: nothing"):
        load_graph(tmp_path / "nowhere" / "x.csv")
    with pytest.raises(FileNotFoundError, match=r"users.csv is not in"):
        load_likes(folder_of(tmp_path, "x", TUTORIAL, **{"users.csv": None}))


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path):
    write(tmp_path, "x/ties.csv", "1,2\n")
    with pytest.raises(FileError, match=r"x: is a folder without '.edges' files.* In it: ties.csv"):
        load_graph(tmp_path / "x")
    with pytest.raises(FileError, match=r"x: is a folder without u.data or ratings.dat or users-l"):
        load_likes(tmp_path / "x")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FileError, match=r"folder.csv: is a folder, and a file is expected"):
        load_likes(write(tmp_path, "l.csv", "1,2\n"), users=tmp_path / "folder.csv")


def test_columns_that_are_not_there_are_named(tmp_path):
    path = write(tmp_path, "x.csv", "who,whom\n1,2\n")
    with pytest.raises(FileError, match=r"x.csv: has the columns who, whom, .* called 'a' and 'b'"):
        load_graph(path, columns=("a", "b"))


def test_a_bad_line_is_quoted_in_short(tmp_path):
    path = write(tmp_path, "x.csv", "1,2\n" + "9" * 500 + "\n")
    with pytest.raises(FileError) as caught:
        load_graph(path)
    assert re.search(r"line 2: '9{60}\.\.\.'", str(caught.value)) and len(str(caught.value)) < 250


def test_a_file_that_is_refused_leaves_no_notice_and_no_world(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(FileError):
            load_graph(write(tmp_path, "x.csv", "1,2\n3\n"))
