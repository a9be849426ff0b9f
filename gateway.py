#!/usr/bin/env python3
"""Greengate.  ``./gateway.py --help`` says what it can do."""

import os
import sys
from pathlib import Path

VENV = (Path(__file__).resolve().parent / ".venv").resolve()
python = VENV / "bin" / "python"

# So that ./gateway.py is enough once `make` has made the virtual environment.
if python.exists() and Path(sys.prefix).resolve() != VENV:
    os.execv(python, [str(python), *sys.argv])  # noqa: S606  Ourselves.

try:
    # Before anything else is imported: what was imported earlier keeps the blocking functions.
    from gevent import monkey

    monkey.patch_all()
except ModuleNotFoundError:
    print("gateway.py: gevent is missing; `make` installs all that is needed", file=sys.stderr)
    sys.exit(2)

from gateway.main import main

if __name__ == "__main__":
    sys.exit(main())
