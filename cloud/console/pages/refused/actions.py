"""What is done about refused readings: tried again, or thrown away for good, with a word for the journal.

replay  letter=119      replay_alike  gateway=gw-east reason=unknown_sensor word="it is in the registry now"
discard letter=119 …    discard_alike …
"""

from cloud.access.principal import Principal, Role
from cloud.console.frame.form import Form
from cloud.console.frame.page import Done
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.ingest.dead_letter_records import DeadLetter, DeadLetterFilter
from cloud.ingest.dead_letters import LONGEST_WORD, MOST_DISCARDED, MOST_REPLAYED
from cloud.platform import Platform
from cloud.readings.contract import StoreUnavailable
from i18n.catalog import Catalog, ended
from runtime.clock import wall_ms
from wire import is_printable


class RefusedActions:
    """Trying again and throwing away, of what the visitor may see."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def replay(self, visit: PageVisit, form: Form) -> Done:
        """Try once more to store one letter."""
        _, principal = visit.words, visit.must(Role.TECHNICIAN)
        letter = await self._letter(visit, form)
        try:
            replay = await self._platform.replay(letter.id, actor=principal.actor)
        except LookupError:
            raise ActionRejected(_("It is gone: somebody else has cleared it.")) from None
        except StoreUnavailable as error:
            raise ActionRejected(str(error), status=503) from None
        if replay.refused:
            raise ActionRejected(ended(replay.sentence))
        return Done(ended(replay.sentence))

    async def replay_alike(self, visit: PageVisit, form: Form) -> Done:
        """Try once more to store the oldest letters of a gateway and a reason."""
        _, principal = visit.words, visit.must(Role.TECHNICIAN)
        word = _word(_, form)
        try:
            found = await self._platform.replay_many(
                self._alike(principal, form), after_id=0, limit=MOST_REPLAYED, actor=principal.actor, reason=word
            )
        except StoreUnavailable as error:
            raise ActionRejected(str(error), status=503) from None
        told = _.plural(
            "{n} tried again: readings stored {stored}, still refused {refused}.",
            "{n} tried again: readings stored {stored}, still refused {refused}.",
            found.letters,
            stored=_.number(found.stored, 0),
            refused=_.number(found.refused, 0),
        )
        return Done(told)

    async def discard(self, visit: PageVisit, form: Form) -> Done:
        """Throw one letter away for good."""
        _, principal = visit.words, visit.must(Role.ENGINEER)
        word, letter = _word(_, form), await self._letter(visit, form)
        thrown = await self._platform.dead_letters.discard(
            DeadLetterFilter(), dead_letter_id=letter.id, actor=principal.actor, reason=word, now_ms=wall_ms()
        )
        return Done(_.plural("{n} discarded.", "{n} discarded.", thrown), visit.href("refused"))

    async def discard_alike(self, visit: PageVisit, form: Form) -> Done:
        """Throw the oldest letters of a gateway and a reason away for good."""
        _, principal = visit.words, visit.must(Role.ENGINEER)
        word = _word(_, form)
        thrown = await self._platform.dead_letters.discard(
            self._alike(principal, form), most=MOST_DISCARDED, actor=principal.actor, reason=word, now_ms=wall_ms()
        )
        return Done(_.plural("{n} discarded.", "{n} discarded.", thrown))

    async def _letter(self, visit: PageVisit, form: Form) -> DeadLetter:
        _ = visit.words
        try:
            return await self._platform.dead_letter_for(visit.principal, form.number("letter") or 0)
        except LookupError:
            raise ActionRejected(_("It is gone: somebody else has cleared it.")) from None

    def _alike(self, principal: Principal, form: Form) -> DeadLetterFilter:
        gateway, reason = form.text("gateway", most=64), form.text("reason", most=32)
        return DeadLetterFilter(self._platform.dead_letter_gateways(principal), gateway, reason)


def _word(_: Catalog, form: Form) -> str:
    word = form.text("word", most=LONGEST_WORD + 1)
    if not word or len(word) > LONGEST_WORD or not is_printable(word):
        raise ActionRejected(_("Write on one line why: it stands in the journal."), field="word")
    return word
