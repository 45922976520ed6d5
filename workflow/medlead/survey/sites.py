"""The nine case-study sites (report sections 3.1.2, 5.1, 5.1.2 and 5.1.4).

Tables 1, 2, 23, 24 and 25 are laid out from records by `medlead.layout`; here is
what those tables leave out: totals, counts by type, levels and time by role.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from medlead.describe import Row, counts, joined, spread_by
from medlead.evidence import EvidenceClass
from medlead.layout import lay_out
from medlead.writing import plain_number

ITEMS = ("table-01", "table-02", "table-23", "table-24", "table-25")

PROFESSIONS = {
    "interviewed_doctors": "Doctors",
    "interviewed_managers": "Managers",
    "interviewed_nurses": "Nurses",
    "interviewed_psychologists": "Psychologists",
}


def features_added(sites: pd.DataFrame, evidence: EvidenceClass) -> pd.DataFrame:
    """Counts by type, status, region and structure, and the spread of sizes by type."""
    rows: list[Row] = []
    for column, label in {
        "trust_type": "Sites by trust type",
        "foundation": "Sites by foundation status",
        "region": "Sites by region",
        "structure": "Sites by structure",
    }.items():
        rows += counts(sites, column, evidence, label=label)
    for column, label in {
        "budget_million": "Budget (£ million)",
        "staff": "Staff",
        "consultants": "Consultants",
        "board_doctors": "Doctors on the board of directors",
        "management_board_doctors": "Doctors on the management board",
        "units": "Organisational units",
    }.items():
        rows += spread_by(sites, column, "trust_type", evidence, label=label)
    return joined(rows)


def interviews_added(sites: pd.DataFrame, evidence: EvidenceClass) -> pd.DataFrame:
    """Interviews by site, by profession and in all (people, counts)."""
    people = sites[list(PROFESSIONS)].fillna(0).astype(int)
    by_site = people.sum(axis=1)
    rows: list[Row] = [
        (f"Site {site}", "interviews", int(total), str(int(total)), 1, evidence)
        for site, total in zip(sites["site"], by_site, strict=True)
    ]
    for column, name in PROFESSIONS.items():
        total = int(people[column].sum())
        rows.append((name, "interviews", total, str(total), len(sites), evidence))
    total = int(by_site.sum())
    rows.append(("All", "interviews", total, str(total), len(sites), evidence))
    return joined(rows)


def levels_added(sites: pd.DataFrame, roles: pd.DataFrame, evidence: EvidenceClass) -> pd.DataFrame:
    """Levels as stated against levels as listed, and sites by levels and responsible officer."""
    listed = roles.groupby("site")["level_to"].max()
    rows: list[Row] = []
    for site, stated in zip(sites["site"], sites["levels"], strict=True):
        found = int(listed[site])
        rows.append(
            (
                f"Site {site}",
                "levels stated",
                int(stated),
                str(int(stated)),
                1,
                evidence,
            )
        )
        rows.append((f"Site {site}", "levels listed", found, str(found), 1, evidence))
    rows += counts(sites, "levels", evidence, label="Sites by levels stated")
    officers = sites.assign(officer=sites["responsible_officer"].str.capitalize())
    rows += counts(officers, "officer", evidence, label="Sites by responsible officer")
    return joined(rows)


def time_added(roles: pd.DataFrame, evidence: EvidenceClass) -> pd.DataFrame:
    """Programmed activities per post and week by role, and who is paid instead of given time."""
    timed = roles[roles["pa_low"].notna()]
    rows: list[Row] = []
    for role, part in timed.groupby("role", sort=True):
        low, high = float(part["pa_low"].min()), float(part["pa_high"].max())
        rows.append((str(role), "sites", len(part), str(len(part)), len(part), evidence))
        rows.append((str(role), "least time", low, plain_number(low), len(part), evidence))
        rows.append((str(role), "most time", high, plain_number(high), len(part), evidence))
    rows += counts(
        timed.assign(payment=timed["payment"].map({True: "yes", False: "no"})),
        "payment",
        evidence,
        label="Roles paid instead of given time",
    )
    return joined(rows)


def site_tables(
    sites: pd.DataFrame,
    roles: pd.DataFrame,
    layouts: Mapping[str, Any],
    evidence: EvidenceClass,
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """The site tables of the report, and beside each what it leaves out, by item."""
    tables = {item: lay_out(sites, layouts[item], evidence) for item in ITEMS}
    features = features_added(sites, evidence)
    added = {
        "table-01": features,
        "table-02": interviews_added(sites, evidence),
        "table-23": features,
        "table-24": levels_added(sites, roles, evidence),
        "table-25": time_added(roles, evidence),
    }
    return tables, added
