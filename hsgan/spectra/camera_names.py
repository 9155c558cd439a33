"""Cameras by the names that photos give them: make and model of EXIF against the names of a dictionary.

Both sides are brought to one form: small letters and digits alone, without the words that makers add ("NIKON
CORPORATION", "NIKON D700" is "nikond700", and so is "Nikon D700"). Only equal forms match. What is merely near is
another camera: a D7000 is no D700.
"""

import difflib
import re
from collections.abc import Sequence

# Words of makers' names that do not tell cameras apart.
_FILLERS = frozenset((
    "ab", "ag", "as", "camera", "co", "company", "computer", "coltd", "corp", "corporation", "digital", "elec",
    "electronics", "eos", "gmbh", "imaging", "inc", "ltd", "optical", "photo",
))  # fmt: skip
# One camera under several names, by region or by who measured it: form of a name -> form of the usual one.
_ALIASES = {
    "canonrebel": "canon300d",
    "canonkiss": "canon300d",
    "canonrebelt1i": "canon500d",
    "canonkissx3": "canon500d",
    "canonrebelt3i": "canon600d",
    "canonkissx5": "canon600d",
    "nikon5100": "nikond5100",
    "sigmasdmerill": "sigmasd1merrill",
    "sigmasdmerrill": "sigmasd1merrill",
}


def match(make: str, model: str, names: Sequence[str]) -> str | None:
    """Returns the name of `names` that means the camera of a photo, or None.

    Args:
      make: as EXIF has it, e.g. "NIKON CORPORATION"; "" where the photo does not say.
      model: as EXIF has it, e.g. "NIKON D700".
      names: of a dictionary of cameras.
    """
    wanted = _forms(make, model)
    found = [name for name in names if _ALIASES.get(_form(name), _form(name)) in wanted]
    return found[0] if len(found) == 1 else None


def near(make: str, model: str, names: Sequence[str], count: int = 3) -> tuple[str, ...]:
    """Returns the names that look most like the camera of a photo, to tell a user of; there may be none.

    Args:
      make: as in `match`.
      model: as in `match`.
      names: as in `match`.
      count: at most so many.
    """
    forms = {_form(name): name for name in names}
    return tuple(forms[form] for form in difflib.get_close_matches(_form(f"{make} {model}"), forms, count, cutoff=0.6))


def _forms(make, model):
    """Returns the forms that a photo's camera may have in a dictionary: with its make, and by its model alone."""
    if not re.search(r"[A-Za-z0-9]", model):
        return frozenset()
    forms = {_form(f"{make} {model}"), _form(model)} - {_form(make)}
    return frozenset(_ALIASES.get(form, form) for form in forms)


def _form(text):
    """Returns the small letters and digits of a name, each word once, without fillers."""
    words = [word for word in re.split(r"[^a-z0-9]+", text.lower().replace("a/s", " ")) if word]
    return "".join(word for word in dict.fromkeys(words) if word not in _FILLERS)
