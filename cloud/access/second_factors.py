"""Second factors in the registry database: a code of the app is good once, and so is each recovery code.

add(connection, "ani", secret, step, …) ─► ten recovery codes        use(connection, "ani", "287082", now_ms=…) ─► how
"""

import base64
import hashlib
import re
import secrets

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from cloud.access.rejection import AccessRejected
from cloud.access.tables import SecondFactorRow
from cloud.access.totp import ABOUT_NOW, DIGITS, STEP_S, step_of
from i18n.message import LocalizedMessage

RECOVERY_CODES = 10
LONGEST_CODE = 40
"""Characters of what somebody types as a code."""
WRONG_CODE = LocalizedMessage("the code is wrong or used; wait for the next one, or write a recovery code")
_RECOVERY = re.compile(r"[a-z2-7]{16}")
_CODE = re.compile(rf"[0-9]{{{DIGITS}}}")


def add(connection: Connection, name: str, secret: str, step: int, *, now_ms: int) -> list[str]:
    """Give `name` a second factor, whose code of half minute `step` was used; return the recovery codes, this once."""
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    row = {
        "user": name,
        "secret": secret,
        "last_step": step,
        "recovery": _text([*map(_hash, codes)]),
        "made_ms": now_ms,
    }
    connection.execute(insert(SecondFactorRow).values(row))
    return codes


def is_set_up(connection: Connection, name: str) -> bool:
    """Tell whether `name` has a second factor."""
    return connection.execute(select(SecondFactorRow.user).where(SecondFactorRow.user == name)).first() is not None


def state_of(connection: Connection, name: str) -> str:
    """Write down all that is kept of a second factor: another text as soon as a code is used; empty without one."""
    factor = _load(connection, name)
    return "" if factor is None else f"{factor.secret} {factor.last_step} {factor.recovery}"


def remove(connection: Connection, name: str) -> bool:
    """Take the second factor of `name` away; False where there was none."""
    return bool(connection.execute(delete(SecondFactorRow).where(SecondFactorRow.user == name)).rowcount)


def use(connection: Connection, name: str, code: str, *, now_ms: int) -> str:
    """Use a code of `name` up, and say for the journal which kind it was; AccessRejected where it is wrong or used."""
    factor, plain = _load(connection, name), _plain(code)
    if factor is not None and _CODE.fullmatch(plain):
        return _use_code(connection, name, factor, plain, now_ms=now_ms)
    if factor is not None and _RECOVERY.fullmatch(plain):
        return _use_recovery_code(connection, name, factor, plain)
    raise AccessRejected("wrong-code", WRONG_CODE)


class _Factor(msgspec.Struct, frozen=True):
    """What is kept of a second factor."""

    secret: str
    last_step: int
    recovery: str


def _load(connection: Connection, name: str) -> _Factor | None:
    query = select(SecondFactorRow.secret, SecondFactorRow.last_step, SecondFactorRow.recovery)
    row = connection.execute(query.where(SecondFactorRow.user == name)).one_or_none()
    return None if row is None else _Factor(*row)


def _use_code(connection: Connection, name: str, factor: _Factor, code: str, *, now_ms: int) -> str:
    step = step_of(factor.secret, code, now_ms=now_ms)
    # a step beyond those that count now was used before the server's clock was set back: it must keep nobody out
    newest = now_ms // 1_000 // STEP_S + max(ABOUT_NOW)
    if step is None or (step <= factor.last_step <= newest):
        raise AccessRejected("wrong-code", WRONG_CODE)
    _replace(connection, name, SecondFactorRow.last_step == factor.last_step, {"last_step": step})
    return "with a code of the app"


def _use_recovery_code(connection: Connection, name: str, factor: _Factor, code: str) -> str:
    hashes = msgspec.json.decode(factor.recovery, type=list[str])
    left = [each for each in hashes if not secrets.compare_digest(each, _hash(code))]
    if len(left) == len(hashes):
        raise AccessRejected("wrong-code", WRONG_CODE)
    _replace(connection, name, SecondFactorRow.recovery == factor.recovery, {"recovery": _text(left)})
    return f"with a recovery code; left: {len(left)}"


def _replace(connection: Connection, name: str, still: ColumnElement[bool], values: dict[str, object]) -> None:
    """Write what is used up, if nobody has used the same code at the same moment."""
    change = update(SecondFactorRow).where(SecondFactorRow.user == name, still).values(values)
    if not connection.execute(change).rowcount:
        raise AccessRejected("wrong-code", WRONG_CODE)


def _new_recovery_code() -> str:
    # 80 bits: nobody finds one by trying, not even with the hashes in hand
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def _plain(code: str) -> str:
    """The code without what people write for the eye."""
    return re.sub(r"[\s-]", "", code[:LONGEST_CODE]).lower()


def _hash(code: str) -> str:
    return hashlib.sha256(_plain(code).encode()).hexdigest()


def _text(hashes: list[str]) -> str:
    return msgspec.json.encode(hashes).decode()
