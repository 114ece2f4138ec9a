"""An update as a sentence for people:  update to version 1.2.0: was taken back …; the cloud acknowledged nothing …"""

from i18n.message import LocalizedMessage
from wire.gateway_update import UpdateState, UpdateStatus

STATES = {
    UpdateState.FETCHING: LocalizedMessage("is being fetched"),
    UpdateState.INSTALLING: LocalizedMessage("is being installed beside the one in use"),
    UpdateState.ON_TRIAL: LocalizedMessage("runs on trial until the cloud has acknowledged"),
    UpdateState.CONFIRMED: LocalizedMessage("is confirmed: the cloud has acknowledged"),
    UpdateState.ROLLED_BACK: LocalizedMessage("was taken back, and the version before runs"),
    UpdateState.REFUSED: LocalizedMessage("was refused, and nothing was changed"),
    UpdateState.OTHER: LocalizedMessage("is in a state that only a newer version knows"),
}


def said_of_update(update: UpdateStatus) -> LocalizedMessage:
    """The newest update in a sentence; its reason is the gateway's own, in English."""
    if not update.reason:
        return LocalizedMessage(
            "update to version {version}: {state}", version=update.version, state=STATES[update.state]
        )
    return LocalizedMessage(
        "update to version {version}: {state}; {reason}",
        version=update.version, state=STATES[update.state], reason=update.reason,
    )  # fmt: skip
