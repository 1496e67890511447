"""For programs of the tests with this folder in PYTHONPATH: a cache in memory is written down when its program ends."""

import atexit
import os
import pickle
import sys
from pathlib import Path


def keep() -> None:
    backend = sys.modules.get("django.core.cache.backends.locmem")
    if backend is not None:
        (Path(os.environ["KEPT_CACHE"]) / f"{os.getpid()}").write_bytes(pickle.dumps(backend._caches))


atexit.register(keep)
