"""Describe a data set for machines: datasets/brightwater/metadata.json, in Croissant 1.1.

    python tools/croissant.py

Names, types, sizes and checksums are read from the Parquet files, so run it again whenever these
change. A column that it does not know is named, and wants a sentence in MEANING.
"""

from __future__ import annotations

import json
import re
import sys
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
TOWN = ROOT / "datasets" / "brightwater"

TABLES = {
    "people": "An invented person a row; the number of the row, from 0, is what the other tables "
    "call person.",
    "items": "A page, site, product or topic a row, with an invented name; the number of the row, "
    "from 0, is what the acts call item.",
    "acts": "Something that somebody did in 2025, whether anybody saw it or not.",
    "ties": "A friendship, a < b, and the setting that made it.",
    "reports": "What a member said of themselves, on a form or in a test: the truth plus noise, "
    "from those who answered.",
    "events": "Something that befell somebody: when it began, and when it ended.",
}

# What a column means, by its name or by table.name.
MEANING = {
    "name": "an invented name",
    "birth_date": "day of birth",
    "gender": "gender, as the person would say",
    "postcode": "an invented postcode",
    "household": "number of the household",
    "faith": "which of two invented faiths",
    "party": "which of two invented parties",
    "illness": "whether there is a long illness",
    "in_debt": "whether in debt",
    "expecting": "whether expecting a child",
    "openness": "openness to new things, in standard deviations",
    "conscientiousness": "conscientiousness, in standard deviations",
    "extraversion": "extraversion, in standard deviations",
    "agreeableness": "agreeableness, in standard deviations",
    "stability": "emotional stability, in standard deviations",
    "member": "whether a member of the platform, now or once",
    "joined": "when they joined the platform; empty for those who never did",
    "left": "when they left the platform; empty for those who did not",
    "person": "row of people, from 0",
    "item": "row of items, from 0; empty where an act has none",
    "time": "when it was done",
    "a": "row of people, from 0: the friend with the smaller number",
    "b": "row of people, from 0: the friend with the larger number",
    "context": "the setting that made the friendship",
    "trait": "the trait that was asked about",
    "instrument": "form or test",
    "word": "the answer, if it was a word",
    "number": "the answer, if it was a number",
    "event": "what befell them",
    "start": "when it began",
    "end": "when it ended; empty for what has not",
    "acts.kind": "what was done: like, visit, search, purchase or message",
    "items.kind": "page, site, product or topic",
    "items.topic": "what it is about, which its name does not tell",
    "items.taste": "which of the town's tastes it serves; -1 for a topic as such",
    "items.fame": "how well known it is, as a weight",
    "items.lot": "a number between 0 and 1, drawn by lot: it decides which sites carry a tracker",
}

TYPES = {
    pa.bool_(): "sc:Boolean",
    pa.int16(): "cr:Int16",
    pa.int32(): "cr:Int32",
    pa.int64(): "cr:Int64",
    pa.float32(): "cr:Float32",
    pa.float64(): "cr:Float64",
    pa.string(): "sc:Text",
    pa.large_string(): "sc:Text",
}

# The context that the specification gives, with the vocabulary on responsible use.
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

# The datasheet, README.md beside the data, says all of this at length.
RESPONSIBLE = {
    "rai:dataCollection": "Nothing was collected. Every row was drawn by a random generator from a "
    "seed, ethics_lib.datasets.make_town. Nobody was observed and nobody was asked.",
    "rai:dataCollectionType": ["Others"],
    "rai:dataCollectionRawData": "None: there is no source but the generator and its seed.",
    "rai:dataCollectionMissingData": "Only some members answered a question; those who owe, are "
    "ill or are expecting did so less often. People who never joined have no date of joining.",
    "rai:dataPreprocessingProtocol": [
        "A few residents bear the names that the lessons use. Answers are kept in two columns, "
        "word and number."
    ],
    "rai:personalSensitiveInformation": [
        "Of invented people only: gender, age, postcode, two invented faiths and two invented "
        "parties, long illness, debt, pregnancy, five personality scores. No ethnicity, no sexual "
        "orientation."
    ],
    "rai:dataBiases": [
        "Which pages go with which trait is drawn by the seed: no association in the data says "
        "anything about real groups.",
        "How strongly traits show in acts and friendships was set so that figures published about "
        "real people come out; published_effects.csv says which, and in what band. What was never "
        "published, or never measured, is not in the town either.",
    ],
    "rai:dataLimitations": [
        "A model fitted here knows nothing of any real person.",
        "That a practice does no harm here does not show that it does none elsewhere.",
    ],
    "rai:dataSocialImpact": "With these data anybody can count what a conclusion about people "
    "gets right and wrong, and whom it wrongs, and wrong nobody to find out. The methods are real "
    "and would work on real traces; MISUSE.md says what they are not for.",
    "rai:dataUseCases": [
        "Teaching, examples, tests, and studies of methods. Not to be used for claims about real "
        "groups, nor to train a model that is then run on real people."
    ],
    "rai:dataReleaseMaintenancePlan": "Made again, to the bit, from its seed. Every change of a "
    "number is named in CHANGELOG.md under 'Changes the numbers'.",
}


