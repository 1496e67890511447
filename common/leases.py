"""The mark of whoever works on a job. It says which process of which machine that is, so that the work of a killed
worker goes on as soon as another one of the same machine looks, and not only when the lease has run out."""

import hashlib
import os
import secrets
from pathlib import Path

#: Fixed widths, 32 in all: machine, process, when it began, and a random rest.
_MACHINE, _PROCESS, _BEGAN = slice(0, 8), slice(8, 14), slice(14, 22)


def new() -> str:
    pid = os.getpid()
    return f"{_machine()}{pid:06x}{_began(pid):08x}{secrets.token_hex(5)}"


def abandoned(lease: str) -> bool:
    """Whether its process has certainly ended; never true for another machine's."""
    if not _machine().strip("0") or lease[_MACHINE] != _machine():
        return False
    return _began(int(lease[_PROCESS], 16)) != int(lease[_BEGAN], 16)


def _machine() -> str:
    """This start of this machine, or of this container in it; zeros where the system does not say."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        named = f"{boot}{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return "0" * 8
    return hashlib.sha256(named.encode()).hexdigest()[:8]


def _began(pid: int) -> int:
    """When a living process began, in ticks; its number alone may since have been given to another one."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    # The name stands in brackets and may hold anything; the state comes right after it.
    state, *fields = stat.rpartition(")")[2].split()
    return 0 if state in "ZX" else int(fields[18]) & 0xFFFFFFFF
