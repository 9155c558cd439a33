"""What the page says about a cube, in words and numbers."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from hsgan.files.header import REFLECTANCE
from hsgan.reconstruct.reflectance import described

if TYPE_CHECKING:
    from hsgan.app.session import Session


def facts_of(session: Session) -> str:
    """Returns the line about the cube: its size, bands, camera and round trip."""
    height, width, bands = session.shown.shape
    nm, attributes = session.shown.wavelengths_nm, session.shown.cube.attrs
    facts = [session.name, f"{width} × {height} pixels", f"{bands} bands, {nm[0]:g}–{nm[-1]:g} nm"]
    if attributes.get("camera"):
        source = f" ({attributes['camera_source']})" if attributes.get("camera_source") else ""
        facts.append(f"camera {attributes['camera']}{source}")
    if attributes.get("assumed"):
        facts.append(str(attributes["assumed"]))
    if attributes.get("quantity") == REFLECTANCE:
        facts.append(described(attributes))
    with contextlib.suppress(KeyError, TypeError, ValueError):
        psnr, brightness = float(attributes["round_trip_psnr"]), float(attributes["round_trip_brightness"])
        facts.append(f"back to RGB: {psnr:.1f} dB, brightness ×{brightness:.3f}")
    return "  ·  ".join(facts)


def assumption_of(session: Session) -> str:
    """Returns what the rendering takes for granted."""
    return session.shown.scene_light()[1].capitalize() + "."


def numbers_of(session: Session) -> list[tuple[str, str]]:
    """Returns [(name, value with unit)] of the comparison, [] without one."""
    if session.reference is None:
        return []
    numbers = session.numbers
    return [
        ("Reference", session.reference_name),
        ("PSNR", f"{numbers['psnr']:.2f} dB"),
        ("Structural similarity (ASSIM)", f"{numbers['assim']:.4f}"),
        ("Spectral angle, mean", f"{numbers['sam_deg']:.2f}°"),
        ("Spectral angle, lit pixels", f"{numbers['sam_lit_deg']:.2f}°"),
        *([("Cube multiplied by", f"{numbers['scale']:.4g}")] if "scale" in numbers else []),
    ]
