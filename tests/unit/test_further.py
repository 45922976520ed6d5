"""What the page shows with an item beyond the report (config/instruments/further.yaml)."""

from pathlib import Path

import pytest
import yaml

from medlead.present.further import read_further
from medlead.sources.messages import ProblemsFound

CONFIG = Path(__file__).resolve().parents[2] / "config" / "instruments" / "further.yaml"
SAYS = "about,says,evidence\nspread,It is less.,printed-records\npower,It is low.,simulated\n"


@pytest.fixture
def built(tmp_path: Path) -> list[str]:
    """A picture with its parts, its data under the same name, and one file of sentences."""
    for name, text in (
        ("ends.svg", "<svg/>"),
        ("ends.txt", "Two ends.\n"),
        ("ends.csv", "x\n1\n"),
        ("ends-words.csv", SAYS),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [str(tmp_path / n) for n in ("ends.svg", "ends.txt", "ends.csv", "ends-words.csv")]


def declared(tmp_path: Path, content: object) -> Path:
    file = tmp_path / "further.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


def test_sentences_keep_their_order_and_class_and_pictures_their_alternative(tmp_path, built):
    what = {"title": "The ends", "pictures": ["ends"], "says": ["ends-words"]}
    found = read_further(declared(tmp_path, {"table-27": what}), built)["table-27"]
    assert found.title == "The ends"
    assert found.pictures == (("<svg/>", "Two ends."),)
    assert [(s.about, s.says, s.badge.name) for s in found.sentences] == [
        ("spread", "It is less.", "printed-records"),
        ("power", "It is low.", "simulated"),
    ]


def test_nothing_declared_is_nothing_shown(tmp_path, built):
    assert read_further(declared(tmp_path, None), built) == {}


def test_all_faults_are_told_at_once(tmp_path, built):
    wrong = {
        "table-27": {"title": "The ends", "pictures": ["middle"], "says": ["ends"]},
        "table-28": {"says": [], "colour": "red"},
    }
    with pytest.raises(ProblemsFound) as caught:
        read_further(declared(tmp_path, wrong), built)
    told = str(caught.value)
    assert len(caught.value.problems) == 4
    # The data behind a picture has its name, and is no file of sentences.
    for part in (
        "names 'middle'",
        "take one of: ends\n",
        "names 'ends'",
        "take one of: ends-words",
    ):
        assert part in told + "\n"
    assert "unknown key 'colour'" in told
    assert "table-28: title is not given" in told


def test_what_is_declared_for_the_report_has_titles_and_known_keys():
    for item, what in yaml.safe_load(CONFIG.read_text(encoding="utf-8")).items():
        assert item.startswith(("table-", "figure-"))
        assert what["title"]
        assert what.get("pictures") or what.get("says")
