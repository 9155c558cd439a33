"""The card with the spectra: chart, a table of the marked places with their colors, and the numbers to take away."""

from collections.abc import Callable
from pathlib import Path

from nicegui import ui

from hsgan.app import chart as charts
from hsgan.app.session import Session
from hsgan.app.work import line_of
from hsgan.errors import HsganError


class Spectra:
    """The card.

    Args:
      session: the visitor's.
      say: shows the line of an error.
      cleared: called when the marks are gone.
      whitened: called when the place that was marked last shall be taken as white.
    """

    def __init__(
        self,
        session: Session,
        say: Callable[[str], None],
        cleared: Callable[[], None],
        whitened: Callable[[], None],
    ):
        self.session, self.say, self.cleared = session, say, cleared
        self.light = "D65"
        with ui.column().classes("hs-card"):
            with ui.row().classes("w-full items-center justify-between"):
                ui.label("Spectra").classes("hs-head").props("role=heading aria-level=2")
                with ui.row().classes("gap-1") as self.actions:
                    white = ui.button("Last place is white", on_click=whitened).classes("at-white")
                    white.props('title="Divides the cube by its spectrum: reflectance, 1 there in all bands"')
                    numbers = ui.button("Numbers (CSV)", on_click=self._download).classes("at-csv")
                    library = ui.button("Library (.sli)", on_click=self._download_library).classes("at-library")
                    clear = ui.button("Clear", on_click=self._clear).classes("at-clear")
                    for button in (white, numbers, library, clear):
                        button.props("flat dense no-caps padding='2px 8px'")
            self.chart = ui.echart({}).classes("w-full h-72 at-chart")
            self.legend = ui.element("div").classes("w-full at-legend")

    def show(self, light: str, band_nm: float | None) -> None:
        """Draws the chart and the table.

        Args:
          light: that the places are seen in.
          band_nm: wavelength to mark in the chart, or None.
        """
        session = self.session
        if session.view is None:
            return
        self.light = light
        self.actions.set_visibility(bool(session.marks))
        self.chart.options.clear()
        self.chart.options.update(
            charts.options(session.view.wavelengths_nm, session.spectra(), band_nm, session.view.quantity)
        )
        self.chart.update()
        self.legend.clear()
        with self.legend:
            if session.marks:
                self._table()
            else:
                ui.label("No place marked yet: click into the picture.").classes("hs-soft")

    def _table(self):
        try:
            measured = self.session.measure(self.light)
        except HsganError as error:
            ui.label(line_of(error)).classes("hs-soft")
            return
        with ui.element("table").classes("hs-table"):
            with ui.element("thead"), ui.element("tr"):
                for head in ("Place", "L*", "a*", "b*", "sRGB"):
                    with ui.element("th").props("scope=col"):
                        ui.label(head)
            with ui.element("tbody"):
                for number, one in enumerate(measured):
                    self._line(number, one)
        note = f"Colors as seen in {self.light}; a {self.session.view.quantity} of 1 is white."
        note += " Dashed: the reference." if self.session.reference is not None else ""
        note += f" Shaded: {self.session.shaded}." if self.session.shaded else ""
        ui.label(note).classes("hs-soft")

    def _line(self, number, one):
        with ui.element("tr"):
            with ui.element("th").props("scope=row"), ui.element("span").classes("hs-chip"):
                ui.element("span").classes("hs-dot").style(f"background: {charts.color_of(number)}")
                ui.label(f"{number + 1}: {one.place.label}")
            for value in one.lab:
                with ui.element("td"):
                    ui.label(f"{value:.1f}".replace("-", "−"))
            with ui.element("td"), ui.element("span").classes("hs-chip"):
                ui.element("span").classes("hs-swatch").style(f"background: {one.hex}")
                ui.label(one.hex)

    def _download(self):
        try:
            text = self.session.table(self.light)
        except HsganError as error:
            self.say(line_of(error))
        else:
            ui.download.content(text, f"{Path(self.session.name).stem}-points.csv", "text/csv")

    def _download_library(self):
        try:
            path = self.session.library(self.light)
        except (HsganError, OSError) as error:
            self.say(line_of(error))
        else:
            ui.download.file(path)

    def _clear(self):
        self.session.marks.clear()
        self.cleared()
