"""Files: whole or not at all, the same bytes for the same values, and read back unchanged."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medlead.writing import plain_number, read_csv, write_bytes, write_csv, write_json, write_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.3333333333"),
        (-2.5, "-2.5"),
        (9999999999.0, "9999999999"),
        (100.0, "100"),
        (1e-300, "1e-300"),
        (5e-324, "4.940656458e-324"),
        (1e22, "1e+22"),
        (math.nan, ""),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
    ],
)
def test_plain_numbers(value: float, text: str) -> None:
    assert plain_number(value) == text


@given(st.floats(min_value=-1e300, max_value=1e300))
def test_ten_digits_survive_and_are_stable(value: float) -> None:
    text = plain_number(value)
    assert math.isclose(float(text), value, rel_tol=1e-9, abs_tol=0.0) or value == float(text)
    assert plain_number(float(text)) == text


@given(st.floats(min_value=1e-3, max_value=1e6), st.floats(-2e-11, 2e-11))
def test_noise_of_another_processor_moves_at_most_the_last_digit(
    value: float, noise: float
) -> None:
    a, b = float(plain_number(value)), float(plain_number(value * (1 + noise)))
    assert abs(a - b) <= 1.1e-9 * max(a, b)


def test_a_failed_write_leaves_the_old_file_and_no_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "deep" / "result.csv"
    write_text(target, "old\n")

    def fail(self: Path, other: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_bytes(target, b"new\n")
    assert target.read_bytes() == b"old\n"
    assert [p.name for p in target.parent.iterdir()] == ["result.csv"]


def test_text_has_unix_line_ends_and_is_utf8(tmp_path: Path) -> None:
    write_text(tmp_path / "t.txt", "a\r\nb – £\n")
    assert (tmp_path / "t.txt").read_bytes() == "a\nb – £\n".encode()


def test_written_files_can_be_read_by_others(tmp_path: Path) -> None:
    write_text(tmp_path / "t.txt", "x")
    assert (tmp_path / "t.txt").stat().st_mode & 0o777 == 0o644


def test_json_is_sorted_and_refuses_what_json_lacks(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": "£", "a": [1, None]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text.index('"a"') < text.index('"b"')
    assert "£" in text
    assert text.endswith("}\n")
    assert json.loads(text) == {"a": [1, None], "b": "£"}
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "b.json", {"x": math.nan})
    assert not (tmp_path / "b.json").exists()


def test_csv_numbers_missing_values_and_kinds_of_column(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "float": [0.1 + 0.2, np.nan, -0.0],
            "nullable": pd.array([1.5, pd.NA, 2.0], dtype="Float64"),
            "whole": pd.array([1, pd.NA, 3], dtype="Int64"),
            "mixed": pd.Series([1 / 3, "text", None], dtype=object),
            "flag": [True, False, True],
        }
    )
    before = frame.copy(deep=True)
    write_csv(tmp_path / "f.csv", frame)
    assert (tmp_path / "f.csv").read_text(encoding="utf-8").splitlines() == [
        "float,nullable,whole,mixed,flag",
        "0.3,1.5,1,0.3333333333,True",
        ",,,text,False",
        "0,2,3,,True",
    ]
    pd.testing.assert_frame_equal(frame, before)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\x00", exclude_categories=["Cs"]),
    max_size=12,
)


@settings(deadline=None)  # a slow machine is no failure
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
def test_text_comes_back_letter_for_letter(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    frame = pd.DataFrame(rows, columns=["row", "naïve – £"])
    write_csv(path, frame)
    back = read_csv(path)
    assert list(back.columns) == list(frame.columns)
    assert [tuple(r) for r in back.to_numpy()] == rows


def test_words_that_look_missing_stay_words(tmp_path: Path) -> None:
    words = ["NA", "N/A", "None", "nan", "null", "", "007", "1e5"]
    write_csv(tmp_path / "w.csv", pd.DataFrame({"w": words}))
    assert read_csv(tmp_path / "w.csv")["w"].tolist() == words


def test_columns_can_be_read_as_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.5, np.nan, np.inf], "n": pd.array([1, 2, pd.NA], dtype="Int64")})
    write_csv(tmp_path / "n.csv", frame)
    back = read_csv(tmp_path / "n.csv", x="float64", n="Int64")
    pd.testing.assert_frame_equal(back, frame)


def test_same_frame_same_bytes_whatever_its_index(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    write_csv(tmp_path / "1.csv", frame)
    write_csv(tmp_path / "2.csv", frame.set_axis([7, 3]))
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()
