"""The configuration: checked strictly, with messages that show the mend."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from medlead.sources.messages import Problem, ProblemsFound

_STUDY = "study"
_TYPES = {
    "object": "keys with their values, as in the config.yaml that comes with medlead",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_PATTERNS = {
    r"\.(csv|tsv|xlsx)$": "the name of a file that ends in .csv, .tsv or .xlsx",
    r"^$|\.(csv|tsv|xlsx)$": 'the name of a file that ends in .csv, .tsv or .xlsx, or ""',
}
# Inputs that a run may do without.
_MAY_LACK = ("mes_norms", "performance")


def check_config(
    config: Mapping[str, Any],
    schema: Mapping[str, Any],
    file: str,
    overlays: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Check a configuration against its schema (JSON Schema 2020-12).

    `file` is the configuration that comes with medlead, `overlays` the content of those that
    were laid over it, by name: a fault is told of the last of them that has the key. Raises
    ProblemsFound with every fault at once: unknown keys with the nearest known one, missing
    keys, values out of range, each with its path.
    """
    from jsonschema import Draft202012Validator

    problems: list[Problem] = []
    comes_with = file
    for error in Draft202012Validator(schema).iter_errors(config):
        keys = list(error.absolute_path)
        path = ".".join(str(p) for p in keys)
        file = _last_with(keys, overlays or {}, comes_with)
        if error.validator == "additionalProperties":
            known = list(error.schema["properties"])
            for key in sorted(set(error.instance) - set(known), key=str):
                near = difflib.get_close_matches(str(key), known, n=1)
                problems.append(
                    Problem(
                        file=_last_with([*keys, key], overlays or {}, comes_with),
                        what=f"unknown key '{_join(path, key)}'",
                        allowed=", ".join(known),
                        mend=f"did you mean '{near[0]}'?" if near else "remove this key",
                    )
                )
        elif error.validator == "required":
            missing = [k for k in error.validator_value if k not in error.instance]
            problems.extend(
                Problem(
                    file=file,
                    what=f"missing key '{_join(path, key)}'",
                    mend=f"copy it from the {Path(comes_with).name} that comes with medlead",
                )
                for key in missing
            )
        else:
            problems.append(
                Problem(
                    file=file,
                    what=f"the value of '{path}' cannot be used",
                    value=str(error.instance),
                    allowed=_allowed(error.validator, error.validator_value),
                    mend=f"change '{path}' in {file}",
                )
            )
    if problems:
        raise ProblemsFound(dict.fromkeys(problems))


def _last_with(keys: Sequence[object], overlays: Mapping[str, Any], else_: str) -> str:
    """The last file whose content has a value under these keys, one below the other."""

    def has(content: object) -> bool:
        for key in keys:
            try:
                content = content[key]  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                return False
        return True

    return next((name for name in reversed([*overlays]) if has(overlays[name])), else_)


def laid_over(files: Sequence[Path]) -> dict[str, Mapping[str, Any]]:
    """The content of each file that is laid over the configuration, by its shown name.

    Raises ProblemsFound as `read_overlay`.
    """
    here = Path.cwd()
    return {
        (f.relative_to(here) if f.is_relative_to(here) else f).as_posix(): read_overlay(f)
        for f in files
    }


def read_overlay(file: Path) -> Mapping[str, Any]:
    """The keys of a configuration that is laid over the one that comes with medlead.

    Raises ProblemsFound where the file is not there, is no YAML (with the line), holds no
    keys, or a key twice: of two, YAML would take the last without a word.
    """
    import yaml

    def stop(what: str, mend: str, row: int | None = None, value: str | None = None) -> None:
        raise ProblemsFound([Problem(file.as_posix(), what, mend, row, None, value)])

    try:
        text = file.read_text(encoding="utf-8-sig")
        tree = yaml.compose(text)
        content = yaml.safe_load(text)
    except OSError as error:
        stop(f"the file cannot be read ({error.strerror})", "check the name for a typing error")
    except UnicodeDecodeError:
        stop("the file is not UTF-8", "save it as UTF-8")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        row = mark.line + 1 if mark else None
        line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
        why = str(getattr(error, "problem", "") or "it cannot be read")
        mend = "look here and in the line above for a wrong indent, a tab, a bracket that is not "
        mend += "closed, or a colon too few; put a text that holds a colon in quotes"
        stop(f"this is no YAML: {why}", mend, row, line.strip() or None)
    if not isinstance(content, Mapping):
        stop("the file holds no keys", "write the keys that change, as in config/README.md")
    for row, key in _twice(tree):
        stop(f"the key '{key}' stands twice", "write all that belongs under it in one place", row)
    return dict(content)


