"""A small print with one cell of each kind, its verdicts, receipts, records and files."""

from pathlib import Path
from typing import Any

import pandas as pd

from medlead.lineage import CODE, Disk, Entry, Lineage, Step
from medlead.provenance import sha256
from medlead.verdicts.relations import Instance
from medlead.verdicts.trace_evidence import Evidence, Paths
from medlead.verdicts.trace_records import all_rows, rows_by_key

PATHS = Paths("results", "print", "raw", "solved", "instruments")
DECLARED: dict[str, Any] = {
    "places": [
        {
            "rules": ["test"],
            "file": "perf/marks.csv",
            "item_is": "table-02",
            "row": "measure",
            "row_ends": " / stars",
            "column": "scale",
            "shown": ["low", "high"],
            "rests_on": ["cells"],
        },
        {
            "rules": ["copied-record"],
            "file": "tables/{item}.csv",
            "row": "row",
            "column": "column",
            "shown": ["text"],
        },
    ],
    "relations": {
        "rules": ["arithmetic", "against"],
        "file": "verdicts/relations.csv",
        "rests_on": ["published"],
    },
    "records": {},
}
CELLS = """item,row,column,text,kind,section,line
table-01,5,Index (in descending order),62.0,statistic,6.3,10
table-01,5,Index of quality,Good,rating,6.3,10
table-01,12,Index (in descending order),59.0,statistic,6.3,11
table-02,Quality / stars,Index,***,stars,6.3,20
section-4.1,sent,count,179,count,4.1,30
section-4.1,back,count,72,count,4.1,30
section-4.1,back,percent,,percent,4.1,30"""
COPIED = "printed-records,agrees-by-construction,copied-record"
OF_PRINT = "printed-aggregates"
VERDICTS = f"""item,row,column,printed,low,high,rebuilt,evidence,verdict,rule,reason
table-01,5,Index (in descending order),62.0,61.95,62.05,62.0,{COPIED},
table-01,5,Index of quality,Good,,,Good,{COPIED},
table-01,12,Index (in descending order),59.0,58.95,59.05,59.0,{COPIED},
table-02,Quality / stars,Index,***,,,***,printed-aggregates,agrees,test: t of r,
section-4.1,sent,count,179,179,179,,printed-aggregates,not-derivable,,basic-fact
section-4.1,back,count,72,72,72,73,{OF_PRINT},differs,against Section 4.1: sent,conflicts-with-print
section-4.1,back,percent,,,,40.2,printed-aggregates,agrees-by-rounding,arithmetic: nearest,"""
RELATIONS = """relation,instance,kind,items,cells,left,right,outcome,says,evidence
shares,shares[back],share,section-4.1,3,40,40.2,holds,The share follows.,printed-aggregates
sums,sums,total,section-4.1,2,72,73,fails,The parts add up.,printed-aggregates
order,order,descending,section-4.1,2,72 40,,holds,They go down.,printed-aggregates"""
AUDIT = f"""finding,section,line,printed,implied,check,severity,certainty,explanation,evidence
finding-001,4.1,30,72,73,sums; other,major,certain,It does not add up.,printed-aggregates
finding-002,6.3,20,***,**,marks,minor,conditional,"Table 2, Quality / stars, Index: so.",{OF_PRINT}
finding-003,6.3,11,x,y,other,minor,certain,"Table 1, 5, Index of quality, and more.",{OF_PRINT}"""
METHODS = """item,row,column,method,result,match,word,tries,evidence
table-02,Quality / stars,Index,"t of r, two-sided",***,exact,lucky,2,printed-aggregates
table-02,Quality / stars,Index,"t of r, one-sided",**,no,,2,printed-aggregates
"""
CLAIMS = """claim,section,line,statement,verdict,evidence,computed,reason,judgement,rests_on,check
es-02,ES,5,Most sites answered,fails,printed-aggregates,72 of 179,,no,section-4.1,"most(72, 179)"
4.1-03,4.1,31,The marks are many,holds,printed-aggregates,,,yes,table-02,many(x)"""
USED = """claim,kind,item,row,column,where,evidence
es-02,cell,section-4.1,back,count,line 30,printed-aggregates
es-02,cell,section-4.1,sent,count,line 30,printed-aggregates
es-02,frame,perf/marks,,low,measure=Quality,printed-aggregates"""
ITEMS = """item,title,section,line,evidence,scope,reason
table-01,Trusts & ratings,6.3,9,printed-records,in,Copied.
table-02,Marks,6.3,19,printed-aggregates,in,Tested.
figure-05,A picture,6.3,25,printed-aggregates,in,Drawn.
section-4.1,In the text,4.1,30,printed-aggregates,in,Added."""
FILES = {
    "results/tables/table-01.csv": "row,column,value,text,n,evidence\n"
    "5,Index (in descending order),62,62.0,1,printed-records\n"
    "5,Index of quality,Good,Good,1,printed-records\n"
    "12,Index (in descending order),59,59.0,1,printed-records\n",
    "results/perf/marks.csv": "measure,scale,low,high\nQuality,Index,0.1,0.2\nQuality,Index,0.3,\n",
    "results/verdicts/relations.csv": RELATIONS + "\n",
    "results/verdicts/cells.csv": VERDICTS + "\n",
    "raw/trusts.csv": "trust,index\n12,59.0\n5,62.0\n",
    "print/cells.csv": CELLS + "\n",
    "print/relations.yaml": "{}\n",
    "workflow/scripts/compare.py": "from medlead.layer.sums import add\n"
    "write(job.output.tables, add(1))\nwrite(job.output.marks, add(2))\n",
    "workflow/scripts/judge.py": "from medlead.layer.sums import add\n"
    "write(job.output.cells, add(1))\nwrite(job.output.relations, add(1))\n",
    "workflow/medlead/layer/sums.py": "\n\ndef add(frame):\n    pass\n",
    "workflow/rules/all.smk": "rule compare:\n    input: 1\nrule judge:\n    input: 1\n",
}


