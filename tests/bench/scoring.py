"""What scoring costs: medlead against a bare columnar script and against row-wise pandas.

Run with `make bench`. All read the same CSV file of responses and the same norm sample, check
the answers, score ten scales and two components, rank every doctor against the norms, and sum
up groups (number, mean, spread; medlead also intervals, bands and the grid). Times begin
after imports, and after the instrument is loaded, which the bare scripts carry in their code.
Rounds are interleaved; machines differ and are noisy, so quote the ratios.

(a) `columnar`: pandas and numpy written out by hand for this one scale, nothing else.
    `polars` is the same with polars, where that is installed (`--also polars`).
(b) `row-wise`: one Python step for each doctor, ranks by scipy's percentileofscore; it is
    run on the smallest size only.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

PROJECT = Path(__file__).resolve().parents[2]
INSTRUMENT = PROJECT / "config" / "instruments" / "mes.yaml"
ITEMS = [f"q{i:02d}" for i in range(1, 31)]
STATEMENTS = [f"b{i}" for i in range(1, 6)]
SUBS = [ITEMS[5 * i : 5 * i + 5] for i in range(6)]
ROW_WISE_AT_MOST = 10_000
SEED = 2013


def write_responses(path: Path, rows: int) -> None:
    """A response file: 50 sites with 5 groups each, one answer in fifty empty."""
    rng = np.random.default_rng(SEED)
    heading = ",".join(["respondent", "site", "group", *ITEMS, *STATEMENTS]) + "\n"
    with path.open("wb") as sink:
        sink.write(heading.encode())
        for low in range(0, rows, 100_000):
            count = min(100_000, rows - low)
            sites, groups = rng.integers(10, 60, count), rng.integers(0, 5, count)
            people = zip(range(low, low + count), sites.tolist(), groups.tolist(), strict=True)
            names = "".join(f"R{i:08d},S{s},Group {g}" for i, s, g in people).encode()
            head = np.frombuffer(names, np.uint8).reshape(count, -1)
            level = rng.normal(3.3, 0.6, (count, 1))
            answers = np.clip(np.rint(level + rng.normal(0, 0.9, (count, 35))), 1, 5)
            tail = np.full((count, 71), ord(","), dtype=np.uint8)
            tail[:, 1::2] = answers + ord("0")
            tail[:, -1] = ord("\n")
            line = np.concatenate([head, tail], axis=1)
            keep = np.ones(line.shape, dtype=bool)
            keep[:, head.shape[1] + 1 : -1 : 2] = rng.random((count, 35)) >= 0.02
            sink.write(line[keep].tobytes())


def write_norms(path: Path) -> None:
    """A norm sample of 5,000 doctors without gaps."""
    rng = np.random.default_rng(SEED + 1)
    answers = np.clip(np.rint(rng.normal(3.3, 1.0, (5000, 30))), 1, 5).astype(int)
    lines = [",".join(ITEMS), *(",".join(map(str, row)) for row in answers)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def medlead(responses: Path, norms: Path) -> Any:
    """The package, from files to groups, sites and the grid."""
    sys.path.insert(0, str(PROJECT / "workflow"))
    import scipy.special  # noqa: F401
    import yaml

    from medlead.engagement.groups import standings, totals_of
    from medlead.engagement.instrument import load_instrument
    from medlead.engagement.norms import read_norms
    from medlead.engagement.responses import read_responses
    from medlead.engagement.scoring import score
    from medlead.engagement.typology import placements

    instrument = load_instrument(yaml.safe_load(INSTRUMENT.read_text(encoding="utf-8")))

    def work() -> float:
        read = read_responses(responses, instrument)
        sample = read_norms(norms, instrument)
        scored = score(read.items, instrument)
        for name in scored.scales:
            sample.percentiles(scored, name)
        sums = totals_of(read, scored, sample, instrument)
        for level in (sums, sums.by_site()):
            table = standings(level, sample, instrument)
            placements(level, sample, instrument)
        return float(table.loc[table["scale"] == "index", "percentile"].sum())

    return work


def scales_of(answers: dict[str, Any], have: Any) -> dict[str, Any]:
    """Scores by hand: the mean of at least three answers, then plain means."""
    scores: dict[str, Any] = {}
    for i, names in enumerate(SUBS, 1):
        total, count = 0.0, 0
        for name in names:
            there = have(answers[name])
            total = total + np.where(there, answers[name], 0)
            count = count + there
        mean = total / np.maximum(count, 1)
        scores[f"sub-{i}"] = np.where(count >= 3, (mean - 1) * 25, np.nan)
    for i in (1, 2, 3):
        scores[f"meta-{i}"] = (scores[f"sub-{2 * i - 1}"] + scores[f"sub-{2 * i}"]) / 2
    scores["index"] = (scores["meta-1"] + scores["meta-2"] + scores["meta-3"]) / 3
    scores["organisational"] = (scores["sub-1"] + scores["sub-3"] + scores["sub-5"]) / 3
    scores["individual"] = (scores["sub-2"] + scores["sub-4"] + scores["sub-6"]) / 3
    return {name: np.round(values, 9) for name, values in scores.items()}


def ranked_and_summed(
    scores: dict[str, Any], sample: dict[str, Any], group: Any, site_of: Any, groups: int
) -> float:
    """Mid-ranks by two searches, then number, mean and spread of each group and site."""
    last = np.zeros(1)
    for name, values in scores.items():
        ordered = np.sort(sample[name])
        below = np.searchsorted(ordered, values, "left")
        rank = 50 * (below + np.searchsorted(ordered, values, "right")) / len(ordered)
        there = ~np.isnan(values)
        rank, value = np.where(there, rank, 0), np.where(there, values, 0)
        n = np.bincount(group, there, groups)
        sums = [np.bincount(group, w, groups) for w in (rank, rank**2, value, value**2)]
        np.sqrt(np.maximum(sums[1] - sums[0] ** 2 / n, 0) / np.maximum(n - 1, 1))
        if name == "index":
            last = np.bincount(site_of, sums[0]) / np.bincount(site_of, n)
    return float(last.sum())


def columnar(responses: Path, norms: Path) -> Any:
    """(a) by pandas and numpy, for this one scale."""
    import pandas as pd

    def work() -> float:
        kinds = {"site": "category", "group": "category"} | dict.fromkeys(ITEMS, "float32")
        frame = pd.read_csv(responses, dtype=kinds | dict.fromkeys(STATEMENTS, "float32"))
        for name in ITEMS + STATEMENTS:
            values = frame[name].to_numpy()
            if ((values < 1) | (values > 5) | (values % 1 != 0))[~np.isnan(values)].any():
                raise SystemExit(f"wrong answers in {name}")
        if frame["respondent"].duplicated().any() or frame[["site", "group"]].isna().any(axis=None):
            raise SystemExit("wrong respondents, sites or groups")
        answers = {name: frame[name].to_numpy() for name in ITEMS}
        sample = pd.read_csv(norms, dtype="float32")
        norm_answers = {name: sample[name].to_numpy() for name in ITEMS}
        in_site = len(frame["group"].cat.categories)
        group = frame["site"].cat.codes.to_numpy().astype(np.int64) * in_site
        group += frame["group"].cat.codes.to_numpy()
        groups = len(frame["site"].cat.categories) * in_site
        return ranked_and_summed(
            scales_of(answers, lambda v: ~np.isnan(v)),
            scales_of(norm_answers, lambda v: ~np.isnan(v)),
            group,
            np.arange(groups) // in_site,
            groups,
        )

    return work


def polars(responses: Path, norms: Path) -> Any:
    """(a) with polars in place of pandas."""
    import polars as pl

    def work() -> float:
        kinds = dict.fromkeys(ITEMS + STATEMENTS, pl.UInt8)
        frame = pl.read_csv(responses, schema_overrides=kinds)
        found = frame.select(pl.col(ITEMS + STATEMENTS).is_between(1, 5).all())
        if not all(found.row(0)) or frame["respondent"].is_duplicated().any():
            raise SystemExit("wrong answers or respondents")
        answers = {name: frame[name].fill_null(0).to_numpy() for name in ITEMS}
        sample = pl.read_csv(norms, schema_overrides=dict.fromkeys(ITEMS, pl.UInt8))
        norm_answers = {name: sample[name].fill_null(0).to_numpy() for name in ITEMS}
        codes = [frame[c].rank("dense").to_numpy().astype(np.int64) - 1 for c in ("site", "group")]
        in_site = int(codes[1].max()) + 1
        group = codes[0] * in_site + codes[1]
        groups = (int(codes[0].max()) + 1) * in_site
        return ranked_and_summed(
            scales_of(answers, lambda v: v > 0),
            scales_of(norm_answers, lambda v: v > 0),
            group,
            np.arange(groups) // in_site,
            groups,
        )

    return work


def row_wise(responses: Path, norms: Path) -> Any:
    """(b) one doctor after the other, ranks by scipy."""
    import pandas as pd
    from scipy.stats import percentileofscore

    def scored(row: Any) -> Any:
        subs = [
            (row[names].mean() - 1) * 25 if row[names].notna().sum() >= 3 else np.nan
            for names in SUBS
        ]
        metas = [(subs[i] + subs[i + 1]) / 2 for i in (0, 2, 4)]
        halves = [sum(subs[0::2]) / 3, sum(subs[1::2]) / 3]
        values = [*subs, *metas, sum(metas) / 3, *halves]
        names = [f"sub-{i}" for i in range(1, 7)] + [f"meta-{i}" for i in (1, 2, 3)]
        return pd.Series(np.round(values, 9), [*names, "index", "organisational", "individual"])

    def work() -> float:
        frame = pd.read_csv(responses)
        for name in ITEMS + STATEMENTS:
            if not frame[name].dropna().isin([1, 2, 3, 4, 5]).all():
                raise SystemExit(f"wrong answers in {name}")
        sample = pd.read_csv(norms).apply(scored, axis=1)
        scores = frame.apply(scored, axis=1)
        ranks = scores.apply(
            lambda column: [
                percentileofscore(sample[column.name], v, kind="mean") if v == v else np.nan
                for v in column
            ]
        )
        ranks[["site", "group"]] = frame[["site", "group"]]
        ranks.groupby(["site", "group"]).agg(["count", "mean", "std"])
        return float(ranks.groupby("site")["index"].mean().sum())

    return work


WAYS = {"medlead": medlead, "columnar": columnar, "polars": polars, "row-wise": row_wise}


def measured(way: str, responses: Path, norms: Path) -> dict[str, float]:
    """Wall and CPU seconds, peak memory in MB and the result of one way in its own process."""
    command = [sys.executable, __file__, "--one", way, str(responses), str(norms)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{way} failed:\n{done.stderr[-3000:]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def peak() -> float:
    """The most memory that this process has held, in MB.

    From the system's own account where there is one: `getrusage` also counts what the
    process that started this one had held.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        if "VmHWM" in lines:
            return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_one(way: str, responses: str, norms: str) -> None:
    """Measure one way in this process, and print what was measured."""
    work = WAYS[way](Path(responses), Path(norms))
    bare = peak()
    start, cpu = time.perf_counter(), time.process_time()
    result = work()
    measures = {
        "wall": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
        "peak": peak(),
        "bare": bare,
        "result": result,
    }
    print(json.dumps(measures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="+", type=float, default=[1e4, 1e5, 1e6, 1e7])
    parser.add_argument("--rounds", type=int, default=3, help="of each size but the largest (1)")
    parser.add_argument("--also", choices=["polars"], nargs="*", default=[])
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        run_one(*given.one)
        return
    with tempfile.TemporaryDirectory() as folder:
        norms = Path(folder) / "norms.csv"
        write_norms(norms)
        for rows in map(int, given.rows):
            responses = Path(folder) / "responses.csv"
            write_responses(responses, rows)
            ways = ["medlead", "columnar", *given.also]
            ways += ["row-wise"] if rows <= ROW_WISE_AT_MOST else []
            found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
            for turn in range(given.rounds if rows < 10_000_000 else 1):
                for way in ways:
                    # The slow one is timed once: its ratio is far from any doubt.
                    if way != "row-wise" or not turn:
                        found[way].append(measured(way, responses, norms))
            results = [m[0]["result"] for m in found.values()]
            if not np.allclose(results, results[0], rtol=1e-9):
                sys.exit(f"the ways differ: {dict(zip(ways, results, strict=True))}")
            print(f"{rows:,} rows, {responses.stat().st_size / 1e6:,.0f} MB")
            own = found["medlead"]
            for way, measures in found.items():
                middle = {k: statistics.median(m[k] for m in measures) for k in measures[0]}
                # The ratio within each round, so that a slow moment of the machine cancels out.
                ratios = {
                    k: statistics.median(o[k] / m[k] for o, m in zip(own, measures, strict=False))
                    for k in ("wall", "cpu")
                }
                shown = f"{ratios['wall']:.3f} of its wall, {ratios['cpu']:.3f} of its CPU"
                print(
                    f"  {way:9} {middle['wall']:8.2f} s wall {middle['cpu']:8.2f} s CPU "
                    f"{middle['peak']:7.0f} MB peak ({middle['bare']:.0f} MB of it imports); "
                    f"medlead takes {shown}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
