"""A page of the console, as its room describes it: where it is, what it shows, what can be done on it.

ALARMS = ConsolePage("alarms", "alarms/page.html", show, actions={"acknowledge": acknowledge}, styles=("alarms.css",))
async def show(visit): return PageContent([Fragment("alarm-list", "alarms/list.html", {"alarms": …}, version=…)])
"""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence

import msgspec
from starlette.responses import Response

from cloud.console.frame.form import Form
from cloud.console.frame.visit import PageVisit

Context = Mapping[str, object]


class Fragment(msgspec.Struct, frozen=True):
    """A part of a page that stays true by itself: `template` filled with `context`, in the element `id`.

    A fragment whose `version` is the one before is not filled again; None: it is filled each time, and sent if it
    differs. It depends on language, role and sites of a visit, never on the person: all who look at the same share it.
    `context` may be a function where it costs something to work out.
    """

    id: str
    template: str
    context: Context | Callable[[], Context] = {}
    version: Hashable = None


class PageContent(msgspec.Struct, frozen=True):
    """What a page shows now: its fragments, and `still`, what its template has once and does not follow.

    `still` may be a function where it costs something to work out: whoever only follows the fragments never asks.
    """

    fragments: Sequence[Fragment] = ()
    still: Context | Callable[[], Context] = {}
    title: str = ""


class Done(msgspec.Struct, frozen=True):
    """That an action was done: the sentence that says so, and the address to go on to (empty: back to where it was).

    `once` is what the page shows in this answer and never again, as a new secret: it is `whole.once` in the template.
    """

    said: str = ""
    go_to: str = ""
    once: Context = {}


Show = Callable[[PageVisit], Awaitable[PageContent]]
Action = Callable[[PageVisit, Form], Awaitable[Done]]
File = Callable[[PageVisit], Awaitable[Response]]


class ConsolePage(msgspec.Struct, frozen=True):
    """A page. `place` is its path under the language's: "alarms", "sites/{id}"; `name` is what the navigation marks.

    `actions` are what its forms POST to (`…/alarms/acknowledge`), `files` what it gives besides (`…/sites/x/csv`);
    `styles` and `scripts` are files of `static/` beside the ones that every page has. Each row of PERMISSIONS stands in
    `cloud/access/permissions.py`; what an action takes exactly, and at which site, it asks of `visit.must`.
    """

    place: str
    template: str
    show: Show
    actions: Mapping[str, Action] = {}
    files: Mapping[str, File] = {}
    styles: Sequence[str] = ()
    scripts: Sequence[str] = ()
    name: str = ""
    is_wall: bool = False
