"""Privacy labels: what a firm says that it takes, in the words of an app store.

The store does not check them: a label is what its maker declared. What was recorded lies in the
traces, and the two can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ethics_lib.tables import COLUMNS, check_name, check_table, concat

__all__ = [
    "BANDS",
    "DATA_TYPES",
    "KIND_TYPES",
    "NOT_COLLECTED",
    "PURPOSES",
    "declare_label",
    "list_taken",
    "privacy_label",
    "undeclared",
]

_CATEGORIES = {
    "Contact Info": "Name EmailAddress PhoneNumber PhysicalAddress OtherUserContactInfo",
    "Health & Fitness": "Health Fitness",
    "Financial Info": "PaymentInfo CreditInfo OtherFinancialInfo",
    "Location": "PreciseLocation CoarseLocation",
    "Sensitive Info": "SensitiveInfo",
    "Contacts": "Contacts",
    "User Content": "EmailsOrTextMessages PhotosorVideos AudioData GameplayContent "
    "CustomerSupport OtherUserContent",
    "Browsing History": "BrowsingHistory",
    "Search History": "SearchHistory",
    "Identifiers": "UserID DeviceID",
    "Purchases": "PurchaseHistory",
    "Usage Data": "ProductInteraction AdvertisingData OtherUsageData",
    "Diagnostics": "CrashData PerformanceData OtherDiagnosticData",
    "Surroundings": "EnvironmentScanning",
    "Body": "Hands Head",
    "Other": "OtherDataTypes",
}

DATA_TYPES: dict[str, str] = {
    name: category for category, names in _CATEGORIES.items() for name in names.split()
}
"""Apple's 35 types of data, and the category of each.

A hashed e-mail address is an ``EmailAddress``. ``SensitiveInfo`` names pregnancy, which Article 9
of the GDPR covers as health only. Names are Apple's, without ``NSPrivacyCollectedDataType`` before
them, and with the spelling of *PhotosorVideos*."""

PURPOSES: dict[str, str] = {
    "ThirdPartyAdvertising": "adverts of other firms, or data for those who show them",
    "DeveloperAdvertising": "the maker's own adverts and marketing",
    "Analytics": "to measure what people do",
    "ProductPersonalization": "to choose what each person sees",
    "AppFunctionality": "to make the thing work",
    "Other": "anything else",
}
"""Apple's six purposes, without ``NSPrivacyCollectedDataTypePurpose`` before them."""

BANDS: dict[str, str] = {
    "DATA_USED_TO_TRACK_YOU": "Data Used to Track You",
    "DATA_LINKED_TO_YOU": "Data Linked to You",
    "DATA_NOT_LINKED_TO_YOU": "Data Not Linked to You",
}
"""The three bands of a store's page, from the top. To track is to link what was collected here
with other firms' data for adverts, or to share it with a broker."""

NOT_COLLECTED = "DATA_NOT_COLLECTED"
"""What stands in place of the bands on the page of a firm that declares nothing."""

KIND_TYPES: dict[str, str] = {
    "like": "ProductInteraction",  # "how the user interacts with the app"
    "visit": "BrowsingHistory",  # "content the user has viewed that is not part of the app"
    "search": "SearchHistory",
    "message": "EmailsOrTextMessages",  # sender and recipient count, not the text alone
    "purchase": "PurchaseHistory",
    "contact": "Contacts",  # "address book, or social graph"
}
"""Which of Apple's types a kind of trace falls under; ours, from Apple's descriptions of each.

A visit to another firm's app is not part of the holder's own, so it counts as browsing too."""


def declare_label(collectors: Iterable[object]) -> pd.DataFrame:
    """Write down what collectors say that they take.

    Parameters
    ----------
    collectors : list of collectors
        Each says it in ``takes()``. One without it, such as a plain function, says nothing.

    Returns
    -------
    DataFrame[holder, source, data_type, purpose, band, of, retention, declared]
        One row a type and purpose; ``declared`` is whether a label named it before.
    """
    said = [collector.takes() for collector in collectors if hasattr(collector, "takes")]
    return check_table(concat(said, "declarations"), "declarations", empty=True)


