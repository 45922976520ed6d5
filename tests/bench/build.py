"""What the engine costs: full build against one process, up-to-date run against bare start.

Run with `make bench`. Builds in a scratch copy of the project; prints CPU seconds (user +
system, children included) and wall seconds of each, as median of the rounds, and their
ratios within this run. Machines differ and are noisy: quote ratios.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(
    *(".venv", ".git", ".snakemake", "results", "logs", "benchmarks", "__pycache__", "tests")
)
BUILT = ("results", "logs", "benchmarks")

# Runs the scripts that the engine kept, in one process: the same functions on the same inputs.
ONE_PROCESS = """
import sys
from pathlib import Path
for script in sys.argv[1:]:
    code = compile(Path(script).read_text(encoding="utf-8"), script, "exec")
    exec(code, {"__name__": "__main__", "__file__": script})
"""
BARE = "rule all:\n    input: 'there.txt'\n"


def timed(command: list[str], folder: Path) -> tuple[float, float]:
    """CPU and wall seconds of one command; stops the benchmark where it fails."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    env = os.environ | {"PYTHONPATH": str(folder / "workflow")}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall


def kept_scripts(folder: Path) -> list[str]:
    """The job scripts that the engine left behind, in the order in which it ran them."""
    found = (folder / ".snakemake" / "scripts").glob("*.py")
    return [str(p) for p in sorted(found, key=lambda p: p.stat().st_mtime_ns)]


def clear(folder: Path) -> None:
    """Remove what was built."""
    for name in (*BUILT, ".snakemake"):
        shutil.rmtree(folder / name, ignore_errors=True)


def measure(rounds: int, cores: int) -> dict[str, list[tuple[float, float]]]:
    """CPU and wall seconds of each round for each of the four runs."""
    engine = [sys.executable, "-m", "snakemake", "--cores", str(cores)]
    seen: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        copy, bare = Path(scratch) / "project", Path(scratch) / "bare"
        shutil.copytree(PROJECT, copy, ignore=LEFT_OUT)
        bare.mkdir()
        (bare / "Snakefile").write_text(BARE, encoding="utf-8")
        (bare / "there.txt").touch()
        for number in range(rounds):
            print(f"round {number + 1} of {rounds} ...", flush=True)
            clear(copy)
            build = timed([*engine, "--skip-script-cleanup"], copy)
            seen.setdefault("full build", []).append(build)
            kept = kept_scripts(copy)
            seen.setdefault("up-to-date run", []).append(timed(engine, copy))
            seen.setdefault("bare engine", []).append(timed(engine, bare))
            for name in BUILT:
                shutil.rmtree(copy / name, ignore_errors=True)
            # The engine makes the folders of outputs before a job; here we do.
            (copy / "results").mkdir()
            one = [sys.executable, "-c", ONE_PROCESS, *kept]
            seen.setdefault("one process", []).append(timed(one, copy))
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=4)
    chosen = parser.parse_args()
    seen = measure(chosen.rounds, chosen.cores)
    middle = {
        name: tuple(statistics.median(run[i] for run in runs) for i in (0, 1))
        for name, runs in seen.items()
    }
    print(f"\n{'':18}{'CPU s':>8}{'wall s':>8}   (median of {chosen.rounds})")
    for name, (cpu, wall) in middle.items():
        print(f"{name:18}{cpu:8.2f}{wall:8.2f}")
    for first, second in (("full build", "one process"), ("up-to-date run", "bare engine")):
        print(f"{first} / {second}: {middle[first][0] / middle[second][0]:.2f} (CPU)")


if __name__ == "__main__":
    main()
