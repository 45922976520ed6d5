"""Commands beside the build: `python -m medlead COMMAND`.

`manifest`, `verify`, `headline`, `readme`, `trace`, `template`, `config`, `check`, `claims`.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from medlead.configuration import read_overlay
from medlead.provenance import changed_results, read_receipts
from medlead.sources.manifest import Manifest, write
from medlead.sources.messages import Problem, ProblemsFound, report
from medlead.writing import write_sheet, write_text


def refresh_manifest(folder: Path) -> int:
    """Write the manifest of a folder of raw files anew, after a change that is meant."""
    known = Manifest.read(folder).by_file if (folder / "MANIFEST.csv").exists() else {}
    # A new file is a study's, unless all others of the folder are of one other class.
    classes = {entry.evidence for entry in known.values()}
    manifest = write(folder, *(classes if len(classes) == 1 else ()))
    for name, entry in manifest.by_file.items():
        if name in known and known[name].sha256 != entry.sha256:
            print(
                f"{name} has changed. It is still recorded as {entry.evidence}, '{entry.made_by}':"
            )
            print(f"  if that is no longer true, say so in {folder / 'MANIFEST.csv'}.")
        elif name not in known:
            print(f"{name} is new, recorded as {entry.evidence}.")
    print(f"{folder / 'MANIFEST.csv'}: {len(manifest.entries)} files recorded.")
    return 0


def verify_results(folder: Path) -> int:
    """Compare every built file with the SHA-256 that its job recorded."""
    recorded = read_receipts(folder / "provenance" / "receipts")
    problems = changed_results(recorded, recorded)
    if problems:
        print(report(problems), file=sys.stderr)
        return 1
    print(f"{len(recorded)} built files are as their jobs wrote them.")
    return 0


def headline(folder: Path) -> int:
    """Print the counts by verdict, where any were built, and where the report page is."""
    summary_file = folder / "verdicts" / "summary.json"
    page = (folder / "report" / "index.html").resolve(strict=True)
    # A study with its own returns has no verdicts.
    if summary_file.is_file():
        _print_counts(json.loads(summary_file.read_text(encoding="utf-8")))
    print(f"\nThe report page: {page}")
    return 0


def write_readme(folder: Path, file: Path) -> int:
    """Write the headline counts of the built verdicts into the marked block of the README."""
    from medlead.verdicts.readme import readme_block, with_block

    summary = json.loads((folder / "verdicts" / "summary.json").read_text(encoding="utf-8"))
    text = file.read_text(encoding="utf-8")
    write_text(file, with_block(text, readme_block(summary), file.as_posix()))
    return 0


def check_overlay(file: Path) -> int:
    """Check that a configuration of one's own can be read, before the engine reads it."""
    read_overlay(file)
    return 0


def write_template(file: Path, of: str, instruments: Path) -> int:
    """Write an empty sheet with the columns that responses, norms, returns or performance have.

    `of` is `mes`, `norms`, `survey` or `performance`; the columns are those of the
    instrument's file. A file that is there already stays as it is.
    """
    from medlead.engagement.instrument import load_instrument as load_scale
    from medlead.performance.association_options import load_association_options
    from medlead.performance.intake import performance_columns
    from medlead.sources.inputs import read_scales, read_yaml
    from medlead.survey.instrument import load_instrument

    if file.suffix.lower() not in (".csv", ".xlsx"):
        what = "a sheet is written as .csv or .xlsx"
        raise ProblemsFound([Problem(file.as_posix(), what, "end the name with one of the two")])
    if file.exists():
        what = "there is a file of that name already"
        raise ProblemsFound([Problem(file.as_posix(), what, "give another name")])
    rows = "respondent"
    if of == "survey":
        columns = load_instrument(read_yaml(instruments / "survey.yaml")).columns
        legend = []
    elif of == "performance":
        file_of_options = f"{instruments}/associations.yaml"
        options = load_association_options(read_yaml(file_of_options), file=file_of_options)
        scales = read_scales(instruments / "ratings.yaml").get("performance", {})
        columns, rows = performance_columns(options, scales), "organisation"
        legend = [f"{name}: {scale.allowed}" for name, scale in scales.items()]
    else:
        scale = load_scale(read_yaml(instruments / "mes.yaml"), file=f"{instruments}/mes.yaml")
        columns = scale.columns if of == "mes" else scale.item_names
        legend = [f"{p.value} = {p.label}" for p in scale.points]
    write_sheet(file, columns)
    print(f"{file}: {len(columns)} columns, one row for each {rows}.")
    if of == "performance":
        print("\n".join(legend))
    elif legend:
        print(f"An item is answered by a number ({', '.join(legend)}) or left empty.")
    return 0


def try_check(expression: str, results: Path, published: Path, raw: Path, words: Path) -> int:
    """Evaluate one check of a claim on built results, and print what was found and used."""
    from medlead.verdicts.claim_command import told, tried
    from medlead.verdicts.claim_context import built_context

    print(told(tried(expression, built_context(results, published, raw, words))))
    return 0


