"""Run the notebooks and render them: same inputs, same bytes, no other host.

A notebook is executed in a kernel that sees nothing of the user's surroundings,
tidied of everything that differs from run to run, and rendered to one page with
its pictures inside and its mathematics as MathML.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook

from medlead.present.notebook_page import REPORT, Unfit, render
from medlead.present.notebook_tidy import (
    INJECTED_ID,
    KERNELSPEC,
    as_text,
    inject,
    places,
    read_notebook,
    tidy,
)
from medlead.sources.messages import Problem, ProblemsFound
from medlead.steady import steady_numbers
from medlead.writing import write_text

MESSAGE_SHOWN = 300
PACKAGE_HOME = Path(__file__).resolve().parents[2]
_ENGINE = "medlead"

# What a kernel needs of its surroundings to start at all; nothing that shapes a result.
_PASSED_ON = (
    *("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    *("SYSTEMROOT", "VIRTUAL_ENV", "CONDA_PREFIX", "XDG_CACHE_HOME"),
)


def run_and_render(
    sources: Sequence[Path],
    executed: Sequence[Path],
    pages: Sequence[Path],
    *,
    parameters: Mapping[str, object],
    failed: Path,
    own: Sequence[Mapping[str, object]] | None = None,
    home: str = REPORT,
) -> None:
    """Execute each notebook in the current folder, write its executed copy and its page.

    `sources`, `executed` and `pages` belong together by position. `parameters`
    are plain values, set below each notebook's cell tagged "parameters"; a path
    inside the current folder is passed relative to it. `own` are further
    parameters of each, by position: with them one source gives several pages.
    `home` names the page that every page links back to.

    All notebooks are run, whatever becomes of one. For each that fails, neither
    its executed copy nor its page is left, not even of an earlier run; the copy
    that shows the error is kept in `failed`, as NAME.failed.ipynb and, where it
    can be rendered, NAME.failed.html, NAME being that of the executed copy. Then
    raises one ProblemsFound for all.
    """
    problems: list[Problem] = []
    each = [{}] * len(sources) if own is None else own
    for source, copy, page, its_own in list(zip(sources, executed, pages, each, strict=True)):
        given = {name: _relative(value) for name, value in {**parameters, **its_own}.items()}
        place = source.as_posix()
        if its_own:
            place += " (" + ", ".join(f"{n} = {v!r}" for n, v in its_own.items()) + ")"
        kept = [failed / f"{copy.stem}.failed{suffix}" for suffix in (".ipynb", ".html")]
        for old in (copy, page, *kept):
            old.unlink(missing_ok=True)
        try:
            prepared = inject(_read(source), given)
            raw, error = _execute(prepared)
            notebook = tidy(raw, places(Path.cwd()))
            what, mend = _what_stopped(raw, notebook, error)
            text = None if what else render(notebook, source, beside=_beside(copy, page), home=home)
        except Unfit as unfit:
            problems.append(Problem(place, unfit.what, unfit.mend))
            continue
        if text is not None:
            write_text(copy, as_text(notebook))
            write_text(page, text)
            continue
        write_text(kept[0], as_text(notebook))
        try:
            write_text(kept[1], render(notebook, source, beside=None))
        except Unfit:
            kept = kept[:1]
        copies = " and ".join(k.as_posix() for k in kept)
        problems.append(Problem(place, what, f"{mend}; the copy with the error is {copies}"))
    if problems:
        raise ProblemsFound(problems)


def _beside(copy: Path, page: Path) -> str:
    return Path(os.path.relpath(copy, page.parent)).as_posix()


def _relative(value: object) -> object:
    if isinstance(value, str | Path) and Path(value).is_absolute():
        path, here = Path(value), Path.cwd()
        return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(value)
    return str(value) if isinstance(value, Path) else value


def _read(source: Path) -> NotebookNode:
    try:
        return read_notebook(source)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, KeyError) as error:
        raise Unfit("this is not a notebook", f"save it from Jupyter ({error!s:.80})") from None


def kernel_environment(outer: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """The environment of a kernel: what it needs of `outer`, and fixed values for the rest.

    `scratch` is an empty folder for settings, which are written there: no start-up
    file, picture style or zone of the user reaches a notebook.
    """
    profile = scratch / "profile_default"
    profile.mkdir()
    (profile / "ipython_kernel_config.py").write_text(
        "c.HistoryManager.enabled = False\n"
        "c.InteractiveShell.colors = 'nocolor'\n"
        "c.InlineBackend.figure_formats = {'retina'}\n",
        encoding="utf-8",
    )
    style = scratch / "matplotlibrc"
    style.write_text("svg.hashsalt: medlead\nfigure.dpi: 100\n", encoding="utf-8")
    environment = {name: outer[name] for name in _PASSED_ON if name in outer}
    steady_numbers(environment, outer)
    return environment | {
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "80",
        "LINES": "24",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        # The very package that runs here, wherever another one may be installed.
        "PYTHONPATH": str(PACKAGE_HOME),
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "SOURCE_DATE_EPOCH": "0",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MATPLOTLIBRC": str(style),
        "IPYTHONDIR": str(scratch),
        "JUPYTER_CONFIG_DIR": str(scratch),
        "JUPYTER_NO_CONFIG": "1",
    }


class _Engine(NBClientEngine):  # type: ignore[misc]
    """papermill's engine, with this Python as the kernel and an environment of our own."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, folder: Path, env: dict[str, str], **_: object
    ) -> Any:
        connection = folder / "kernel.json"
        manager = AsyncKernelManager(
            kernel_name=kernel_name,
            # Without kernel folders the kernel is this very Python, not one the user registered.
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(connection),
            # Sockets in the folder, closed to other users; their names must be short.
            transport="tcp" if os.name == "nt" or len(str(connection)) > 85 else "ipc",
        )
        client = PapermillNotebookClient(nb_man, km=manager, kernel_name=kernel_name)
        with (folder / "kernel.txt").open("wb") as said:
            return client.execute(env=env, stdout=said, stderr=said, cleanup_kc=True)


