"""The page itself: its cards, and what happens to what they are given. Everything it does is the session's."""

from collections.abc import Callable, Sequence
from pathlib import Path

from nicegui import events, ui

from hsgan.app.bounds import Limits
from hsgan.app.drop import Uploads
from hsgan.app.session import Session
from hsgan.app.spectra import Spectra
from hsgan.app.style import CSS
from hsgan.app.texts import facts_of, numbers_of
from hsgan.app.uploads import CUBE_SUFFIXES
from hsgan.app.viewer import Viewer
from hsgan.app.work import Job, Report, line_of
from hsgan.errors import HsganError
from hsgan.files.cameras import SUFFIXES as CAMERA_SUFFIXES
from hsgan.files.cubes import FORMATS
from hsgan.files.photos import READABLE
from hsgan.files.stored import Choice
from hsgan.plot.comparison import BEST_SCALE, NO_SCALE
from hsgan.reconstruct.api import Reconstructor

BY_FILE = "What the photo's file says"
_TICK_SECONDS = 0.2


class Page:
    """One visitor's page.

    Args:
      model: `hsgan.Reconstructor`, or None.
      limits: `hsgan.app.bounds.Limits`.
      first: paths to open at once.
      choice: as in `hsgan.app.session.Session`.
    """

    def __init__(
        self,
        model: Reconstructor | None,
        limits: Limits,
        first: Sequence[Path] = (),
        choice: Choice | None = None,
    ):
        self.model, self.limits = model, limits
        self.session = Session(model, limits, choice=choice)
        self.job: Job | None = None
        self.then: Callable[[], None] = lambda: None
        self.uploads = Uploads(limits.upload_bytes, self.rejected, lambda: self.say(""))
        self.build()
        ui.context.client.on_delete(self.leave)
        if first:
            self.open(list(first))

    def leave(self) -> None:
        """Ends the visitor's work and removes the files."""
        if self.job is not None:
            self.job.stop()
        self.session.close()

    # What there is to see.

    def build(self) -> None:
        """Lays out the page."""
        ui.add_css(CSS)
        ui.colors(primary="#2f5d7c")
        with ui.column().classes("hs-page"):
            with ui.row().classes("items-baseline w-full gap-x-4 gap-y-0"):
                ui.label("hsgan").classes("hs-title").props("role=heading aria-level=1")
                ui.label("Hyperspectral cubes out of photos").classes("hs-soft")
            self.build_opening()
            self.build_messages()
            with ui.element("div").classes("hs-columns") as self.results:
                with ui.column().classes("hs-column"):
                    self.viewer = Viewer(self.session, self.say, self.show_spectra)
                with ui.column().classes("hs-column"):
                    self.spectra = Spectra(self.session, self.say, self.cleared, self.whiten)
                    self.build_comparison()
                    self.build_download()
        self.results.set_visibility(False)
        self.timer = ui.timer(_TICK_SECONDS, self.tick)

    def build_opening(self) -> None:
        """The place to drop files on, the sample, and the camera."""
        bounds = f"at most {self.limits.pixels / 1e6:g} megapixels and {self.limits.upload_bytes / 1e6:g} MB"
        photos, cubes = f"{READABLE}; ", f"cubes: {' '.join(CUBE_SUFFIXES)}; "
        kinds = "a photo or a cube" if self.model is not None else "a cube"
        with ui.column().classes("hs-card"):
            note = f"{photos if self.model is not None else ''}{cubes}{bounds}"
            self.uploads.zone("open", f"Choose {kinds}, or drop it here", note, self.opened)
            with ui.row().classes("w-full items-center gap-x-3 gap-y-2"):
                self.build_camera()
                ui.button("Try the sample", icon="palette", on_click=self.open_sample).classes("at-sample").props(
                    "outline no-caps padding='6px 10px'"
                )
                self.facts = ui.label("").classes("hs-soft flex-1 min-w-60 at-facts").props("role=status")
            if self.model is not None:
                about = self.model.method.introduction
                ui.label(about[0].upper() + about[1:]).classes("hs-soft at-model")

    def build_camera(self) -> None:
        """The choice of the camera that took the photo."""
        choices = [BY_FILE, *self.session.cameras]
        self.camera = ui.select(choices, value=BY_FILE, label="Camera that took the photo")
        self.camera.props("dense outlined options-dense").classes("min-w-60 max-sm:w-full at-camera")
        self.camera.on_value_change(self.camera_changed)
        button = self.uploads.button(
            "camera-file", "Camera file", "upload_file", self.camera_received, ",".join(CAMERA_SUFFIXES)
        )
        button.props('title="Sensitivities of your camera: wavelength, R, G, B as CSV, and others"')
        for part in (self.camera, button):
            part.set_visibility(self.model is not None)

    def build_messages(self) -> None:
        """The line of an error, and the progress of long work."""
        with ui.row().classes("hs-error items-center no-wrap") as self.error_box:
            self.error = ui.label("").classes("flex-1 at-error").props("role=alert")
            close = ui.button(icon="close", on_click=lambda: self.say(""))
            close.props("flat dense round size=sm color=red-9 aria-label='Close the message'").classes("at-close")
        self.error_box.set_visibility(False)
        with ui.row().classes("hs-card items-center no-wrap") as self.progress_box:
            self.progress_text = ui.label("").classes("min-w-36 at-working").props("role=status")
            self.progress = ui.linear_progress(0, show_value=False, size="8px").props("rounded instant-feedback")
            self.progress.props("aria-label='Progress'")
            self.progress_share = ui.label("").classes("hs-soft w-12 text-right")
            ui.button("Stop", icon="stop", on_click=self.stop).props("outline dense no-wrap").classes("at-stop")
        self.progress_box.set_visibility(False)

    def build_comparison(self) -> None:
        """The reference and the numbers."""
        with ui.column().classes("hs-card"):
            ui.label("Compare with a reference cube").classes("hs-head").props("role=heading aria-level=2")
            note = "It is taken as the truth; it must have this cube's size and bands."
            self.uploads.zone("reference", "Choose the true cube, or drop it here", note, self.reference_opened)
            self.scaled = ui.checkbox("At the reference's brightness", on_change=self.scale_changed)
            self.scaled.props("dense").classes("at-scaled").set_visibility(False)
            self.numbers = ui.element("div").classes("hs-numbers at-numbers")

    def build_download(self) -> None:
        """The cube's formats."""
        with ui.column().classes("hs-card"):
            ui.label("Download the cube").classes("hs-head").props("role=heading aria-level=2")
            with ui.row().classes("items-center gap-4"):
                self.form = ui.select(list(FORMATS), value=next(iter(FORMATS)), label="Format")
                self.form.props("dense outlined").classes("w-40 at-format")
                ui.button("Download", icon="download", on_click=self.download).props("unelevated no-caps").classes(
                    "px-3 at-download"
                )

    # What happens.

    def say(self, line: str) -> None:
        """Shows the line of an error; "" takes it away."""
        self.error.set_text(line)
        self.error_box.set_visibility(bool(line))

    def start(self, title: str, work: Callable[[Report], None], then: Callable[[], None]) -> None:
        """Starts long work, and calls `then()` when it has succeeded. One at a time."""
        if self.job is not None:
            self.say("Something is still being worked on: wait for it, or stop it first.")
            return
        self.say("")
        self.job, self.then = Job(title, work).start(), then
        self.progress_text.set_text(title)
        self.tick()

    def stop(self) -> None:
        """Asks the work to end."""
        if self.job is not None:
            self.job.stop()
            self.progress_text.set_text("Stopping …")

    def tick(self) -> None:
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

    def rejected(self) -> None:
        """Tells that the browser did not send a file."""
        self.say(
            f"The upload is larger than {self.limits.upload_bytes / 1e6:g} MB, the most that is taken here; make it "
            "smaller, or start the page with a higher --max_upload_mb, or with the file's path."
        )

    async def received(self, event: events.MultiUploadEventArguments) -> list[Path] | None:
        """Returns the paths of what was uploaded, or None where it could not be kept."""
        if isinstance(event.sender, ui.upload):
            event.sender.reset()
        try:
            paths = self.session.places_for([file.name for file in event.files])
            for file, path in zip(event.files, paths, strict=True):
                await file.save(path)
            return paths
        except OSError as error:
            self.say(line_of(error))
            return None

    async def opened(self, event: events.MultiUploadEventArguments) -> None:
        """A photo or cube arrived."""
        paths = await self.received(event)
        if paths:
            self.open(paths)

    def open(self, paths: Sequence[Path]) -> None:
        """Opens a photo or a cube."""
        camera = self.chosen_camera
        self.start(f"Opening {paths[0].name}", lambda report: self.session.open(paths, camera, report), self.show)

    def open_sample(self) -> None:
        """Opens the sample."""
        camera = self.chosen_camera
        self.start("Opening the sample", lambda report: self.session.open_sample(camera, report), self.show)

    @property
    def chosen_camera(self) -> str:
        """Name of the camera, "" for what the photo's file says."""
        return "" if self.camera.value in (BY_FILE, None) else self.camera.value

    def camera_changed(self) -> None:
        """Reconstructs the photo with another camera."""
        if self.session.photo is not None:
            camera = self.chosen_camera
            self.start("Reconstructing", lambda report: self.session.reconstruct(camera, report), self.show)

    async def camera_received(self, event: events.MultiUploadEventArguments) -> None:
        """A file of a camera arrived: its cameras can be chosen, and the first one is."""
        paths = await self.received(event)
        if not paths:
            return
        try:
            names = self.session.add_cameras(paths)
        except HsganError as error:
            self.say(line_of(error))
        else:
            self.say("")
            self.camera.set_options([BY_FILE, *self.session.cameras], value=names[0])

    async def reference_opened(self, event: events.MultiUploadEventArguments) -> None:
        """A reference arrived."""
        paths = await self.received(event)
        if paths:
            name = paths[0].name
            self.start(f"Comparing with {name}", lambda report: self.session.open_reference(paths, report), self.show)

    def scale_changed(self) -> None:
        """Compares at another brightness."""
        scale = BEST_SCALE if self.scaled.value else NO_SCALE
        self.start("Comparing", lambda report: self.session.rescale(scale, report), self.show)

    def download(self) -> None:
        """Writes the cube and hands it to the browser."""
        made, form = [], self.form.value
        self.start(
            f"Writing {form}",
            lambda report: made.append(self.session.export(form, report)),
            lambda: ui.download.file(made[0]),
        )

    def whiten(self) -> None:
        """Divides the cube by the place that was marked last."""
        self.start("Dividing by the white", self.session.whiten, self.show)

    def show(self) -> None:
        """Shows a cube that has just been opened, or a reference."""
        self.results.set_visibility(True)
        self.facts.set_text(facts_of(self.session))
        self.show_numbers()
        self.viewer.show()
        self.show_spectra()

    def show_numbers(self) -> None:
        """Shows the comparison's numbers."""
        self.numbers.clear()
        self.scaled.set_visibility(self.session.reference is not None)
        with self.numbers:
            for name, value in numbers_of(self.session):
                ui.label(name)
                ui.label(value).classes("value")

    def show_spectra(self) -> None:
        """Draws the chart, and the table beneath it."""
        self.spectra.show(self.viewer.light.value or "D65", self.viewer.band_nm)

    def cleared(self) -> None:
        """The marks are gone."""
        self.viewer.show_overlay()
        self.show_spectra()
