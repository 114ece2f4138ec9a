"""Secrets of channels, sealed: AES-256-GCM under the key in `notify.key_file`, which no backup of the registry has.

seal("8023:AAF…", of="duty-phone.token") -> "base64(nonce | ciphertext)"        unseal(…) -> "8023:AAF…"
What was sealed for one channel and field opens for no other. The file is made at the first secret, readable by its
owner alone; whoever has the file and the database has the secrets.
"""

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from i18n.message import LocalizedMessage
from runtime.reasons import reason_of
from runtime.whole_files import force_folder, write_aside

KEY_BYTES = 32
_NONCE_BYTES = 12


class KeyUnusable(Exception):
    """The key file cannot be read, made or used; `sentence` says why."""

    def __init__(self, sentence: LocalizedMessage) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class SecretSealer:
    """Seals and unseals under the key in `key_file`, which is read when it is asked for, and made to seal."""

    def __init__(self, key_file: Path) -> None:
        self._file = key_file
        self._cipher: AESGCM | None = None

    def seal(self, text: str, *, of: str) -> str:
        """Seal `text` for `of`; KeyUnusable where there is no key and none can be made."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._with_key(make=True).encrypt(nonce, text.encode(), of.encode())
        return base64.b64encode(nonce + sealed).decode()

    def unseal(self, sealed: str, *, of: str) -> str:
        """Open what was sealed for `of`; KeyUnusable where the key is lost, or another one."""
        cipher = self._with_key(make=False)
        try:
            whole = base64.b64decode(sealed, validate=True)
            return cipher.decrypt(whole[:_NONCE_BYTES], whole[_NONCE_BYTES:], of.encode()).decode()
        except (InvalidTag, ValueError):
            raise KeyUnusable(
                LocalizedMessage(
                    "its secret was sealed with another key than {file}; put the old file back, or write it again",
                    file=str(self._file),
                )
            ) from None

    def _with_key(self, *, make: bool) -> AESGCM:
        if self._cipher is None:
            try:
                if make and not self._file.exists():
                    _make_key(self._file)
                key = self._file.read_bytes()
            except OSError as error:
                raise KeyUnusable(
                    LocalizedMessage(
                        "the key of secrets {file} cannot be used: {reason}; put the file back, or set notify.key_file",
                        file=str(self._file),
                        reason=reason_of(error),
                    )
                ) from None
            if len(key) != KEY_BYTES:
                raise KeyUnusable(LocalizedMessage("{file} is no key: put the old file back", file=str(self._file)))
            self._cipher = AESGCM(key)
        return self._cipher


def _make_key(file: Path) -> None:
    """Make the file whole or not at all; of two processes that make it at once, both read what one has made."""
    aside = write_aside(file.with_name(f"{file.name}.{os.getpid()}"), os.urandom(KEY_BYTES))
    try:
        os.link(aside, file)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
    force_folder(file.parent)
