"""Why the system would not do something, in its own words, as a message where those are known:  Permission denied.

The words of the C library are English here, whatever the locale: Python sets no locale for messages.
"""

from i18n.message import LocalizedMessage

_KNOWN = (
    LocalizedMessage("Address already in use"),
    LocalizedMessage("Broken pipe"),
    LocalizedMessage("Cannot assign requested address"),
    LocalizedMessage("Connection refused"),
    LocalizedMessage("Connection reset by peer"),
    LocalizedMessage("Connection timed out"),
    LocalizedMessage("Device or resource busy"),
    LocalizedMessage("File name too long"),
    LocalizedMessage("Input/output error"),
    LocalizedMessage("Is a directory"),
    LocalizedMessage("Name or service not known"),
    LocalizedMessage("Network is unreachable"),
    LocalizedMessage("No address associated with hostname"),
    LocalizedMessage("No route to host"),
    LocalizedMessage("No space left on device"),
    LocalizedMessage("No such device"),
    LocalizedMessage("No such file or directory"),
    LocalizedMessage("Not a directory"),
    LocalizedMessage("Operation not permitted"),
    LocalizedMessage("Permission denied"),
    LocalizedMessage("Read-only file system"),
    LocalizedMessage("Temporary failure in name resolution"),
    LocalizedMessage("Too many levels of symbolic links"),
    LocalizedMessage("timed out"),
)
_MESSAGES = {str(message): message for message in _KNOWN}


def reason_of(error: Exception) -> str:
    """What the system says of a failure; the error's own text where it says nothing."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return _MESSAGES.get(said, said)
