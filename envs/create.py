"""Create the project's virtual environment from the hash-pinned lock.

Usage: python envs/create.py [FOLDER]      (FOLDER is .venv unless given)

Needs nothing but Python 3.11 or later. It installs uv from the lock with pip
(pip checks its hash), lets uv install the whole lock (every hash is required),
and falls back to pip where uv cannot run or cannot reach the package index.
"""

import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "envs" / "lock.txt"


def locked_entry(name: str) -> str:
    """The lock's entry of one package, hashes included."""
    entries = re.split(r"\n(?=\S)", LOCK.read_text(encoding="utf-8"))
    return next(e for e in entries if e.startswith(f"{name}=="))


def uv_environment() -> dict[str, str]:
    """This environment, with pip's own settings of index and certificate told to uv."""
    env = dict(os.environ)
    for pip_key, uv_key in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_CERT", "SSL_CERT_FILE")):
        if pip_key in env:
            env.setdefault(uv_key, env[pip_key])
    return env


def main(folder: Path) -> int:
    if sys.version_info < (3, 11):
        print(f"medlead needs Python 3.11 or later; this is {sys.version.split()[0]}.")
        return 1
    if not (folder / "pyvenv.cfg").exists():
        print(f"Creating {folder} ...", flush=True)
        venv.create(folder, with_pip=True)
    windows = os.name == "nt"
    python = folder / ("Scripts/python.exe" if windows else "bin/python")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]

    print("Installing the locked packages (every hash is checked) ...", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        only_uv = Path(scratch) / "uv.txt"
        only_uv.write_text(locked_entry("uv") + "\n", encoding="utf-8")
        ok = subprocess.call([*pip, "--require-hashes", "--no-deps", "-r", str(only_uv)]) == 0
    if ok:
        uv = [str(python), "-m", "uv", "pip", "install", "--quiet", "--python", str(python)]
        # Where Python may not write bytecode, every job would compile the libraries again.
        uv.append("--compile-bytecode")
        ok = subprocess.call([*uv, "--require-hashes", "-r", str(LOCK)], env=uv_environment()) == 0
    if not ok:
        print("uv could not install the lock here; the same with pip (slower) ...", flush=True)
        if subprocess.call([*pip, "--require-hashes", "-r", str(LOCK)]) != 0:
            print("The packages could not be installed: is the Python package index reachable?")
            return 1
    local = [*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    if subprocess.call(local) != 0:
        print("The medlead package itself could not be installed; see the lines above.")
        return 1
    (folder / "medlead-ready").write_text("made by envs/create.py\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".venv").absolute()))
