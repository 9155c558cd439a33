"""A place to drop files on, with a button that opens the browser's dialog: by a click, a touch, Enter or Space."""

from collections.abc import Callable

from nicegui import ui


def drop_zone(
    name: str,
    text: str,
    note: str,
    most: int,
    received: Callable,
    rejected: Callable,
    begun: Callable,
) -> ui.upload:
    """Builds the place and returns its upload.

    Args:
      name: of the CSS classes `at-NAME` and `at-NAME-zone`, by which tests find it.
      text: on the button.
      note: below it.
      most: bytes of all files of one upload.
      received: called with the event of NiceGUI's `on_multi_upload`.
      rejected: called when the browser keeps files back that are too large.
      begun: called when an upload begins.
    """
    with ui.element("div").classes(f"hs-drop at-{name}-zone") as zone:
        # The pointer goes through it to the upload beneath, which takes what is dropped; the keyboard stays.
        ui.button(text).props("flat no-caps").classes("hs-choose")
        ui.label(note).classes("hs-soft")
        upload = ui.upload(
            multiple=True, auto_upload=True, max_total_size=most,
            on_multi_upload=received, on_rejected=rejected, on_begin_upload=begun,
        ).props("flat square").classes(f"at-{name}")  # fmt: skip
    # In the page, not on the server: browsers open the dialog in answer to the visitor alone. The event tells the
    # upload its own input's click, which comes by here as well.
    zone.on("click", js_handler=f"(event) => getElement({upload.id}).$refs.qRef.pickFiles(event)")
    return upload
