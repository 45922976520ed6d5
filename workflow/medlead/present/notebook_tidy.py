"""Notebooks that are the same after each run: fixed ids, no times, folders or addresses."""

import base64
import re
import struct
import sys
import tempfile
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from papermill.translators import PythonTranslator

import medlead

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
INJECTED_ID = "cell-parameters"
# The tag of a cell whose code is not shown on the page; it stays in the executed copy.
HIDE_CODE = "hide-code"
# nbformat is typed in part only.
_format: Any = nbformat
_node: Any = NotebookNode
_EMBEDDED = re.compile(r"(\bdata:[\w/+.-]+;base64,[A-Za-z0-9+/=]*)")
# Tried only where a path can begin: from every letter of a long one it would never end.
_PATH = r"[\w./\\:~-]"
_CELL_FILE = re.compile(rf"(?<!{_PATH}){_PATH}*ipykernel_\d+[/\\]\d+\.py")


def read_notebook(path: Path) -> NotebookNode:
    """The notebook in a file; raises what nbformat raises where it is none."""
    notebook: NotebookNode = _format.read(path, as_version=4)
    return notebook


def inject(notebook: NotebookNode, parameters: Mapping[str, object]) -> NotebookNode:
    """A copy with `parameters` set in a cell of their own, and with ids that tell the place.

    The new cell follows the first cell tagged "parameters", or stands first.
    Cells get the id `cell-NNN`, NNN being the place in the notebook given, from
    001; the new cell gets `INJECTED_ID`.
    """
    notebook = _format.v4.upgrade(deepcopy(notebook))
    cells = [c for c in notebook.cells if "injected-parameters" not in _tags(c)]
    place = next((n for n, c in enumerate(cells, 1) if "parameters" in _tags(c)), 0)
    for number, cell in enumerate(cells, 1):
        cell["id"] = f"cell-{number:03d}"
    if parameters:
        # What hides the parameters hides those that stand for them.
        hidden = [HIDE_CODE] if place and HIDE_CODE in _tags(cells[place - 1]) else []
        # papermill's own writing of values, without its way round a formatter that may be
        # installed or not.
        lines = [
            PythonTranslator.assign(name, PythonTranslator.translate(value))
            for name, value in parameters.items()
        ]
        cells.insert(
            place,
            _format.v4.new_code_cell(
                source="\n".join(["# Parameters", *lines]),
                id=INJECTED_ID,
                metadata={"tags": ["injected-parameters", *hidden]},
            ),
        )
    notebook.cells = cells
    return notebook


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def places(here: Path) -> dict[str, str]:
    """What stands for each folder of this machine in a notebook, inner folders first.

    `here` is the folder that the build runs in; paths in it become relative.
    """
    package = Path(medlead.__file__).parent
    named = {
        tempfile.gettempdir(): "<tmp>",
        str(Path.home()): "~",
        str(here): "",
        str(package): "medlead",
    }
    for python in (sys.base_prefix, sys.prefix):
        named[python] = "<python>"
    named |= {str(Path(folder).resolve()): name for folder, name in named.items()}
    named.pop("/", None)
    return dict(sorted(named.items(), key=lambda pair: -len(pair[0])))


def scrub(text: str, folders: Mapping[str, str]) -> str:
    """Text without what differs by machine or run: cell files, folders, memory addresses.

    `folders` maps folders to what is shown instead of them, tried in order; ""
    makes a path relative. What is embedded as base64 is left as it is: letters there
    that look like a folder are none. Takes time in proportion to the text.
    """
    # Split at a group, so that what is embedded stands at the odd places.
    parts = _EMBEDDED.split(text)
    parts[::2] = [_scrub(part, folders) for part in parts[::2]]
    return "".join(parts)


