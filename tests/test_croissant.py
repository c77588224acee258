"""What is said of the town for machines is true of its files, and valid Croissant 1.1."""

import json
import shutil
import socket
import sys
from hashlib import sha256
from itertools import islice
from pathlib import Path

import mlcroissant
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ethics_lib

ROOT = Path(__file__).resolve().parent.parent
TOWN = ROOT / "datasets" / "brightwater"
sys.path.insert(0, str(ROOT / "tools"))
import croissant  # noqa: E402

# Other people's code: rdflib's reader of JSON-LD, and mlcroissant's of Parquet.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{told}")
    for told in (
        "ConjunctiveGraph is deprecated:DeprecationWarning",
        "Dataset.default_context is deprecated:DeprecationWarning",
        "The inplace keyword in DataFrame.reset_index is deprecated",
    )
]


@pytest.fixture(scope="module")
def kept():
    return json.loads((TOWN / "metadata.json").read_text(encoding="utf-8"))


@pytest.fixture
def cut_off(monkeypatch):
    def refuse(*_):
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_it_is_what_the_files_say():
    said = (TOWN / "metadata.json").read_bytes().decode("utf-8")
    assert said == croissant.text(), "run: python tools/croissant.py"


def test_it_is_valid_and_needs_no_network(cut_off):
    town = mlcroissant.Dataset(jsonld=TOWN / "metadata.json").metadata
    assert not town.ctx.issues.errors
    assert not town.ctx.issues.warnings
    assert town.ctx.is_v1_1()
    assert town.version == ethics_lib.__version__
    assert town.license == ["https://creativecommons.org/licenses/by/4.0/"]
    assert "Nothing was collected" in town.data_collection
    assert town.personal_sensitive_information and town.data_limitations


@pytest.mark.parametrize("table", ["ties", "reports"])
def test_it_loads_the_tables(table, cut_off):
    town = mlcroissant.Dataset(jsonld=TOWN / "metadata.json")
    records = pd.DataFrame(islice(town.records(table), 50))
    records.columns = [name.split("/")[1] for name in records]
    held = pd.read_parquet(TOWN / f"{table}.parquet").head(50)
    for column in held:
        read = records[column].map(lambda v: v.decode() if isinstance(v, bytes) else v)
        same = (read == held[column]) | (read.isna() & held[column].isna())
        assert same.all(), column


def test_every_file_has_its_size_its_checksum_and_no_address(kept):
    files = {file["name"]: file for file in kept["distribution"]}
    assert set(files) == {path.name for path in TOWN.glob("*.parquet")}
    for name, file in files.items():
        content = (TOWN / name).read_bytes()
        assert file["sha256"] == sha256(content).hexdigest()
        assert file["contentSize"] == f"{len(content)} B"
        assert file["contentUrl"] == name


def test_every_column_of_every_table_is_told_in_words(kept):
    assert {part["name"] for part in kept["recordSet"]} <= set(ethics_lib.tables.COLUMNS)
    for part in kept["recordSet"]:
        schema = pq.read_schema(TOWN / f"{part['name']}.parquet")
        assert [field["name"] for field in part["field"]] == schema.names
        assert all(len(field["description"].split()) > 1 for field in part["field"])


def test_a_change_of_a_file_is_seen(tmp_path):
    shutil.copy(TOWN / "ties.parquet", tmp_path)
    before = croissant.text(tmp_path)
    pq.write_table(pq.read_table(TOWN / "ties.parquet")[1:], tmp_path / "ties.parquet")
    assert croissant.text(tmp_path) != before


@pytest.mark.parametrize(
    ("name", "column", "says"),
    [
        (
            "ties",
            pa.array([1]).cast(pa.int8()),
            r"ties.parquet: column 'a' is int8; give it a type",
        ),
        ("ties", None, "ties: say in MEANING, .* what 'weight' means"),
        ("debts", None, "debts.parquet: say in TABLES, .* what a row of it is"),
    ],
)
def test_what_it_does_not_know_it_asks_for(tmp_path, name, column, says):
    table = {"weight": [1]} if column is None else {"a": column}
    pq.write_table(pa.table(table), tmp_path / f"{name}.parquet")
    with pytest.raises(SystemExit, match=says):
        croissant.describe(tmp_path)
