"""What the notebooks use to show tables and to say sentences with numbers in them."""

import base64
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from IPython.display import HTML, Markdown

from medlead.evidence import EvidenceClass

if TYPE_CHECKING:
    from medlead.present.style import Figure


def say(text: str) -> Markdown:
    """A paragraph whose numbers were computed, so that words and results cannot part."""
    return Markdown(text)


def badge(evidence: EvidenceClass) -> HTML:
    """The evidence class of what follows, in words."""
    return HTML(
        f'<p class="evidence"><strong>Evidence: {escape(str(evidence))}.</strong> '
        f"{escape(evidence.meaning)}</p>"
    )


def show(
    frame: pd.DataFrame,
    columns: Mapping[str, str] | None = None,
    digits: int | Mapping[str, int] = 3,
) -> HTML:
    """A frame as a plain table: chosen columns under reader's headings, numbers rounded.

    `columns` maps a column to its heading and sets the order; `digits` is for all
    fractional numbers, or by column.
    """
    chosen = frame if columns is None else frame[list(columns)].rename(columns=dict(columns))
    back = {new: old for old, new in (columns or {}).items()}
    text = pd.DataFrame(index=chosen.index)
    for name in chosen.columns:
        places = digits if isinstance(digits, int) else digits.get(back.get(name, name), 3)
        values = chosen[name]
        text[name] = [_text(v, places) for v in values]
    return HTML(text.to_html(index=False, border=0, escape=True))


def _text(value: object, places: int) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "–"
    if isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            return "∞" if value > 0 else "−∞"
        if 0 < abs(value) < 10**-places:
            return f"{value:.1g}" if abs(value) >= 1e-4 else "<0.0001"
        return f"{value:.{places}f}"
    return str(value)


def drawn(figure: "Figure") -> HTML:
    """A picture that a notebook draws itself, with its alternative text."""
    from medlead.present.style import svg_of

    code = base64.b64encode(svg_of(figure)).decode("ascii")
    image = f'<img src="data:image/svg+xml;base64,{code}" alt="{escape(figure.alt)}">'
    return HTML(f"<figure>{image}</figure>")


def picture(results: str | Path, item: str) -> HTML:
    """A built picture with its alternative text."""
    folder = Path(results) / "figures"
    alt = (folder / f"{item}.txt").read_text(encoding="utf-8").strip()
    # As an image of its own: the ids inside two pictures on one page must not meet.
    code = base64.b64encode((folder / f"{item}.svg").read_bytes()).decode("ascii")
    image = f'<img src="data:image/svg+xml;base64,{code}" alt="{escape(alt)}">'
    return HTML(f"<figure>{image}</figure>")
