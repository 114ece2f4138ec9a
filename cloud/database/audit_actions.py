"""The actions of the journal in words: what somebody did, as a part of a sentence that begins with their name.

ani · acknowledged · alarm:17      budi · added a note · note:3      what an older or newer version wrote stays as it is
"""

from collections.abc import Mapping

from i18n.catalog import N_, Catalog

ACTION_NAMES: Mapping[str, str] = {
    "acknowledge": N_("acknowledged"),
    "assign": N_("assigned"),
    "shelve": N_("put aside"),
    "unshelve": N_("taken up again"),
    "tick-step": N_("ticked a step off"),
    "untick-step": N_("took back that a step is done"),
    "test-alarm": N_("raised an alarm as a test"),
    "test-channel": N_("tested a channel"),
    "channel-add": N_("added a channel"),
    "channel-edit": N_("changed a channel"),
    "channel-retire": N_("retired a channel"),
    "channel-restore": N_("brought a channel back"),
    "channel-undo": N_("took a change of a channel back"),
    "make": N_("made a backup"),
    "verify": N_("verified a backup"),
    "fail": N_("failed at a backup"),
    "remove-readings": N_("removed old readings"),
    "plan-maintenance": N_("planned maintenance"),
    "end-maintenance": N_("ended maintenance"),
    "write-handover": N_("wrote a handover note"),
    "read-handover": N_("read a handover note"),
    "add-duty": N_("put somebody on duty"),
    "remove-duty": N_("took a duty out"),
    "add-note": N_("added a note"),
    "remove-note": N_("removed a note"),
    "restore-note": N_("brought a note back"),
    "add-photo": N_("added a photo"),
    "remove-photo": N_("removed a photo"),
    "restore-photo": N_("brought a photo back"),
    "save-rule": N_("saved a rule"),
    "remove-rule": N_("removed a rule"),
    "undo-rule": N_("took a change of a rule back"),
    "import-rule": N_("took a rule over from a file"),
    "registry-add": N_("added to the registry"),
    "registry-edit": N_("changed the registry"),
    "registry-retire": N_("retired in the registry"),
    "registry-restore": N_("brought back in the registry"),
    "registry-file": N_("read the city file"),
    "registry-undo": N_("took a change of the registry back"),
    "registry-import": N_("took the registry over from a file"),
    "record-fact": N_("recorded a fact"),
    "undo-fact": N_("took a fact back"),
    "enter-reading": N_("entered a reading"),
    "withdraw-reading": N_("withdrew a reading by a person"),
    "import-readings": N_("began to import readings"),
    "imported-readings": N_("imported readings"),
    "replay": N_("tried refused readings again"),
    "replay-letters": N_("tried many refused readings again"),
    "discard": N_("discarded refused readings"),
    "ask": N_("asked a gateway"),
    "configure": N_("configured a gateway"),
    "enrol": N_("let into the broker"),
    "rotate": N_("gave another login for the broker"),
    "revoke": N_("took the login for the broker away"),
    "settle": N_("ended old logins for the broker"),
    "start": N_("began a rollout"),
    "stop": N_("stopped a rollout"),
    "log in": N_("logged in"),
    "log out": N_("logged out"),
    "add user": N_("added a person"),
    "change user": N_("changed a person"),
    "add token": N_("added a token"),
    "revoke token": N_("revoked a token"),
    "set up one-time codes": N_("set up one-time codes"),
    "turn off one-time codes": N_("turned off one-time codes"),
    "reset one-time codes": N_("reset one-time codes"),
}


def action_words(_: Catalog, action: str) -> str:
    """Say what somebody did; an action that this version does not know is said as it was written."""
    return _(ACTION_NAMES[action]) if action in ACTION_NAMES else action
