"""What the program weighs: the packages a text command needs, the model, the adapter, the source.

The packages are those of requirements/text.txt, by the lists of files their installers left behind.
"""

from __future__ import annotations

import argparse
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from measure import ROOT, arguments, show, table


def main() -> None:
    options = arguments(__doc__, add_options)
    sizes = package_sizes()
    rows = [[f"package {name}", mb(size)] for name, size in sorted(sizes.items(), key=lambda item: -item[1])]
    model = tree(options.model)
    parts = {
        "packages of a text command": sum(sizes.values()),
        "model": model,
        "adapters": tree(ROOT / "adapters"),
        "source": tree(ROOT / "whispera", ".py"),
        "configuration": tree(ROOT / "config"),
    }
    parts["all"] = sum(parts.values())
    rows += [[name, mb(size)] for name, size in parts.items()]
    figures = {"packages": sizes, **parts}
    show(options, figures, table(["part", "on disk"], rows))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", type=Path, default=ROOT / "whispera" / "models" / "nano", help="folder of the model"
    )


def package_sizes() -> dict[str, int]:
    """Bytes of each package of requirements/text.txt, as installed; those missing are left out."""
    found: dict[str, int] = {}
    for line in (ROOT / "requirements" / "text.txt").read_text().splitlines():
        name = re.split(r"[=<>~ ]", line.strip())[0]
        if not name or name.startswith("#"):
            continue
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            continue
        paths = [Path(str(installed.locate_file(file))) for file in installed.files or ()]
        found[name] = sum(path.stat().st_size for path in paths if path.is_file())
    return found


def tree(folder: Path, ending: str = "") -> int:
    """Bytes of the files below a folder; 0 where there is none."""
    paths = folder.rglob(f"*{ending}") if folder.is_dir() else ()
    return sum(path.stat().st_size for path in paths if path.is_file())


def mb(size: float) -> str:
    """Bytes in MB of a million."""
    return f"{size / 1e6:.2f} MB"


if __name__ == "__main__":
    main()
