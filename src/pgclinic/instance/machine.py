"""What the operating system says about the machine."""

import os


def machine_memory() -> int:
    """Bytes of memory in all; 0 where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return 0