def try_claims(
    file: Path, claim: str, results: Path, published: Path, raw: Path, words: Path
) -> int:
    """Evaluate the claims of a file on built results: all in a line each, or one with all used."""
    from medlead.verdicts.claim_command import claims_told
    from medlead.verdicts.claim_context import built_context

    print(claims_told(file, claim, built_context(results, published, raw, words)))
    return 0


def trace_number(names: list[str], as_json: bool, config: Path, results: str) -> int:
    """Print the way of one printed number: print, verdict, result, rule, function, records.

    `names` are an item, a row and a column, a claim, or an item alone. Returns 2 for a name
    that is not there, 1 where the verdicts are not built.
    """
    from medlead.verdicts.trace_names import NotFound
    from medlead.verdicts.trace_reading import inputs_of, paths_of, quick_yaml, read_evidence
    from medlead.verdicts.trace_ways import trace
    from medlead.verdicts.trace_words import words

    chosen = quick_yaml(config)
    evidence = read_evidence(Path(), paths_of(chosen, results), inputs_of(chosen))
    try:
        way = trace(evidence, names)
    except NotFound as unknown:
        print(unknown, file=sys.stderr)
        return 2
    print(json.dumps(way, ensure_ascii=False, indent=2) if as_json else words(way))
    if evidence.verdicts is None:
        what = "No verdicts are there: build first, with `make`; a study of your own has none."
        print(what, file=sys.stderr)
        return 1
    return 0


def _print_counts(summary: Mapping[str, Any]) -> None:
    print(f"\n{summary['cells_total']} printed cells judged:")
    for verdict, count in summary["cells_by_verdict"].items():
        print(f"  {count:5d}  {verdict}")
    print(
        f"{summary['relations_total']} relations within the print tested: "
        f"{summary['relations_holding']} hold, {summary['relations_failing']} fail."
    )
    counts = summary.get("claims_by_verdict", {})
    if counts:
        from medlead.verdicts.readme import claims_counted

        told = claims_counted(counts)
        print(f"{summary['claims_total']:,} sentences of the report judged: {told}.")
    for part in summary.get("answer", [])[:1]:
        print(f"{part['about']} {part['says']}")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="medlead", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, function, default in (
        ("manifest", refresh_manifest, "data/raw"),
        ("verify", verify_results, "results"),
        ("headline", headline, "results"),
    ):
        command = commands.add_parser(name, help=(function.__doc__ or "").splitlines()[0])
        command.add_argument("folder", type=Path, nargs="?", default=Path(default))
        command.set_defaults(function=function)
    trace = commands.add_parser("trace", help=(trace_number.__doc__ or "").splitlines()[0])
    trace.add_argument(
        "names", nargs="+", metavar="NAME", help="ITEM ROW COLUMN, a claim, or an item alone"
    )
    trace.add_argument("--json", action="store_true", dest="as_json", help="print it as JSON")
    trace.add_argument("--config", type=Path, default=Path("config/config.yaml"))
    trace.add_argument("--results", default="", help="the folder of results, if it is another")
    trace.set_defaults(function=trace_number)
    readme = commands.add_parser("readme", help=(write_readme.__doc__ or "").splitlines()[0])
    readme.add_argument("folder", type=Path, nargs="?", default=Path("results"))
    readme.add_argument("--file", type=Path, default=Path("README.md"))
    readme.set_defaults(function=write_readme)
    template = commands.add_parser("template", help=(write_template.__doc__ or "").splitlines()[0])
    template.add_argument(
        "of", choices=("mes", "norms", "survey", "performance"), help="what the sheet is for"
    )
    template.add_argument("file", type=Path, help="where to write it, .csv or .xlsx")
    template.add_argument("--instruments", type=Path, default=Path("config/instruments"))
    template.set_defaults(function=write_template)
    config = commands.add_parser("config", help=(check_overlay.__doc__ or "").splitlines()[0])
    config.add_argument("file", type=Path)
    config.set_defaults(function=check_overlay)
    tries: dict[str, Callable[..., int]] = {"check": try_check, "claims": try_claims}
    for name, trying in tries.items():
        command = commands.add_parser(name, help=(trying.__doc__ or "").splitlines()[0])
        if name == "check":
            command.add_argument("expression", help="the check, in single quotes")
        else:
            command.add_argument("claim", nargs="?", default="", help="one of them; without it all")
            command.add_argument("--file", type=Path, default=Path("data/published/claims.csv"))
        for folder, default in (
            ("results", "results"),
            ("published", "data/published"),
            ("raw", "data/raw"),
            ("words", "config/instruments/words.yaml"),
        ):
            command.add_argument(f"--{folder}", type=Path, default=Path(default))
        command.set_defaults(function=trying)
    given = vars(parser.parse_args(arguments))
    function = given.pop("function")
    try:
        return int(function(**given))
    except ProblemsFound as found:
        print(found, file=sys.stderr)
    except FileNotFoundError as missing:
        print(f"{missing.filename} is not there yet: build first.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
