"""Lines about who answers for it: on what ground, for what purpose, with what on paper."""

from __future__ import annotations

from ethics_lib.lines import line
from ethics_lib.tables import SENSITIVE

__all__ = ["no_ground"]


@line(
    "EL-04",
    "No ground, or a legitimate interest that nobody tested",
    claim="They name no reason in law, or say 'legitimate interest' and stop there.",
    sources=[
        "GDPR and UK GDPR Art. 6(1), 5(2); UK Art. 6(1)(ea) and Annex 1 (in force 5 February 2026)",
        "ICO legitimate interests guidance: the three-part test",
        "CJEU C-621/22 KNLTB (4 October 2024); EU law, persuasive in the UK",
    ],
    severity="amber",
    remedy="name a basis; a legitimate interest passes its three-part test before the use starts",
    against="A test on paper changes nothing for the person; what matters is what is done.",
)
def no_ground(uses, decisions):
    """A use without a basis, or with one that cannot carry it, and those on whom it was made."""
    interest = uses["basis"] == "legitimate_interest"
    sensitive = uses["trait"].isin(SENSITIVE)
    untested = interest & ~(uses["lia"] < uses["time"])
    marketing = uses["purpose"] == "direct_marketing"
    red = uses["basis"].isna() | (interest & sensitive)
    red |= (uses["basis"] == "recognised_interest") & marketing
    faulty = uses.assign(severity=red.map({True: "red", False: "amber"}))[red | untested]
    return decisions[["person", "use"]].merge(faulty[["use", "trait", "severity"]])