papermill_engines.register(_ENGINE, _Engine)


def _execute(notebook: NotebookNode) -> tuple[NotebookNode, Exception | None]:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        source, result = scratch / "source.ipynb", scratch / "result.ipynb"
        source.write_text(as_text(notebook), encoding="utf-8")
        settings = scratch / "settings"
        settings.mkdir()
        error: Exception | None = None
        try:
            execute_notebook(
                source,
                result,
                engine_name=_ENGINE,
                kernel_name=KERNELSPEC["name"],
                progress_bar=False,
                folder=scratch,
                env=kernel_environment(os.environ, settings),
            )
        except Exception as caught:  # a kernel can die in many ways; each is told below
            error = caught
            _note_last_words(error, scratch / "kernel.txt")
        return read_notebook(result if result.exists() else source), error


def _note_last_words(error: Exception, said: Path) -> None:
    lines = said.read_text("utf-8", "replace").splitlines() if said.exists() else []
    words = [line for line in lines if line.strip() and not line.startswith("[IPKernelApp]")]
    if words:
        error.add_note(words[-1])


def _what_stopped(
    raw: NotebookNode, notebook: NotebookNode, error: Exception | None
) -> tuple[str, str]:
    """What went wrong and what to do, or two empty texts."""
    if error is None:
        return "", ""
    if not isinstance(error, PapermillExecutionError):
        begun = [c for c in raw.cells if c.metadata.get("papermill", {}).get("start_time")]
        place = f"in {_name(begun[-1])}" if begun else "before its first cell"
        message = _shortened(" ".join([str(error), *getattr(error, "__notes__", [])]))
        return f"the kernel stopped {place}: {type(error).__name__}: {message}", "mend that cell"
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                message = _shortened(output.evalue)
                return f"{_name(cell)} stopped with {output.ename}: {message}", "mend that cell"
    return f"it stopped with {error.ename}: {_shortened(error.evalue)}", "mend that cell"


def _name(cell: NotebookNode) -> str:
    if cell.id == INJECTED_ID:
        return "the cell of injected parameters"
    return f"cell {int(cell.id.removeprefix('cell-'))}"


def _shortened(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= MESSAGE_SHOWN else line[:MESSAGE_SHOWN].rstrip() + " ..."
