"""The page itself: its parts, and what happens when they are used. Everything it does is the session's."""

import base64

from nicegui import background_tasks, run, ui

from hsgan.app import chart as charts
from hsgan.app.drop import drop_zone
from hsgan.app.overlay import colorbar, overlay
from hsgan.app.session import MAP_COLORS, Session
from hsgan.app.style import CSS
from hsgan.app.texts import assumption_of, facts_of, numbers_of
from hsgan.app.work import Job, line_of
from hsgan.files.cubes import FORMATS
from hsgan.spectra import illuminants

ESTIMATED = "Estimated from the photo"
_DRAG_PIXELS = 5  # of the screen's picture: less is a click
_TICK_SECONDS = 0.2


class Page:
    """One visitor's page.

    Args:
      model: `hsgan.Reconstructor`, or None. limits: `hsgan.app.bounds.Limits`. first: paths to open at once.
    """

    def __init__(self, model, limits, first=()):
        self.model, self.limits = model, limits
        self.session = Session(model, limits)
        self.job, self.then = None, None
        self.picture, self.drag, self.hover = None, None, None
        self.drawing = self.outdated = False
        self.build()
        ui.context.client.on_delete(self.leave)
        if first:
            self.open(list(first))

    def leave(self):
        """Ends the visitor's work and removes the files."""
        if self.job is not None:
            self.job.stop()
        self.session.close()

    # What there is to see.

    def build(self):
        """Lays out the page."""
        ui.add_css(CSS)
        ui.colors(primary="#2f5d7c")
        with ui.column().classes("hs-page"):
            with ui.row().classes("items-baseline w-full gap-x-4 gap-y-0"):
                ui.label("hsgan").classes("hs-title")
                ui.label("Hyperspectral cubes out of photos").classes("hs-soft")
            self.build_opening()
            self.build_messages()
            with ui.element("div").classes("hs-columns") as self.results:
                with ui.column().classes("hs-column"):
                    self.build_picture()
                with ui.column().classes("hs-column"):
                    self.build_spectra()
                    self.build_comparison()
                    self.build_download()
        self.results.set_visibility(False)
        self.timer = ui.timer(_TICK_SECONDS, self.tick)

    def build_opening(self):
        """The place to drop files on, and the camera."""
        megabytes = self.limits.upload_bytes / 1e6
        bounds = f"at most {self.limits.pixels / 1e6:g} megapixels and {megabytes:g} MB"
        kinds = "a photo or a cube" if self.model is not None else "a cube"
        with ui.column().classes("hs-card"):
            self.drop_zone("open", f"Choose {kinds}, or drop it here", bounds, self.opened)
            with ui.row().classes("w-full items-center gap-x-6 gap-y-2"):
                cameras = list(self.model.cameras) if self.model is not None else []
                self.camera = ui.select([ESTIMATED, *cameras], value=ESTIMATED, label="Camera that took the photo")
                self.camera.props("dense outlined options-dense").classes("min-w-60 max-sm:w-full at-camera")
                self.camera.on_value_change(self.camera_changed)
                self.camera.set_visibility(self.model is not None)
                self.facts = ui.label("").classes("hs-soft flex-1 min-w-60").classes("at-facts")

    def drop_zone(self, name, text, note, received):
        """Builds a place to drop files on."""
        drop_zone(name, text, note, self.limits.upload_bytes, received, self.rejected, lambda: self.say(""))

    def build_messages(self):
        """The line of an error, and the progress of long work."""
        with ui.row().classes("hs-error items-center no-wrap") as self.error_box:
            self.error = ui.label("").classes("flex-1").classes("at-error").props('role="alert"')
            ui.button(icon="close", on_click=lambda: self.say("")).props("flat dense round size=sm color=red-9")
        self.error_box.set_visibility(False)
        with ui.row().classes("hs-card items-center no-wrap") as self.progress_box:
            self.progress_text = ui.label("").classes("min-w-36").classes("at-working")
            self.progress = ui.linear_progress(0, show_value=False, size="8px").props("rounded instant-feedback")
            self.progress_share = ui.label("").classes("hs-soft w-12 text-right")
            ui.button("Stop", icon="stop", on_click=self.stop).props("outline dense no-wrap").classes("at-stop")
        self.progress_box.set_visibility(False)

    def build_picture(self):
        """The picture, which one it is, and in which light or band."""
        with ui.column().classes("hs-card"):
            self.kind = ui.toggle(["Rendering", "Band"], value="Rendering").props(
                "flat no-caps padding='4px 14px' toggle-color=white toggle-text-color=white"
            )
            self.kind.on_value_change(self.view_changed).classes("at-kind")
            self.image = ui.interactive_image(
                events=["mousedown", "mousemove", "mouseup", "mouseleave"], on_mouse=self.mouse, sanitize=False
            ).classes("hs-picture").classes("at-picture")  # fmt: skip
            with ui.row().classes("w-full items-center no-wrap gap-3 hs-soft") as self.scale:
                ui.label("0")
                self.scale_bar = ui.element("div").classes("hs-scale")
                self.scale_top = ui.label("").classes("at-scale")
            with ui.row().classes("w-full items-center gap-x-4 gap-y-1") as self.light_row:
                self.light = ui.select(list(illuminants.names()), value="D65", label="Light", with_input=True)
                self.light.props("dense outlined").classes("w-40").classes("at-light").on_value_change(self.redraw)
                self.adapted = (
                    ui.checkbox("Eye adapted to it", on_change=self.redraw).props("dense").classes("at-adapted")
                )
                self.assumed = ui.label("").classes("hs-soft w-full")
            with ui.row().classes("w-full items-center no-wrap gap-4") as self.band_row:
                self.band_label = ui.label("").classes("w-16 font-medium").classes("at-band-label")
                self.band = ui.slider(min=0, max=1, step=1, value=0, on_change=self.view_changed).classes("at-band")
            ui.label("Click for the spectrum of a point, drag for the mean of an area.").classes("hs-soft")

    def build_spectra(self):
        """The chart with its legend."""
        with ui.column().classes("hs-card"):
            with ui.row().classes("w-full items-center justify-between"):
                ui.label("Spectra").classes("hs-head")
                ui.button("Clear", on_click=self.clear_marks).props("flat dense no-caps").classes("at-clear")
            self.chart = ui.echart({}).classes("w-full h-72").classes("at-chart")
            self.legend = ui.row().classes("w-full gap-x-5 gap-y-1").classes("at-legend")

    def build_comparison(self):
        """The reference and the numbers."""
        with ui.column().classes("hs-card"):
            ui.label("Compare with a reference cube").classes("hs-head")
            note = "It is taken as the truth; it must have this cube's size and bands."
            self.drop_zone("reference", "Choose the true cube, or drop it here", note, self.reference_opened)
            self.numbers = ui.element("div").classes("hs-numbers").classes("at-numbers")

    def build_download(self):
        """The cube's formats."""
        with ui.column().classes("hs-card"):
            ui.label("Download the cube").classes("hs-head")
            with ui.row().classes("items-center gap-4"):
                self.form = ui.select(list(FORMATS), value=next(iter(FORMATS)), label="Format")
                self.form.props("dense outlined").classes("w-40").classes("at-format")
                ui.button("Download", icon="download", on_click=self.download).props(
                    "unelevated dense no-caps"
                ).classes("px-3").classes("at-download")

    # What happens.

    def say(self, line):
        """Shows the line of an error; "" takes it away."""
        self.error.set_text(line)
        self.error_box.set_visibility(bool(line))

    def start(self, title, work, then):
        """Starts long work, and calls `then()` when it has succeeded. One at a time."""
        if self.job is not None:
            self.say("Something is still being worked on: wait for it, or stop it first.")
            return
        self.say("")
        self.job, self.then = Job(title, work).start(), then
        self.progress_text.set_text(title)
        self.tick()

    def stop(self):
        """Asks the work to end."""
        if self.job is not None:
            self.job.stop()
            self.progress_text.set_text("Stopping …")

    def tick(self):
        """Shows the progress; at the end of the work shows what came out."""
        job = self.job
        self.progress_box.set_visibility(job is not None)
        if job is None:
            return
        self.progress.set_value(job.share)
        self.progress_share.set_text(f"{job.share:.0%}")
        if job.running:
            return
        self.job, then = None, self.then
        self.progress_box.set_visibility(False)
        if job.stopped:
            self.say(f"{job.title}: stopped.")
        elif job.error:
            self.say(job.error)
        else:
            then()

    def rejected(self):
        """Tells that the browser did not send a file."""
        self.say(
            f"The upload is larger than {self.limits.upload_bytes / 1e6:g} MB, the most that is taken here; make it "
            "smaller, or start the page with a higher --max_upload_mb, or with the file's path."
        )

    async def received(self, event):
        """Returns the paths of what was uploaded, or None where it could not be kept."""
        event.sender.reset()
        try:
            paths = self.session.places_for([file.name for file in event.files])
            for file, path in zip(event.files, paths, strict=True):
                await file.save(path)
            return paths
        except OSError as error:
            self.say(line_of(error))
            return None

    async def opened(self, event):
        """A photo or cube arrived."""
        paths = await self.received(event)
        if paths:
            self.open(paths)

    def open(self, paths):
        """Opens a photo or a cube."""
        self.start(
            f"Opening {paths[0].name}", lambda report: self.session.open(paths, self.chosen_camera, report), self.show
        )

    @property
    def chosen_camera(self):
        """Name of the camera, "" to estimate it."""
        return "" if self.camera.value in (ESTIMATED, None) else self.camera.value

    def camera_changed(self):
        """Reconstructs the photo with another camera."""
        if self.session.photo is not None:
            camera = self.chosen_camera
            self.start("Reconstructing", lambda report: self.session.reconstruct(camera, report), self.show)

    async def reference_opened(self, event):
        """A reference arrived."""
        paths = await self.received(event)
        if paths:
            work = lambda report: self.session.open_reference(paths, report)  # noqa: E731
            self.start(f"Comparing with {paths[0].name}", work, self.show)

    def download(self):
        """Writes the cube and hands it to the browser."""
        made, form = [], self.form.value
        self.start(
            f"Writing {form}",
            lambda report: made.append(self.session.export(form, report)),
            lambda: ui.download.file(made[0]),
        )

    def show(self):
        """Shows a cube that has just been opened, or a reference."""
        session, wavelengths_nm = self.session, self.session.view.wavelengths_nm
        self.results.set_visibility(True)
        self.facts.set_text(facts_of(session))
        self.assumed.set_text(assumption_of(session))
        self.kind.set_options(
            list(session.kinds), value=self.kind.value if self.kind.value in session.kinds else "Rendering"
        )
        last = len(wavelengths_nm) - 1
        self.band.props(f"max={last}")
        self.band.value = min(self.band.value or last // 2, last)
        self.show_numbers()
        self.redraw()
        self.show_spectra()

    def show_numbers(self):
        """Shows the comparison's numbers."""
        self.numbers.clear()
        session = self.session
        with self.numbers:
            for name, value in numbers_of(session):
                ui.label(name)
                ui.label(value).classes("value")

    def view_changed(self):
        """Another band or kind of picture was chosen: the chart marks the band that is shown."""
        self.redraw()
        self.show_spectra()

    def redraw(self):
        """Draws the picture, beside the page."""
        background_tasks.create(self.draw(), name="draw")

    async def draw(self):
        """Draws the picture; what changes meanwhile is drawn after it, the last state only."""
        if self.session.view is None:
            return
        self.outdated = True
        if self.drawing:
            return
        self.drawing = True
        try:
            while self.outdated:
                self.outdated = False
                self.show_rows()
                arguments = (self.kind.value, int(self.band.value), self.light.value or "D65", self.adapted.value)
                self.picture = await run.io_bound(self.session.picture, *arguments)
                self.image.set_source("data:image/jpeg;base64," + base64.b64encode(self.picture.jpeg).decode())
                self.image.style(f"width: min(100%, calc(72vh * {self.picture.width / self.picture.height:.4f}))")
                self.show_scale()
                self.show_overlay()
        except Exception as error:
            self.say(line_of(error))
        finally:
            self.drawing = False

    def show_rows(self):
        """Shows the controls of this kind of picture."""
        kind = self.kind.value
        self.light_row.set_visibility(kind == "Rendering")
        self.band_row.set_visibility(kind in ("Band", "Error"))
        self.band_label.set_text(f"{self.session.view.wavelengths_nm[int(self.band.value)]:g} nm")

    def show_scale(self):
        """Shows the color scale of an error or angle map."""
        kind = self.kind.value
        self.scale.set_visibility(kind in MAP_COLORS)
        if kind in MAP_COLORS:
            self.scale_bar.style(f"background: linear-gradient(to right, {', '.join(colorbar(MAP_COLORS[kind]))})")
            unit = "°" if kind == "Angle" else " of full scale"
            self.scale_top.set_text(f"{self.picture.top:.3g}{unit}")

    def mouse(self, event):
        """A click marks a point, a drag an area."""
        if self.picture is None:
            return
        here = (event.image_x, event.image_y)
        if event.type == "mousedown":
            self.drag = here
        elif event.type == "mouseleave":
            self.drag = None
            self.show_overlay()
        elif self.drag is not None and event.type == "mousemove" and event.buttons:
            self.show_overlay(here)
        elif self.drag is not None and event.type == "mouseup":
            start, self.drag = self.drag, None
            moved = max(abs(a - b) for a, b in zip(start, here, strict=True)) >= _DRAG_PIXELS
            step = self.picture.step
            first, last = ((y * step, x * step) for x, y in (start if moved else here, here))
            self.session.mark(first, last)
            self.show_overlay()
            self.show_spectra()

    def clear_marks(self):
        """Forgets the marked places."""
        self.session.marks.clear()
        self.show_overlay()
        self.show_spectra()

    def show_spectra(self):
        """Draws the chart and its legend."""
        session = self.session
        if session.view is None:
            return
        nm = session.view.wavelengths_nm
        band = nm[int(self.band.value)] if self.kind.value in ("Band", "Error") else None
        self.chart.options.clear()
        self.chart.options.update(charts.options(nm, session.spectra(), band))
        self.chart.update()
        self.legend.clear()
        with self.legend:
            for number, mark in enumerate(session.marks):
                with ui.element("span").classes("hs-chip"):
                    ui.element("span").classes("hs-dot").style(f"background: {charts.color_of(number)}")
                    ui.label(f"{number + 1}: {mark.label}")
            if session.marks and session.reference is not None:
                ui.label("dashed: reference").classes("hs-soft")
            if not session.marks:
                ui.label("No place marked yet: click into the picture.").classes("hs-soft")

    def show_overlay(self, corner=None):
        """Draws the marks on the picture, and the area that is being dragged to `corner`."""
        if self.picture is not None:
            drag = (self.drag, corner) if self.drag is not None and corner is not None else None
            self.image.set_content(overlay(self.session.marks, self.picture, drag))
