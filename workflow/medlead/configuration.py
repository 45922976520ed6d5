"""The configuration: checked strictly, with messages that show the mend."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medlead.sources.messages import Problem, ProblemsFound

_STUDY = "study"


def check_config(config: Mapping[str, Any], schema: Mapping[str, Any], file: str) -> None:
    """Check a configuration against its schema (JSON Schema 2020-12).

    Raises ProblemsFound with every fault at once: unknown keys with the nearest
    known one, missing keys, values out of range, each with its path.
    """
    from jsonschema import Draft202012Validator

    problems: list[Problem] = []
    for error in Draft202012Validator(schema).iter_errors(config):
        path = ".".join(str(p) for p in error.absolute_path)
        if error.validator == "additionalProperties":
            known = list(error.schema["properties"])
            for key in sorted(set(error.instance) - set(known), key=str):
                near = difflib.get_close_matches(str(key), known, n=1)
                problems.append(
                    Problem(
                        file=file,
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
                    mend=f"copy it from the {file.rpartition('/')[2]} that comes with medlead",
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
    study = _STUDY in (classes["survey"], classes["mes_responses"])
    for name, entry in config["inputs"].items():
        given = entry["file"]
        foreign = study and name not in used and given == before.get(name)
        if classes[name] or foreign or (name == "mes_norms" and not given):
            continue
        near = difflib.get_close_matches(given, files, n=1)
        mend = f"did you mean '{near[0]}'? Else " if near else ""
        mend += f"put the file into {folder}, or name another in {file} under "
        mend += f"inputs.{name}.file, then run: python -m medlead manifest {folder}"
        if name == "mes_norms" and study:
            mend += '; with file: "" doctors are ranked among those who answered'
        what = f"the input '{name}' of the configuration is not there"
        problems.append(Problem(f"{folder}/{given}", what, mend))
    return problems


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
        "type": f"a value of type {value}",
        "minimum": f"at least {value}",
        "maximum": f"at most {value}",
        "exclusiveMinimum": f"above {value}",
        "exclusiveMaximum": f"below {value}",
        "minItems": f"a list of at least {value}",
        "maxItems": f"a list of at most {value}",
        "minLength": "a text that is not empty",
        "pattern": f"a text that matches {value}",
    }
    return words.get(rule, f"{rule}: {value}")
