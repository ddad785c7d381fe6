"""Entry of the typed command, as `w` starts it: `python -S -E whispera/hot.py TEXT...`.

Python does not cache the bytecode of the file it is started with, so this one only finds the package and
the packages beside it; `cli/typed.py` does the work. Without `site` (-S) they must be put on the path here.
"""

import sys


def start() -> int:
    """The exit code of the command given in sys.argv."""
    here = __file__.replace("\\", "/").rpartition("/whispera/")[0] or "."
    environment = sys.executable.replace("\\", "/").rpartition("/")[0].rpartition("/")[0]
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    packages = "/Lib/site-packages" if sys.platform == "win32" else f"/lib/{version}/site-packages"
    # the script's own directory must not shadow the standard library
    sys.path[:] = [here, *(path for path in sys.path[1:] if path != here), environment + packages]
    from whispera.cli.typed import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    try:
        code = start()
    except KeyboardInterrupt:
        code = 130
    if "whispera.cli.typed" in sys.modules:
        sys.modules["whispera.cli.typed"].leave(code)
    sys.exit(code)
