"""The digest of all that goes over the feed: two releases understand each other as long as it is the same.

Hello(form=2871094522, …) ─► the screens compare it with their own ─► "it is of another version"

Nobody has to think of a number when a struct changes that is told, be it one of the gateways' own.
"""

import zlib
from functools import cache

import msgspec

from cloud.feed.memory import FORMS, View
from cloud.feed.messages import Changed, Delta, FeedAnswer, FeedQuestion
from cloud.feed.questions import ERRANDS


@cache
def form_of_the_feed() -> int:
    """Digest the forms of messages, parts, and what questions take and give."""
    errands = [form for errand in ERRANDS.values() for form in errand if form is not None]
    forms = [Delta, FeedAnswer, FeedQuestion, Changed, View, *FORMS.values(), *errands]
    described = msgspec.json.schema_components(forms)
    return zlib.crc32(msgspec.json.encode(described, order="sorted"))
