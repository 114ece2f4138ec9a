"""Rollouts in the registry database: whoever is killed goes on by what stands there.

rollouts          7 | 1.2.0 | batch 5 | running           at most one runs
rollout_members   7 | gw-daruba | asked | since …         a row for each gateway
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import msgspec
from sqlalchemy import Connection, Table, bindparam, func, insert, select, update

from cloud.updates.rollout import Member, MemberState, Rollout, RolloutState
from cloud.updates.tables import RolloutMemberRow, RolloutRow

_ROLLOUT = tuple(getattr(RolloutRow, name) for name in Rollout.__struct_fields__)
_MEMBER = tuple(getattr(RolloutMemberRow, name) for name in Member.__struct_fields__)


def add_rollout(connection: Connection, rollout: Rollout, gateways: Iterable[str]) -> Rollout:
    """Keep a new one, with all of its gateways waiting; it gets its id."""
    row = _row_of(rollout)
    del row["id"]
    (number,) = connection.execute(insert(RolloutRow).values(row).returning(RolloutRow.id)).one()
    members = [{"rollout": number, **msgspec.structs.asdict(Member(gateway))} for gateway in gateways]
    if members:
        connection.execute(insert(RolloutMemberRow), members)
    return msgspec.structs.replace(rollout, id=number)


def newest(connection: Connection, *, to_change: bool = False) -> Rollout | None:
    """The newest rollout; `to_change` keeps every other process from changing it within this transaction."""
    query = select(*_ROLLOUT).order_by(RolloutRow.id.desc()).limit(1)
    row = connection.execute(query.with_for_update() if to_change else query).one_or_none()
    return None if row is None else _rollout_of(row)


def find_rollout(connection: Connection, number: int) -> Rollout:
    """One by its id; LookupError where there is none."""
    row = connection.execute(select(*_ROLLOUT).where(RolloutRow.id == number)).one_or_none()
    if row is None:
        raise LookupError(f"there is no rollout {number}")
    return _rollout_of(row)


def rollouts(connection: Connection, *, limit: int, before_id: int | None = None) -> list[Rollout]:
    """The newest ones, those before `before_id` if asked."""
    query = select(*_ROLLOUT).order_by(RolloutRow.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(RolloutRow.id < before_id)
    return [_rollout_of(row) for row in connection.execute(query)]


def members(
    connection: Connection, number: int, states: Sequence[MemberState] = tuple(MemberState), *,
    limit: int | None = None, after: str = "",
) -> list[Member]:  # fmt: skip
    """The gateways of a rollout that are in one of `states`, by their ids, those after `after`."""
    query = (
        select(*_MEMBER)
        .where(RolloutMemberRow.rollout == number, RolloutMemberRow.state.in_([*map(str, states)]))
        .where(RolloutMemberRow.gateway > after)
        .order_by(RolloutMemberRow.gateway)
    )
    return [_member_of(row) for row in connection.execute(query if limit is None else query.limit(limit))]


def counts(connection: Connection, number: int) -> dict[MemberState, int]:
    """How many gateways of a rollout are in each state."""
    query = (
        select(RolloutMemberRow.state, func.count())
        .where(RolloutMemberRow.rollout == number)
        .group_by(RolloutMemberRow.state)
    )
    return {MemberState(state): count for state, count in connection.execute(query)}


def save_members(connection: Connection, number: int, changed: Sequence[Member]) -> None:
    """Write what has changed of gateways."""
    if not changed:
        return
    connection.execute(
        _CHANGE_MEMBER, [{f"b_{key}": value for key, value in _values(number, each)} for each in changed]
    )


def save_state(connection: Connection, number: int, state: RolloutState, reason: str, *, now_ms: int) -> None:
    """Write how a rollout is doing."""
    connection.execute(
        update(RolloutRow)
        .where(RolloutRow.id == number)
        .values(state=str(state), reason=reason[:4_000], changed_ms=now_ms)
    )


def _values(number: int, member: Member) -> list[tuple[str, Any]]:
    return [("rollout", number), *msgspec.structs.asdict(member).items()]


_MEMBERS = cast(Table, RolloutMemberRow.__table__)
_CHANGE_MEMBER = (
    update(_MEMBERS)
    .where(_MEMBERS.c.rollout == bindparam("b_rollout"), _MEMBERS.c.gateway == bindparam("b_gateway"))
    .values({name: bindparam(f"b_{name}") for name in Member.__struct_fields__ if name != "gateway"})
)


def _row_of(rollout: Rollout) -> dict[str, Any]:
    return msgspec.structs.asdict(rollout) | {
        "architectures": " ".join(rollout.architectures),
        "state": str(rollout.state),
    }


def _rollout_of(row: Any) -> Rollout:
    given: Mapping[str, Any] = row._mapping
    return Rollout(
        **{**given, "architectures": tuple(given["architectures"].split()), "state": RolloutState(given["state"])}
    )


def _member_of(row: Any) -> Member:
    return Member(**{**row._mapping, "state": MemberState(row.state)})
