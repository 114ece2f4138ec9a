import errno
import os

import pytest

from i18n.catalog import catalog_of
from runtime.reasons import reason_of

USUAL = (
    errno.EACCES, errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EBUSY, errno.ECONNREFUSED, errno.ECONNRESET,
    errno.EHOSTUNREACH, errno.EIO, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENETUNREACH, errno.ENODEV,
    errno.ENOENT, errno.ENOSPC, errno.ENOTDIR, errno.EPERM, errno.EPIPE, errno.EROFS, errno.ETIMEDOUT,
)  # fmt: skip


@pytest.mark.parametrize("number", USUAL)
def test_what_the_system_says_is_said_in_both_languages(number: int):
    reason = reason_of(OSError(number, os.strerror(number)))
    assert reason == os.strerror(number)
    assert catalog_of("id").said(reason) != reason


def test_what_is_not_known_is_passed_on():
    assert reason_of(OSError(errno.EXDEV, "Invalid cross-device link")) == "Invalid cross-device link"
    assert reason_of(ValueError("odd")) == "odd"
    assert reason_of(TimeoutError()) == "TimeoutError"
