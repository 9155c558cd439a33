"""Ways to give the page a file: a place to drop it on, and buttons that open the browser's dialog.

The dialog opens by a click, a touch, Enter or Space. Browsers open it in answer to the visitor alone, so it is asked
for in the page and not by the server.
"""

from collections.abc import Callable
from dataclasses import dataclass

from nicegui import ui


@dataclass(frozen=True)
class Uploads:
    """How uploads are taken.

    Attributes:
      most: bytes of all files of one upload.
      rejected: called when the browser keeps files back that are too large.
      begun: called when an upload begins.
    """

    most: int
    rejected: Callable
    begun: Callable

    def zone(self, name: str, text: str, note: str, received: Callable) -> None:
        """Builds a place to drop files on, with a button.

        Args:
          name: of the CSS classes `at-NAME` and `at-NAME-zone`, by which tests find it.
          text: on the button.
          note: below it.
          received: called with the event of NiceGUI's `on_multi_upload`.
        """
        with ui.element("div").classes(f"hs-drop at-{name}-zone") as zone:
            # The pointer goes through it to the upload beneath, which takes what is dropped; the keyboard stays.
            ui.button(text).props("flat no-caps").classes("hs-choose")
            ui.label(note).classes("hs-soft")
            upload = self._upload(name, received)
        # The event tells the upload its own input's click, which comes by here as well.
        zone.on("click", js_handler=f"(event) => {_pick(upload)}")

    def button(self, name: str, text: str, icon: str, received: Callable, kinds: str) -> ui.button:
        """Builds a button that opens the dialog, and returns it.

        Args:
          name, text, received: as `zone`.
          icon: before the text.
          kinds: suffixes that the dialog offers, comma-separated.
        """
        upload = self._upload(name, received).props(f'accept="{kinds}"').classes("hidden")
        button = ui.button(text, icon=icon).props("outline no-caps padding='6px 10px'").classes(f"at-{name}-button")
        return button.on("click", js_handler=f"(event) => {_pick(upload)}")

    def _upload(self, name, received):
        return ui.upload(
            multiple=True, auto_upload=True, max_total_size=self.most,
            on_multi_upload=received, on_rejected=self.rejected, on_begin_upload=self.begun,
        ).props("flat square").classes(f"at-{name}")  # fmt: skip


def _pick(upload):
    return f"getElement({upload.id}).$refs.qRef.pickFiles(event)"
