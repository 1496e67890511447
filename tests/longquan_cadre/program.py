import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.environment import SETTINGS

ROOT = Path(__file__).resolve().parent.parent.parent


def manage(*arguments: str, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """manage.py with these settings and no other."""
    ours = {*SETTINGS, *(f"{name}_FILE" for name in SETTINGS)}
    clean = {name: value for name, value in os.environ.items() if name not in ours}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**clean, **settings}, capture_output=True, text=True)
