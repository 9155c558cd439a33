"""What the page takes, and where it listens; light to import: checked before anything slow begins."""

import socket
from dataclasses import dataclass

from hsgan.errors import DataError, HsganError

LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Limits:
    """What the page accepts.

    Attributes:
      upload_bytes: of all files of one upload together. pixels: of a photo, or of a cube's image.
    """

    upload_bytes: int
    pixels: int

    def check(self, name: str, height: int, width: int) -> None:
        """Raises `DataError` for an image of more pixels."""
        if height * width > self.pixels:
            raise DataError(
                f"{name}: has {height * width / 1e6:.1f} megapixels, at most {self.pixels / 1e6:g} are taken here; "
                "make it smaller, or start the page with a higher --max_megapixels"
            )


def check_address(host: str, port: int) -> None:
    """Raises `HsganError` unless this process may listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise HsganError(
            f"host, port: {host}:{port} cannot be listened on ({error.strerror}); give another --port or --host"
        ) from error
