"""Loaded by every Python program that `iothub-emulator exec` runs: PYTHONPATH names this folder.

Python imports the first `sitecustomize` it finds, so this one then runs the one that it hides.
"""

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

from iothub_emulator_exec import libraries, sockets

_HERE = os.path.dirname(os.path.abspath(__file__))


def _run_hidden():
    path = [entry for entry in sys.path if os.path.abspath(entry) != _HERE]
    spec = PathFinder.find_spec("sitecustomize", path)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


sockets.install()
libraries.install()
_run_hidden()
