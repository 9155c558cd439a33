"""The card with the picture: which one, in which light or band, and pointing into it by mouse, touch or keys."""

import base64
from collections.abc import Callable

from nicegui import background_tasks, run, ui

from hsgan.app.hand import Corners, Hand
from hsgan.app.overlay import colorbar, overlay
from hsgan.app.session import MAP_COLORS, Session
from hsgan.app.texts import assumption_of
from hsgan.app.work import line_of
from hsgan.spectra import illuminants

RENDERING, BAND, ERROR = "Rendering", "Band", "Error"
POINT, AREA = "Points", "Areas"
_CLICK_PIXELS = 5  # of the picture: a shorter way is a click, a longer one an area
_FAST = 10  # steps, with Shift
_ARROWS = {"ArrowUp": (-1, 0), "ArrowDown": (1, 0), "ArrowLeft": (0, -1), "ArrowRight": (0, 1)}
_KEYS = """(event) => {
    if (!["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Enter", " ", "Escape"].includes(event.key)) return;
    if (event.target !== event.currentTarget || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    emit(event.key, event.shiftKey);
}"""
_LABEL = "Picture of the cube. Arrow keys move the cross, with Shift ten times as far. Enter marks the place."


class Viewer:
    """The card.

    Args:
      session: the visitor's.
      say: shows the line of an error.
      changed: called when a place is marked, or another band or light is chosen.
    """

    def __init__(self, session: Session, say: Callable[[str], None], changed: Callable[[], None]):
        self.session, self.say, self.changed = session, say, changed
        # The cross is for keys and fields: after a click it would only hide the mark.
        self.hand, self.cross = Hand(), False
        self.picture = None
        self._drawing = self._outdated = self._filling = False
        with ui.column().classes("hs-card"):
            self._build_choice()
            self._build_picture()
            self._build_light()
            self._build_band()
            self._build_pointing()

    def _build_choice(self):
        self.kind = ui.toggle([RENDERING, BAND], value=RENDERING).props(
            "flat no-caps padding='4px 14px' toggle-color=white toggle-text-color=white aria-label='Picture'"
        )
        self.kind.on_value_change(self._view_changed).classes("at-kind")

    def _build_picture(self):
        self.image = ui.interactive_image(
            events=["mousedown", "mousemove", "mouseup", "mouseleave"], on_mouse=self._mouse, sanitize=False
        ).classes("hs-picture at-picture")  # fmt: skip
        self.image.props(f'tabindex=0 role=application aria-label="{_LABEL}"')
        self.image.on("keydown", self._key, js_handler=_KEYS)
        seen = "(event) => { if (event.target.matches(':focus-visible')) emit(); }"
        self.image.on("focus", self._show_cross, js_handler=seen)
        # The label speaks for it.
        self.image.on("loaded", js_handler=f"() => {{ getElement({self.image.id}).$refs.img.alt = ''; }}")
        with ui.row().classes("w-full items-center no-wrap gap-3 hs-soft") as self.scale:
            ui.label("0")
            self.scale_bar = ui.element("div").classes("hs-scale")
            self.scale_top = ui.label("").classes("at-scale")

    def _build_light(self):
        with ui.row().classes("w-full items-center gap-x-4 gap-y-1") as self.light_row:
            self.light = ui.select(list(illuminants.names()), value="D65", label="Light", with_input=True)
            self.light.props("dense outlined").classes("w-40 at-light").on_value_change(self._view_changed)
            self.adapted = ui.checkbox("Eye adapted to it", on_change=self.redraw).props("dense").classes("at-adapted")
            self.assumed = ui.label("").classes("hs-soft w-full")

    def _build_band(self):
        with ui.row().classes("w-full items-center no-wrap gap-4") as self.band_row:
            self.band_label = ui.label("").classes("w-16 font-medium at-band-label")
            self.band = ui.slider(min=0, max=1, step=1, value=0, on_change=self._view_changed).classes("at-band")
            self.band.props('aria-label="Band"')

    def _build_pointing(self):
        with ui.row().classes("w-full items-center gap-x-3 gap-y-2"):
            self.mode = ui.toggle([POINT, AREA], value=POINT, on_change=self._mode_changed).classes("at-mode")
            self.mode.props("flat no-caps padding='2px 12px' toggle-color=white toggle-text-color=white")
            self.mode.props('aria-label="What is marked"')
            with ui.row().classes("items-center no-wrap gap-3"):
                self.row, self.column = self._field("Row"), self._field("Column")
                mark = ui.button("Mark", on_click=lambda: self._mark(self.hand.choose()))
                mark.props("outline no-caps").classes("at-mark")
        self.hint = ui.label("").classes("hs-soft at-hint").props("role=status")

    def _field(self, name):
        field = ui.number(name, value=0, min=0, step=1, format="%d", on_change=self._field_changed)
        return field.props("dense outlined").classes(f"w-24 at-{name.lower()}")

    @property
    def band_nm(self) -> float | None:
        """Wavelength of the band that is shown, or None."""
        if self.session.view is None or self.kind.value not in (BAND, ERROR):
            return None
        return float(self.session.view.wavelengths_nm[int(self.band.value)])

    def show(self) -> None:
        """Shows the session's cube, which may be another one."""
        session = self.session
        self.assumed.set_text(assumption_of(session))
        kind = self.kind.value if self.kind.value in session.kinds else RENDERING
        self.kind.set_options(list(session.kinds), value=kind)
        last = session.shown.shape[2] - 1
        self.band.props(f"max={last}")
        self.band.value = min(self.band.value or last // 2, last)
        self.hand.enter(session.shown.shape[:2])
        for field, size in zip((self.row, self.column), session.shown.shape[:2], strict=True):
            field.max = size - 1
        self._show_cursor()
        self.redraw()

    def redraw(self) -> None:
        """Draws the picture, beside the page."""
        background_tasks.create(self._draw(), name="draw")

    def show_overlay(self, area: Corners | None = None) -> None:
        """Draws the marks on the picture, and an area in the making."""
        if self.picture is not None:
            cursor = self.hand.cursor if self.cross else None
            area = area or self.hand.outline
            self.image.set_content(overlay(self.session.marks, self.picture, area, cursor))

    def _view_changed(self):
        self.redraw()
        self.changed()

    async def _draw(self):
        """Draws the picture; what changes meanwhile is drawn after it, the last state only."""
        if self.session.view is None:
            return
        self._outdated = True
        if self._drawing:
            return
        self._drawing = True
        try:
            while self._outdated:
                self._outdated = False
                self._show_rows()
                arguments = (self.kind.value, int(self.band.value), self.light.value or "D65", self.adapted.value)
                self.picture = await run.io_bound(self.session.picture, *arguments)
                self.image.set_source("data:image/jpeg;base64," + base64.b64encode(self.picture.jpeg).decode())
                self.image.style(f"width: min(100%, calc(72vh * {self.picture.width / self.picture.height:.4f}))")
                self._show_scale()
                self.show_overlay()
        except Exception as error:
            self.say(line_of(error))
        finally:
            self._drawing = False

    def _show_rows(self):
        kind = self.kind.value
        self.light_row.set_visibility(kind == RENDERING)
        self.band_row.set_visibility(kind in (BAND, ERROR))
        text = f"{self.session.view.wavelengths_nm[int(self.band.value)]:g} nm"
        self.band_label.set_text(text)
        self.band.props(f'aria-label="Band, {text}"')

    def _show_scale(self):
        kind = self.kind.value
        self.scale.set_visibility(kind in MAP_COLORS)
        if kind in MAP_COLORS:
            self.scale_bar.style(f"background: linear-gradient(to right, {', '.join(colorbar(MAP_COLORS[kind]))})")
            unit = "°" if kind == "Angle" else " of full scale"
            self.scale_top.set_text(f"{self.picture.top:.3g}{unit}")

    def _show_cursor(self):
        """Shows where the cursor is, in the fields and in words."""
        hand = self.hand
        self._filling = True  # the fields: what that changes is no wish of the visitor's
        self.row.value, self.column.value = hand.cursor
        self._filling = False
        where = f" The cross is at row {hand.cursor[0]}, column {hand.cursor[1]}." if self.cross else ""
        if hand.corner is not None:
            text = f"Corner at row {hand.corner[0]:.0f}, column {hand.corner[1]:.0f}. Choose the opposite one."
        elif hand.area:
            text = "Choose two opposite corners, or drag, for the mean of an area."
        elif self.cross:
            text = "Enter marks the place of the cross."
        else:
            text = "Click for the spectrum of a point, drag for the mean of an area."
        self.hint.set_text(text + where)

    def _show_cross(self):
        self.cross = True
        self._show_cursor()
        self.show_overlay()

    def _mode_changed(self):
        self.hand.area = self.mode.value == AREA
        self.hand.let_go()
        self._show_cursor()
        self.show_overlay()

    def _field_changed(self):
        empty = self.row.value is None or self.column.value is None  # while it is being typed
        if not self._filling and not empty and self.picture is not None:
            self.hand.move_to(self.row.value, self.column.value)
            self._show_cross()

    def _key(self, event):
        if self.picture is None:
            return
        key, fast = event.args
        if key in _ARROWS:
            far = self.picture.step * (_FAST if fast else 1)
            self.hand.move_by(*(far * way for way in _ARROWS[key]))
        elif key == "Escape":
            self.hand.let_go()
        else:
            self._mark(self.hand.choose())
            return
        self._show_cross()

    def _mouse(self, event):
        if self.picture is None:
            return
        step, hand = self.picture.step, self.hand
        here = (event.image_y * step, event.image_x * step)
        if event.type == "mousedown":
            self.cross = False
            hand.press(here)
        elif event.type == "mouseleave":
            hand.lift()
            self.show_overlay()
        elif event.type == "mousemove" and event.buttons:
            self.show_overlay(hand.dragged(here))
        elif event.type == "mouseup":
            self._mark(hand.release(here, _CLICK_PIXELS * step))

    def _mark(self, corners):
        """Marks a place, if there is one, and shows what has changed."""
        if self.session.view is None:
            return
        if corners is not None:
            self.session.mark(*corners)
        self._show_cursor()
        self.show_overlay()
        if corners is not None:
            self.changed()
