"""The configuration: checked strictly, with messages that show the mend."""

import difflib
from collections.abc import Mapping
from typing import Any

from medlead.sources.messages import Problem, ProblemsFound


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
