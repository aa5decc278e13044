"""Installed alone, without the Makefile and away from the checkout: does it work?"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as a wheel, built from the checkout's tracked files."""
    source = tmp_path_factory.mktemp("source")
    subprocess.run(
        ["git", "-c", "safe.directory=*", "clone", "--quiet", str(ROOT), str(source / "clone")], check=True
    )
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, source / "clone"], check=True)
    (built,) = folder.glob("gzcrawler-*.whl")
    return built


def test_wheel_holds_maps_types_and_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    kept = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "gzcrawler").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert kept <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "docs/", "benchmarks/")) for name in names)


def test_installed_command_crawls_a_replica(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    program = tmp_path / "venv" / "bin"
    install = [program / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    subprocess.run([*install, "--constraint", ROOT / "constraints.txt", wheel], check=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for command in ("demo --articles 50", "status --archive archive/demo", "verify --archive archive/demo"):
        subprocess.run([program / "gzcrawler", *command.split()], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "archive" / "demo" / "gzcrawler.db").exists()