def _twice(node: Any) -> Iterator[tuple[int, str]]:
    """The line and name of every key of a YAML tree that its mapping has already."""
    if getattr(node, "id", "") == "mapping":
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, str(key.value)
            seen.add(key.value)
            yield from _twice(value)
    elif getattr(node, "id", "") == "sequence":
        for value in node.value:
            yield from _twice(value)


def files_named(file: Path) -> dict[str, str]:
    """The file of each input in the configuration that comes with medlead."""
    import yaml

    if not file.is_file():
        return {}
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {name: entry["file"] for name, entry in content["inputs"].items()}


def missing_inputs(
    config: Mapping[str, Any],
    classes: Mapping[str, str],
    files: Sequence[str],
    used: Sequence[str],
    before: Mapping[str, str],
    file: str,
) -> list[Problem]:
    """Inputs that are not in the folder of records.

    `classes` gives the evidence class of each input, empty for one that is not there; `files`
    are those of the folder. The folder of a study need not hold the records of the report: an
    input that is not `used`, and has the file that it had `before` the study's own
    configuration, is no problem.
    """
    folder, problems = config["paths"]["raw"], []
    named: list[Problem] = []
    study = _STUDY in (classes[name] for name in ("survey", "mes_responses", "performance"))
    for name, entry in config["inputs"].items():
        given = entry["file"]
        foreign = study and name not in used and given == before.get(name)
        if classes[name] or foreign or (name in _MAY_LACK and not given):
            continue
        near = difflib.get_close_matches(given, files, n=1)
        mend = f"did you mean '{near[0]}'? Else " if near else ""
        mend += f"put the file into {folder}, or name another in {file} under "
        mend += f"inputs.{name}.file, then run: python -m medlead manifest {folder}"
        if name == "mes_norms" and study:
            mend += '; with file: "" doctors are ranked among those who answered'
        what = f"the input '{name}' of the configuration is not there"
        problems.append(Problem(f"{folder}/{given}", what, mend))
        named += problems[-1:] if given != before.get(name) else []
    # A mistyped name hides that the run is a study, and then all of the report seems to be missing.
    return named if named and not study else problems


def input_problems(
    config: Mapping[str, Any],
    classes: Mapping[str, str],
    files: Sequence[str],
    used: Sequence[str],
    before: Mapping[str, str],
    file: str,
) -> list[Problem]:
    """Inputs that are not there (`missing_inputs`), and that do not go together."""
    missing = missing_inputs(config, classes, files, used, before, file)
    return missing + inputs_at_odds(config, classes, file)


def inputs_at_odds(
    config: Mapping[str, Any], classes: Mapping[str, str], file: str
) -> list[Problem]:
    """Inputs that do not go together, by their evidence classes (empty: not there)."""
    problems: list[Problem] = []
    survey, responses = classes["survey"], classes["mes_responses"]
    solved, norms = config["paths"]["solved"], config["inputs"]["mes_norms"]["file"]
    if solved and survey not in ("", "reconstructed"):
        what = f"'{solved}' tells of rebuilt returns, but inputs.survey is '{survey}'"
        mend = 'under paths, write solved: "" for returns of your own, which leaves that step out'
        problems.append(Problem(file, f"paths.solved: {what}", mend))
    if classes["performance"] not in ("", _STUDY):
        what = f"inputs.performance is '{classes['performance']}', but is read as a study's own"
        mend = f'say `{_STUDY}` in the MANIFEST.csv of the records if it is, or write file: ""'
        problems.append(Problem(file, what, mend))
    if responses in ("", _STUDY) or survey == _STUDY:
        return problems
    if not norms:
        what = f"there is no file, and inputs.mes_responses is '{responses}'"
        mend = "name the norm sample; only responses of your own are ranked among themselves"
        problems.append(Problem(file, f"inputs.mes_norms.file: {what}", mend))
    elif classes["mes_norms"] == _STUDY:
        what = f"these norms are your own, but inputs.mes_responses is '{responses}'"
        mend = "name your responses too, under inputs.mes_responses.file"
        problems.append(Problem(file, f"inputs.mes_norms.file: {what}", mend))
    return problems


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def _allowed(rule: str, value: Any) -> str:
    words = {
        "type": _TYPES.get(str(value), f"a value of type {value}"),
        "minimum": f"at least {value}",
        "maximum": f"at most {value}",
        "exclusiveMinimum": f"above {value}",
        "exclusiveMaximum": f"below {value}",
        "minItems": f"a list of at least {value}",
        "maxItems": f"a list of at most {value}",
        "minLength": "a text that is not empty",
        "pattern": _PATTERNS.get(str(value), f"a text that matches {value}"),
    }
    return words.get(rule, f"{rule}: {value}")
