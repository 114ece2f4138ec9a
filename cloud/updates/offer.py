"""The part `update` of what gateways are handed: where updates are, and the newest root, which they trust at first use.

{"url":"https://siaga.example/updates","root":{"signed":{"_type":"root","version":2,…},"signatures":[…]}}
"""

import logging

from cloud.updates.metadata import RepositoryBroken, RepositoryState
from cloud.updates.repository import RepositoryFolder
from cloud.updates.settings import UpdateSettings
from wire import WireError
from wire.gateway_update import UpdateOffer, encode_offer

_log = logging.getLogger(__name__)


def update_offer(settings: UpdateSettings) -> bytes:
    """The part, encoded; empty where there is no repository that gateways could use."""
    try:
        return offer_of(settings, RepositoryFolder(settings.folder).state())
    except RepositoryBroken as error:
        _log.warning("gateways are told of no updates: %s", error)
        return b""


def offer_of(settings: UpdateSettings, state: RepositoryState | None) -> bytes:
    """The part for what is published as `state`; RepositoryBroken where its root is too large for a gateway."""
    if state is None:
        return b""
    try:
        return encode_offer(UpdateOffer(settings.url, state.roots[-1].decode()))
    except WireError as error:
        raise RepositoryBroken(str(error)) from None
