"""Where what can be made again is kept."""

import os
from pathlib import Path


def user_cache() -> Path:
    """Returns this package's folder in the user's cache folder (`XDG_CACHE_HOME`); it need not be there."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hsgan"