def frame(text: str) -> pd.DataFrame:
    """A frame of texts from the lines of a CSV file."""
    import io

    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def write_files(root: Path) -> None:
    """The files of this small project."""
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def lineage_of(root: Path) -> Lineage:
    """Two jobs: one that compares the trusts, and one that judges."""

    def entries(**files: str) -> dict[str, Entry]:
        return {f: Entry(sha256(root / f), name) for name, f in files.items()}

    def code(rule: str) -> dict[str, Entry]:
        files = (f"workflow/scripts/{rule}.py", "workflow/medlead/layer/sums.py")
        return {f: Entry(sha256(root / f), CODE) for f in files}

    compare = Step(
        "compare",
        entries(tables="results/tables/table-01.csv", marks="results/perf/marks.csv"),
        entries(raw="raw/trusts.csv", cells="print/cells.csv") | code("compare"),
    )
    judge = Step(
        "judge",
        entries(cells="results/verdicts/cells.csv", relations="results/verdicts/relations.csv"),
        entries(tables="results/tables/table-01.csv")
        | {
            f: Entry(sha256(root / f), "published")
            for f in ("print/cells.csv", "print/relations.yaml")
        }
        | code("judge"),
    )
    steps = {s.rule: s for s in (compare, judge)}
    return Lineage(steps, {f: s for s in steps.values() for f in s.made})


def evidence_of(root: Path, **given: Any) -> Evidence:
    """All that a trace needs of this small project; `given` stands in for parts of it."""
    raw = frame(FILES["raw/trusts.csv"])
    back = [("section-4.1", "back", c) for c in ("count", "percent")]
    sent = ("section-4.1", "sent", "count")
    instances = [
        Instance("shares", "shares[back]", "share", "", (back[1],), (back[0],), (sent,), back[1]),
        Instance("sums", "sums", "total", "", (sent,), (back[0],), (), back[0]),
        Instance("order", "order", "descending", "", tuple(back), ()),
    ]

    def read(file: str) -> pd.DataFrame | None:
        return frame(FILES[file]) if file in FILES else None

    parts: dict[str, Any] = {
        "items": frame(ITEMS),
        "cells": frame(CELLS),
        "paths": PATHS,
        "declared": DECLARED,
        "lineage": given.get("lineage") or lineage_of(root),
        "disk": Disk(root),
        "read": read,
        "instances": instances,
        "verdicts": frame(VERDICTS),
        "relations": frame(RELATIONS),
        "audit": frame(AUDIT),
        "methods": frame(METHODS),
        "claims": frame(CLAIMS),
        "used": frame(USED),
        "records": {
            "raw/trusts.csv": lambda key, _: rows_by_key(raw, "trust", key[1:]) or all_rows(raw)
        },
    }
    return Evidence(**parts | given)