def _scrub(text: str, folders: Mapping[str, str]) -> str:
    text = _CELL_FILE.sub("<cell>", text)
    for folder, name in folders.items():
        before, after = r"(?<![\w.-])" + re.escape(folder), r"(?![\w.-])"
        if not name:
            text = re.sub(before + r"[/\\]+(?=[\w.-])", "", text)
        text = re.sub(before + after, (name or ".").replace("\\", r"\\"), text)
    text = re.sub(r"\bat 0x[0-9a-fA-F]{6,16}\b", "at 0x…", text)
    return re.sub(r"\b0x[0-9a-fA-F]{9,16}\b", "0x…", text)


def tidy(notebook: NotebookNode, folders: Mapping[str, str]) -> NotebookNode:
    """A copy that is the same after each run: no times, versions, addresses or widget state.

    Kept of the metadata are the kernel's and language's names, and per cell its
    tags and `alt`, the text that stands for its pictures.
    """
    notebook = deepcopy(notebook)
    notebook.metadata = _node(kernelspec=KERNELSPEC, language_info={"name": "python"})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.cells = [c for c in notebook.cells if "papermill-error-cell-tag" not in _tags(c)]
    count = 0
    for cell in notebook.cells:
        cell.metadata = _node(
            {k: cell.metadata[k] for k in ("alt", "tags") if cell.metadata.get(k)}
        )
        if cell.cell_type != "code":
            continue
        if cell.execution_count is not None:
            count += 1
            cell.execution_count = count
        cell.outputs = _merged([_tidy_output(o, cell, folders) for o in cell.outputs])
    return notebook


def _tidy_output(
    output: NotebookNode, cell: NotebookNode, folders: Mapping[str, str]
) -> NotebookNode:
    if output.output_type == "stream":
        text = scrub(output.text, folders)
        if output.name == "stderr":  # what the kernel's debugger says of itself
            text = re.sub(r"(?m)^\d+\.\d+s - .*\n?", "", text)
        output.text = text
    elif output.output_type == "error":
        output.evalue = scrub(_plain(output.evalue), folders)
        output.traceback = [scrub(_plain(line), folders) for line in output.traceback]
    else:
        output.data = _node(
            {
                kind: _tidy_data(kind, value, folders)
                for kind, value in sorted(output.data.items())
                if "widget" not in kind and "javascript" not in kind
            }
        )
        if output.output_type == "execute_result":
            output.execution_count = cell.execution_count
    return output


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _tidy_data(kind: str, value: Any, folders: Mapping[str, str]) -> Any:
    if kind == "image/png":
        return base64.b64encode(_bare_png(base64.b64decode(value))).decode("ascii")
    if kind == "image/svg+xml":
        value = re.sub(r"(?s)\s*<metadata>.*?</metadata>", "", value)
    if kind == "text/html":
        value = re.sub(r"(?s)<style scoped>.*?</style>\s*", "", value)
    return scrub(value, folders) if isinstance(value, str) and kind != "image/jpeg" else value


def _bare_png(content: bytes) -> bytes:
    """The picture without the texts and the time that its writer left in it."""
    kept, at = [content[:8]], 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        end = at + 12 + length
        if content[at + 4 : at + 8] not in {b"tEXt", b"zTXt", b"iTXt", b"tIME"}:
            kept.append(content[at:end])
        at = end
    return b"".join(kept)


def _merged(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Each run of streams as one text per stream, printed text before messages.

    Which of the two streams arrives first is a matter of timing.
    """
    merged: list[NotebookNode] = []
    run: dict[str, str] = {}
    for output in [*outputs, None]:
        if output is not None and output.output_type == "stream":
            run[output.name] = run.get(output.name, "") + output.text
            continue
        merged += [
            _format.v4.new_output("stream", name=name, text=run[name])
            for name in ("stdout", "stderr")
            if run.get(name)
        ]
        run = {}
        if output is not None:
            merged.append(output)
    return merged


def as_text(notebook: NotebookNode) -> str:
    """The notebook as the text of its file."""
    return str(_format.writes(notebook)).rstrip("\n") + "\n"
