"""What the general step costs: medlead against a plain loop over scipy, and pingouin.

Run with `make bench`. Ten scores by eight ratings of thirty organisations, with gaps: 80 cells,
each by Pearson's, Spearman's and Kendall's coefficient over the same orderings (permutation test)
and the same resamples (bootstrap). Times begin after imports.

- `scipy` calls `pearsonr`, `spearmanr` or `kendalltau` once for each resample. All resamples would
  take most of an hour, so it runs on the first `--cells` and `--loops`, and its time is told for
  all by proportion. It gets the very orderings and resamples of medlead, and has to give the same
  coefficients.
- `scipy-vectorised` gives `stats.permutation_test` and `stats.bootstrap` (BCa) a vectorised
  Pearson's r for each cell, with as many resamples of its own.
- `pingouin` (`--also pingouin`, where it is installed; it is no dependency) has no permutation
  test of a coefficient: `compute_bootci` with as many resamples (percentiles, no BCa), and
  `corr` for coefficients and p, which have to be medlead's.
"""

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "workflow"))
SEED = 2013
N, SCORES, MEASURES = 30, 10, 8
AGREE = 1e-10


def organisations() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores that go together, ratings of four levels; every other measure has gaps."""
    rng = np.random.default_rng(SEED)
    labels = [f"T{i:02d}" for i in range(N)]
    level = rng.normal(size=(N, 1))
    scores = 55 + 5 * (0.8 * level + 0.6 * rng.normal(size=(N, SCORES)))
    leaning = 0.6 * level + 0.8 * rng.normal(size=(N, MEASURES))
    rated = np.clip(np.round(2.5 + leaning), 1, 4)
    x = pd.DataFrame(scores.round(1), labels, [f"s{i}" for i in range(SCORES)])
    y = pd.DataFrame(rated, labels, [f"m{i}" for i in range(MEASURES)])
    for place in range(1, MEASURES, 2):
        y.iloc[rng.choice(N, 5, replace=False), place] = np.nan
    return x, y


def medlead(resamples: int) -> Any:
    """Everything that `associate` gives, corrections and max-T apart."""
    import statsmodels.stats.multitest  # noqa: F401

    from medlead.performance.association_options import AssociationOptions
    from medlead.performance.associations import associate

    x, y = organisations()
    options = AssociationOptions(bootstrap=resamples, adjusted="analytic")
    return lambda: associate(x, y, options, seed=SEED, permutations=resamples)


def drawn(labels: pd.Index, resamples: int) -> tuple[Any, Any]:
    """The orderings and the resamples that medlead draws for these organisations."""
    from medlead.performance.associations import stream
    from medlead.performance.resampling import orderings

    index = orderings(len(labels), resamples, stream(SEED, "orderings", labels)).index
    picks = stream(SEED, "bootstrap", labels).integers(len(labels), size=(resamples, len(labels)))
    return index, picks


def pairs(cells: int) -> list[tuple[str, str, pd.DataFrame]]:
    """Cells in turn over the measures, so that a few of them have gaps too."""
    x, y = organisations()
    names = [(s, m) for s in x for m in y][: cells or None]
    return [(s, m, pd.concat([x[s], y[m]], axis=1).dropna()) for s, m in names]


def scipy_loop(resamples: int, cells: int, loops: int) -> Any:
    """One call for each resample."""
    from scipy import stats

    calls = (stats.pearsonr, stats.spearmanr, stats.kendalltau)

    def work() -> list[Any]:
        found = []
        for _, _, pair in pairs(cells):
            u, v = pair.to_numpy().T
            index, picks = drawn(pair.index, resamples)
            for call in calls:
                found.append([call(u, v[o]).statistic for o in index[:loops]])
                found.append([call(u[p], v[p]).statistic for p in picks[:loops]])
        return found

    return work


def scipy_vectorised(resamples: int) -> Any:
    """Scipy's own resampling of Pearson's r, vectorised, cell by cell."""
    from scipy import stats

    def r(u: Any, v: Any, axis: int = -1) -> Any:
        return stats.pearsonr(u, v, axis=axis).statistic

    def work() -> list[Any]:
        rng = np.random.default_rng(SEED)
        for _, _, pair in pairs(0):
            u, v = pair.to_numpy().T
            stats.permutation_test(
                (v,),
                lambda moved, axis, u=u: r(np.broadcast_to(u, moved.shape), moved, axis),
                permutation_type="pairings",
                n_resamples=resamples,
                vectorized=True,
                rng=rng,
            )
            stats.bootstrap((u, v), r, paired=True, n_resamples=resamples, rng=rng)
        return []

    return work


def pingouin(resamples: int, cells: int) -> Any:
    """Its bootstrap, and its coefficients with p."""
    import pingouin as pg
    from scipy import stats

    functions = ("pearson", "spearman", lambda u, v: stats.kendalltau(u, v).statistic)

    def work() -> list[Any]:
        found = []
        for _, _, pair in pairs(cells):
            u, v = pair.to_numpy().T
            for method, function in zip(("pearson", "spearman", "kendall"), functions, strict=True):
                row = pg.corr(u, v, method=method)
                p = next(c for c in row.columns if c.replace("_", "-") in ("p-val", "p-unc"))
                found.append([float(row["r"].iloc[0]), float(row[p].iloc[0])])
                pg.compute_bootci(u, v, func=function, paired=True, n_boot=resamples, seed=SEED)
        return found

    return work


def peak() -> float:
    """The most memory that this process has held, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        if "VmHWM" in lines:
            return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_one(way: str, resamples: int, cells: int, loops: int) -> None:
    """Measure one way in this process, and print what was measured."""
    work = {
        "medlead": lambda: medlead(resamples),
        "scipy": lambda: scipy_loop(resamples, cells, loops),
        "scipy-vectorised": lambda: scipy_vectorised(resamples),
        "pingouin": lambda: pingouin(resamples, cells),
    }[way]()
    bare, start, cpu = peak(), time.perf_counter(), time.process_time()
    result = work()
    spent = {"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    if way == "medlead":
        result = result[["estimate", "p_analytic"]].to_numpy().tolist()
    print(json.dumps(spent | {"peak": peak(), "bare": bare, "result": result}))


def measured(way: str, *numbers: int) -> dict[str, Any]:
    """One way in its own process."""
    command = [sys.executable, __file__, "--one", way, *map(str, numbers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{way} failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def difference(result: list[Any], resamples: int, cells: int, loops: int) -> float:
    """The largest difference between scipy's coefficients and medlead's on the same resamples."""
    from medlead.performance.vectorised import COEFFICIENTS, permuted, resampled

    worst, place = 0.0, 0
    for _, _, pair in pairs(cells):
        x, y = (column[:, None] for column in pair.to_numpy().T)
        index, picks = drawn(pair.index, resamples)
        for name in COEFFICIENTS:
            for way, rows in ((permuted, index), (resampled, picks)):
                own = np.concatenate(list(way(name, x, y, rows[:loops]))).ravel()
                other = np.array(result[place], dtype=float)
                if (np.isnan(own) != np.isnan(other)).any():
                    sys.exit(f"{name}: the ways differ in which resamples have a coefficient")
                worst = max(worst, float(np.nanmax(np.abs(own - other))))
                place += 1
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resamples", type=int, default=9999)
    parser.add_argument("--cells", type=int, default=4, help="cells that the slow ways run on")
    parser.add_argument("--loops", type=int, default=500, help="resamples that scipy's loop runs")
    parser.add_argument("--also", choices=["pingouin", "scipy-vectorised"], nargs="*", default=[])
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        run_one(given.one[0], *map(int, given.one[1:]))
        return
    every = SCORES * MEASURES
    print(f"{every} cells, n = {N} with gaps, {given.resamples:,} orderings and resamples each")
    own = measured("medlead", given.resamples, 0, 0)
    report("medlead", own, 1, own)
    few = (given.resamples, given.cells, given.loops)
    loop = measured("scipy", *few)
    share = every / given.cells * given.resamples / given.loops
    report("scipy", loop, share, own, f"from {given.cells} cells, {given.loops} resamples")
    worst = difference(loop["result"], *few)
    print(f"  on the same resamples medlead and scipy differ by at most {worst:.1e}")
    if not worst <= AGREE:
        sys.exit(f"that is more than {AGREE:g}")
    for way in given.also:
        if importlib.util.find_spec(way.partition("-")[0]) is None:
            print(f"  {way} is not installed, and left out")
            continue
        cells = given.cells if way == "pingouin" else every
        found = measured(way, given.resamples, cells, 0)
        what = "bootstrap only" if way == "pingouin" else "Pearson only"
        report(way, found, every / cells, own, f"{what}, from {cells} cells")
        if way == "pingouin":
            pairs_of = np.array(found["result"])
            worst = float(np.abs(pairs_of - np.array(own["result"])[: len(pairs_of)]).max())
            print(f"  medlead's coefficients and p differ from pingouin's by at most {worst:.1e}")


def report(
    way: str, found: dict[str, Any], share: float, own: dict[str, Any], note: str = ""
) -> None:
    """One line: seconds for all cells and resamples, memory, and how much faster medlead is."""
    wall, cpu = (found[k] * share for k in ("wall", "cpu"))
    line = f"  {way:16} {wall:9.2f} s wall {cpu:9.2f} s CPU {found['peak']:6.0f} MB peak "
    line += f"({found['bare']:.0f} MB of it imports)"
    if found is not own:
        line += f"; medlead is {wall / own['wall']:.0f} times as fast (CPU {cpu / own['cpu']:.0f})"
    print(line + (f"; {note}" if note else ""), flush=True)


if __name__ == "__main__":
    main()