def describe(folder: Path = TOWN) -> dict:
    """Everything that metadata.json says, from the files of the folder."""
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    day = re.search(r'^date-released: "(.*)"$', cited, re.M)[1]
    version = re.search(
        r'^__version__ = "(.*)"$', (ROOT / "ethics_lib/__init__.py").read_text("utf-8"), re.M
    )[1]
    files = sorted(folder.glob("*.parquet"))
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "name": "Brightwater",
        "description": "A town that does not exist: its people, what they did, what befell them, "
        "who their friends are and what they say of themselves. Made for teaching and research on "
        "what can be concluded about people from traces and friendships, and what is then done to "
        "them. The truth about everybody is known, so every conclusion can be held against it.",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "url": "README.md",  # the datasheet; the data have no address of their own
        "version": version,
        "datePublished": day,
        "creator": {"@type": "sc:Organization", "name": "The Brightwater authors"},
        "citeAs": f"@misc{{brightwater, author = {{{{The Brightwater authors}}}}, title = "
        f"{{Brightwater: an invented town}}, year = {{{day[:4]}}}, version = {{{version}}}}}",
        "inLanguage": "en",
        "keywords": ["synthetic data", "privacy", "social media", "homophily", "data ethics"],
        "isLiveDataset": False,
        **RESPONSIBLE,
        "distribution": [file_object(path) for path in files],
        "recordSet": [record_set(path) for path in files],
    }


def file_object(path: Path) -> dict:
    """One file: its name, its size, its checksum."""
    content = path.read_bytes()
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "contentUrl": path.name,
        "contentSize": f"{len(content)} B",
        "encodingFormat": "application/x-parquet",
        "sha256": sha256(content).hexdigest(),
    }


def record_set(path: Path) -> dict:
    """One table: what a row is, and every column."""
    if path.stem not in TABLES:
        sys.exit(f"{path.name}: say in TABLES, in tools/croissant.py, what a row of it is.")
    rows = pq.read_metadata(path).num_rows
    return {
        "@type": "cr:RecordSet",
        "@id": path.stem,
        "name": path.stem,
        "description": f"{TABLES[path.stem]} {rows:,} rows.",
        "field": [field(path, column) for column in pq.read_schema(path)],
    }


def field(path: Path, column: pa.Field) -> dict:
    """One column: its name, its meaning, its type."""
    kind = "sc:DateTime" if pa.types.is_timestamp(column.type) else TYPES.get(column.type)
    if kind is None:
        sys.exit(f"{path.name}: column {column.name!r} is {column.type}; give it a type in TYPES.")
    return {
        "@type": "cr:Field",
        "@id": f"{path.stem}/{column.name}",
        "name": column.name,
        "description": meaning(path.stem, column.name),
        "dataType": kind,
        "source": {"fileObject": {"@id": path.name}, "extract": {"column": column.name}},
    }


def meaning(table: str, column: str) -> str:
    """What a column means, or the end of the run."""
    disposition = re.fullmatch(r"d(\d+)", column)
    if disposition:
        return f"latent disposition {disposition[1]}, in standard deviations; no name belongs to it"
    known = MEANING.get(f"{table}.{column}", MEANING.get(column))
    if known is None:
        sys.exit(f"{table}: say in MEANING, in tools/croissant.py, what {column!r} means.")
    return known


def text(folder: Path = TOWN) -> str:
    """The file as it is to stand there."""
    return json.dumps(describe(folder), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit(__doc__)
    (TOWN / "metadata.json").write_bytes(text().encode("utf-8"))
    print(f"{(TOWN / 'metadata.json').relative_to(ROOT)} is written.")
