"""The configuration is checked whole, and every message shows the mend."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from medlead.configuration import check_config, inputs_at_odds, missing_inputs, read_overlay
from medlead.plan import prepare
from medlead.sources.manifest import write
from medlead.sources.messages import ProblemsFound

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text(encoding="utf-8"))
FILE = "config.yaml"


@pytest.fixture
def config() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    return copy.deepcopy(loaded)


def problems(config: dict[str, Any]) -> list[Any]:
    with pytest.raises(ProblemsFound) as found:
        check_config(config, SCHEMA, FILE)
    return list(found.value.problems)


def test_the_configuration_that_comes_with_medlead_passes(config: dict[str, Any]) -> None:
    check_config(config, SCHEMA, FILE)


def test_every_key_is_required_and_no_other_allowed() -> None:
    def objects(schema: dict[str, Any]) -> list[dict[str, Any]]:
        inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
        own = [schema] if schema.get("type") == "object" else []
        return own + [o for s in inner for o in objects(s)]

    found = objects(SCHEMA)
    assert len(found) > 3
    for schema in found:
        assert schema["additionalProperties"] is False
        assert set(schema["required"]) == set(schema["properties"])


def test_an_unknown_key_is_shown_with_the_nearest_known_one(config: dict[str, Any]) -> None:
    config["analysis"]["permutation"] = config["analysis"].pop("permutations")
    config["weather"] = "red"
    found = {p.what: p for p in problems(config)}
    assert found["unknown key 'analysis.permutation'"].mend == "did you mean 'permutations'?"
    assert found["unknown key 'weather'"].mend == "remove this key"
    assert "study" in found["unknown key 'weather'"].allowed
    assert "missing key 'analysis.permutations'" in found
    assert len(found) == 3


def test_keys_that_are_no_text_are_named_too(config: dict[str, Any]) -> None:
    config["analysis"][5] = 1
    config["analysis"]["five"] = 1
    config["analysis"][None] = 1
    assert {p.what for p in problems(config)} == {
        "unknown key 'analysis.5'",
        "unknown key 'analysis.five'",
        "unknown key 'analysis.None'",
    }


def test_every_missing_key_is_told_once(config: dict[str, Any]) -> None:
    del config["study"], config["seed"], config["inputs"]["sites"]["file"]
    assert sorted(p.what for p in problems(config)) == [
        "missing key 'inputs.sites.file'",
        "missing key 'seed'",
        "missing key 'study'",
    ]


def _set(*path: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    def change(config: Any) -> None:
        for step in path[:-1]:
            config = config[step]
        config[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "place", "allowed"),
    [
        (_set("seed", to="2013"), "seed", "a whole number"),
        (_set("seed", to=-1), "seed", "at least 0"),
        (_set("seed", to=True), "seed", "a whole number"),
        (_set("analysis", "alpha", to=1), "analysis.alpha", "below 1"),
        (_set("analysis", "alpha", to=0), "analysis.alpha", "above 0"),
        (_set("analysis", "permutations", to=9), "analysis.permutations", "at least 99"),
        (
            _set("analysis", "star_thresholds", to=[0.05]),
            "analysis.star_thresholds",
            "a list of at least 3",
        ),
        (
            _set("analysis", "star_thresholds", 1, to=2),
            "analysis.star_thresholds.1",
            "below 1",
        ),
        (_set("study", "title", to=""), "study.title", "a text that is not empty"),
        (_set("study", to=None), "study", "keys with their values"),
        (
            _set("inputs", "sites", "file", to="x.xls"),
            "inputs.sites.file",
            "the name of a file that ends in .csv",
        ),
    ],
)
def test_a_value_that_cannot_be_used_is_shown_with_what_can(
    config: dict[str, Any],
    change: Callable[[dict[str, Any]], None],
    place: str,
    allowed: str,
) -> None:
    change(config)
    (problem,) = problems(config)
    assert problem.file == FILE
    assert f"'{place}'" in problem.what
    assert problem.allowed.startswith(allowed)
    assert place in problem.mend


def test_the_start_stops_on_configuration_records_and_missing_inputs(
    config: dict[str, Any], tmp_path: Path
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for entry in filter(lambda entry: entry["file"], config["inputs"].values()):
        (raw / entry["file"]).write_text("a\n1\n", encoding="utf-8")
    config["paths"]["raw"] = str(raw)
    write(raw)
    with pytest.raises(ProblemsFound, match=r"inputs\.survey is 'study'") as found:
        prepare(config, ROOT)
    assert 'write solved: ""' in str(found.value)
    config["paths"]["solved"] = ""
    plan = prepare(config, ROOT)
    assert plan.raw("sites") == [f"{raw}/{config['inputs']['sites']['file']}"]

    absent = copy.deepcopy(config)
    absent["inputs"]["sites"]["file"] = "elsewhere.csv"
    with pytest.raises(ProblemsFound, match=r"input 'sites' of the configuration is not there"):
        prepare(absent, ROOT)

    (raw / config["inputs"]["sites"]["file"]).write_text("a\n2\n", encoding="utf-8")
    with pytest.raises(ProblemsFound, match="not the one that was recorded"):
        prepare(config, ROOT)

    # Faults of the configuration come first: the rest may rest on them.
    config["seed"] = "x"
    with pytest.raises(ProblemsFound, match="'seed'") as found:
        prepare(config, ROOT)
    assert len(found.value.problems) == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("tables: {table-1: {}, table-2: {}}", ""),
        ("tables: {table-1: {}", "cannot be read"),
        ("tabels: {table-1: {}}", "declares nothing under 'tables'"),
        ("tables:", "declares nothing under 'tables'"),
        ("- table-1", "declares nothing under 'tables'"),
        (None, "cannot be read"),
    ],
)
def test_the_start_stops_where_rules_would_find_no_names(
    config: dict[str, Any], tmp_path: Path, content: str | None, expected: str
) -> None:
    if content is not None:
        (tmp_path / "tables.yaml").write_text(content, encoding="utf-8")
    for name in ("figures.yaml", "engagement_figures.yaml"):
        (tmp_path / name).write_text("figures: [{figure: figure-1}]", encoding="utf-8")
    (tmp_path / "mes_tables.yaml").write_text("tables: [{item: table-26}]", encoding="utf-8")
    config["paths"]["instruments"] = str(tmp_path)
    config["paths"]["raw"] = str(ROOT / "data" / "raw")
    if not expected:
        assert prepare(config, ROOT).declared("tables.yaml", "tables") == ["table-1", "table-2"]
        return
    with pytest.raises(ProblemsFound, match=expected) as found:
        prepare(config, ROOT)
    assert "tables.yaml" in str(found.value)


@pytest.mark.parametrize("content", ["figures: {figure-1: {}}", "figures: [{name: figure-1}]"])
def test_names_in_a_list_stand_under_their_key(
    config: dict[str, Any], tmp_path: Path, content: str
) -> None:
    (tmp_path / "tables.yaml").write_text("tables: {table-1: {}}", encoding="utf-8")
    (tmp_path / "figures.yaml").write_text(content, encoding="utf-8")
    config["paths"]["instruments"] = str(tmp_path)
    config["paths"]["raw"] = str(ROOT / "data" / "raw")
    with pytest.raises(ProblemsFound, match="each with 'figure:'"):
        prepare(config, ROOT)


# --- a study's own records -------------------------------------------------------------------


CLASSES = {
    "survey": "reconstructed",
    "sites": "printed-records",
    "site_roles": "printed-records",
    "trust_engagement": "printed-records",
    "site_performance": "printed-records",
    "site_self_ratings": "printed-records",
    "mes_responses": "simulated",
    "mes_norms": "simulated",
    "performance": "",
}


def at_odds(config: dict[str, Any], **classes: str) -> list[str]:
    return [p.what for p in inputs_at_odds(config, {**CLASSES, **classes}, "ours.yaml")]


def test_inputs_that_go_together_and_those_that_do_not(config: dict[str, Any]) -> None:
    assert not at_odds(config)
    assert not at_odds(config, mes_responses="study")
    assert not at_odds(config, mes_responses="study", mes_norms="study", survey="")
    (norms,) = at_odds(config, mes_norms="study")
    assert "these norms are your own, but inputs.mes_responses is 'simulated'" in norms
    (solved,) = at_odds(config, survey="study", mes_responses="study")
    assert solved.startswith("paths.solved:")
    config["inputs"]["mes_norms"]["file"] = ""
    assert not at_odds(config, mes_responses="study", mes_norms="study")
    (none,) = at_odds(config)
    assert "there is no file" in none


def test_performance_is_a_studys_own_or_left_out(config: dict[str, Any]) -> None:
    assert not at_odds(config, performance="study")
    (foreign,) = at_odds(config, performance="simulated")
    assert foreign == "inputs.performance is 'simulated', but is read as a study's own"
    # It is a study by that file alone: nothing else need be there.
    before = {name: entry["file"] for name, entry in config["inputs"].items()}
    config["inputs"]["performance"]["file"] = "ratings.csv"
    classes = dict.fromkeys(CLASSES, "") | {"performance": "study"}
    assert not missing_inputs(config, classes, [], ["performance"], before, "c.yaml")
    (gone,) = missing_inputs(config, CLASSES, [], ["performance"], before, "c.yaml")
    assert "'performance'" in gone.what


def test_a_study_names_only_what_it_has(config: dict[str, Any]) -> None:
    before = {name: entry["file"] for name, entry in config["inputs"].items()}
    config["inputs"]["mes_responses"]["file"] = "ours.csv"
    classes = dict.fromkeys(CLASSES, "") | {"mes_responses": "study"}
    used = ["mes_responses", "mes_norms"]

    def missing() -> list[str]:
        found = missing_inputs(config, classes, ["ours.csv", "returns.csv"], used, before, "c.yaml")
        return [f"{p.file} {p.mend}" for p in found]

    (norms,) = missing()
    assert 'with file: "" doctors are ranked among those who answered' in norms
    config["inputs"]["mes_norms"]["file"] = ""
    assert not missing()
    # What it names itself must be there.
    config["inputs"]["survey"]["file"] = "retruns.csv"
    (survey,) = missing()
    assert "retruns.csv did you mean 'returns.csv'?" in survey


def test_the_report_needs_every_input(config: dict[str, Any]) -> None:
    before = {name: entry["file"] for name, entry in config["inputs"].items()}
    found = missing_inputs(config, {**CLASSES, "sites": ""}, [], list(CLASSES), before, "c.yaml")
    assert [p.what for p in found] == ["the input 'sites' of the configuration is not there"]


# --- a configuration of one's own ---------------------------------------------------------------


def test_a_fault_is_told_of_the_file_that_has_it(config: dict[str, Any], tmp_path: Path) -> None:
    ours, more = tmp_path / "ours.yaml", tmp_path / "more.yaml"
    ours.write_text("seed: x\ndisclosure: {smallest_group: five}\n", encoding="utf-8")
    more.write_text("disclosure: {smallest_group: 0}\nstudi: {}\n", encoding="utf-8")
    config |= {"seed": "x", "studi": {}}
    config["disclosure"]["smallest_group"] = 0
    config["analysis"]["alpha"] = 2
    del config["study"]["title"]
    with pytest.raises(ProblemsFound) as found:
        prepare(config, ROOT, overlays=[ours, more])
    told = {(Path(p.file).name, p.what.split("'")[1]) for p in found.value.problems}
    assert told == {
        ("ours.yaml", "seed"),
        ("more.yaml", "disclosure.smallest_group"),
        ("more.yaml", "studi"),
        ("config.yaml", "analysis.alpha"),
        ("config.yaml", "study.title"),
    }


@pytest.mark.parametrize(
    ("text", "row", "told"),
    [
        ("study: {title: Ours: the second}\n", 1, "this is no YAML"),
        ("a: 1\ninputs:\n\tb: 2\n", 3, "this is no YAML"),
        ("a:\n  b: 1\n c: 2\n", 3, "this is no YAML"),
        ("inputs:\n  a: 1\nseed: 2\ninputs: {}\n", 4, "the key 'inputs' stands twice"),
        ("inputs:\n  - {a: 1, a: 2}\n", 2, "the key 'a' stands twice"),
        ("", None, "the file holds no keys"),
        ("- study\n", None, "the file holds no keys"),
        (None, None, "the file cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_line(
    tmp_path: Path, text: str | None, row: int | None, told: str
) -> None:
    file = tmp_path / "ours.yaml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(ProblemsFound) as found:
        read_overlay(file)
    (problem,) = found.value.problems
    assert (problem.file, problem.row) == (file.as_posix(), row)
    assert problem.what.startswith(told)


def test_a_file_that_can_be_read_gives_its_keys(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text("\ufeffseed: 4\nstudy: {title: 'Ours: the second'}\n", encoding="utf-8")
    assert read_overlay(file) == {"seed": 4, "study": {"title": "Ours: the second"}}


def test_a_mistyped_name_is_told_alone(config: dict[str, Any]) -> None:
    """Responses that are not found are of no class, so the run seems to be of the report."""
    before = {name: entry["file"] for name, entry in config["inputs"].items()}
    config["inputs"]["mes_responses"]["file"] = "anwsers.csv"
    classes = dict.fromkeys(CLASSES, "")
    found = missing_inputs(config, classes, ["answers.csv"], list(CLASSES), before, "c.yaml")
    assert [p.file.rpartition("/")[2] for p in found] == ["anwsers.csv"]
    assert "did you mean 'answers.csv'?" in found[0].mend
