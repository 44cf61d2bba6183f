"""Every error that Rongtong raises on purpose, in one tree.

It lives in the lowest layer so that each layer can raise from it::

    RongtongError
    ├── InputError            what the caller gave is wrong: a field, its value, the mend
    │   ├── FileUnreadable    a file that cannot be opened, decoded or parsed
    │   ├── UnknownId         an id that the catalogue does not hold
    │   └── WrongSetting      a setting with an impossible value
    ├── CatalogueError        the database is missing, older, newer or refuses
    ├── EncoderError          the encoder folder is missing or broken
    ├── VectorServerError     the vector server is away or refuses
    ├── TrainingError         the training material does not suffice
    └── ReleaseError          releases and the files in them
        ├── NoRelease         nothing has been refreshed yet, or no release of that id
        ├── DamagedRelease    a file of a release is missing, torn or altered
        │   └── OtherFormat   a release that another version of Rongtong made
        ├── GateFailed        a built release did not pass its checks and was not promoted
        └── RefreshRunning    another process is refreshing this workspace
"""

from __future__ import annotations


class RongtongError(Exception):
    """An error with the parts a person needs: what is wrong, where, and the mend.

    ``field`` and ``value`` name the input at fault (empty where there is none), ``mend`` says what to
    do about it. ``status`` is the HTTP status and ``exit_code`` the command's exit code.
    """

    status = 500
    exit_code = 1

    def __init__(self, message: str, *, field: str = "", value: object = "", mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.value = value
        self.mend = mend

    def __str__(self) -> str:
        parts = [self.message]
        if self.field:
            parts.append(f"[{self.field} = {shorten(self.value)}]")
        if self.mend:
            parts.append(f"→ {self.mend}")
        return " ".join(parts)

    @property
    def code(self) -> str:
        """The error's name as an identifier: ``UnknownId`` → ``unknown-id``."""
        name = type(self).__name__
        return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


def shorten(value: object, limit: int = 80) -> str:
    """``repr`` of *value*, cut to *limit* characters, so that a 10 MB cell never fills a message."""
    text = repr(value[: limit + 1] if isinstance(value, str | bytes) else value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


class InputError(RongtongError):
    status = 422
    exit_code = 2


class FileUnreadable(InputError):
    pass


class UnknownId(InputError):
    status = 404


class WrongSetting(InputError):
    pass


class CatalogueError(RongtongError):
    status = 503


class EncoderError(RongtongError):
    status = 503


class VectorServerError(RongtongError):
    status = 503


class TrainingError(RongtongError):
    pass


class ReleaseError(RongtongError):
    status = 503


class NoRelease(ReleaseError):
    pass


class DamagedRelease(ReleaseError):
    pass


class OtherFormat(DamagedRelease):
    pass


class GateFailed(ReleaseError):
    pass


class RefreshRunning(ReleaseError):
    status = 409