def list_taken(
    holder: str,
    *,
    source: str,
    types: Iterable[str],
    purposes: Iterable[str],
    band: str,
    of: str = "person",
    retention: float | None = None,
    declared: bool,
) -> pd.DataFrame:
    """List what is taken through one source: each type for each purpose.

    Parameters
    ----------
    holder, source : str
        Who takes it, and through which collector.
    types, purposes : lists of str
        Of `DATA_TYPES` and `PURPOSES`.
    band : str
        One of `BANDS`.
    of : {"person", "others"}
        Whether it is about who gives it, or about people who never gave anything.
    retention : days, optional
        None where no limit is stated.
    declared : bool
        Whether a label named it before it was taken.

    Returns
    -------
    DataFrame of declarations
    """
    types, purposes = list(types), list(purposes)
    for name in types:
        check_name(name, DATA_TYPES, what="type of data")
    for name in purposes:
        check_name(name, PURPOSES, what="purpose of a label")
    check_name(band, BANDS, what="band")
    check_name(of, ["person", "others"], what="of")
    index = pd.MultiIndex.from_product([types, purposes], names=["data_type", "purpose"])
    rows = index.to_frame(index=False).assign(band=band, of=of, declared=declared)
    rows["retention"] = np.nan if retention is None else float(retention)
    return rows.assign(holder=holder, source=source)[list(COLUMNS["declarations"])]


def privacy_label(declarations: pd.DataFrame, *, holder: str) -> pd.DataFrame:
    """Show a firm's label as a store's page does: the worst band first.

    Parameters
    ----------
    declarations : DataFrame
    holder : str

    Returns
    -------
    DataFrame[band, category, data_type, purposes]
        One row a band and type, of what was declared before; ``purposes`` is text. A single row,
        `NOT_COLLECTED`, where nothing was: the table is empty, or all was taken before a label.

    Raises
    ------
    UnknownNameError
        When the table has rows, and none is this holder's.
    """
    check_table(declarations, "declarations", empty=True)
    if len(declarations):
        check_name(holder, declarations["holder"].unique(), what="holder")
    said = declarations[(declarations["holder"] == holder) & declarations["declared"].astype(bool)]
    if said.empty:
        nothing = {"band": NOT_COLLECTED, "category": "", "data_type": "", "purposes": ""}
        return pd.DataFrame([nothing])
    order = {name: place for place, name in enumerate([*BANDS, *DATA_TYPES, *PURPOSES])}
    columns = ["band", "data_type", "purpose"]
    said = said[columns].astype("str").drop_duplicates()
    said = said.sort_values(columns, key=lambda names: names.map(order))
    label = said.groupby(["band", "data_type"], sort=False)["purpose"].agg(", ".join).reset_index()
    label = label.rename(columns={"purpose": "purposes"})
    label.insert(1, "category", label["data_type"].map(DATA_TYPES))
    return label


def undeclared(traces: pd.DataFrame, declarations: pd.DataFrame) -> pd.DataFrame:
    """Find what was recorded and no label named.

    A label speaks for the whole holder: what it names it names for every source.

    Parameters
    ----------
    traces : DataFrame
    declarations : DataFrame
        Rows that were not declared before count as not named.

    Returns
    -------
    DataFrame[holder, source, data_type, n_people]
        Most people first. A kind of trace that `KIND_TYPES` does not know is ``OtherDataTypes``.
    """
    check_table(traces, "traces", empty=True)
    check_table(declarations, "declarations", empty=True)
    named = declarations.loc[declarations["declared"].astype(bool), ["holder", "data_type"]]
    kind = traces["kind"].map(KIND_TYPES).fillna("OtherDataTypes")
    taken = traces[["holder", "source", "person"]].assign(data_type=kind.astype("str"))
    groups = taken.groupby(["holder", "source", "data_type"], observed=True)["person"]
    count = groups.nunique().rename("n_people").reset_index()
    known = pd.MultiIndex.from_frame(named)
    count = count[~pd.MultiIndex.from_frame(count[["holder", "data_type"]]).isin(known)]
    return count.sort_values("n_people", ascending=False, kind="stable", ignore_index=True)
