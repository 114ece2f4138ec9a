"""Texts of dashboards: one dashboard's code, two dashboards.

style.say(Text("State now")) -> "Keadaan sekarang"
"""

import msgspec

from i18n.message import Bilingual, LocalizedMessage


class Text(LocalizedMessage):
    """A text of a dashboard, by its English form; i18n/locale/ has the Indonesian one."""


Words = LocalizedMessage | Bilingual
"""What a dashboard can say: a text from the catalog, or the names of a row that has both."""

NOTHING = Text("–")
"""What a panel shows where it has nothing, unless it knows better: what to do is said once, in the page's headline."""


class Caption(msgspec.Struct, frozen=True):
    """What people read of a panel: its title, what it means (behind the i), and what it says where nothing is known."""

    title: Words
    about: Words
    nothing: Words = NOTHING
