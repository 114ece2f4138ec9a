"""Texts in both languages: one dashboard's code, two dashboards.

Text("Keadaan sekarang", "State now").of(Language.ENGLISH) -> "State now"
"""

from enum import StrEnum

import msgspec


class DashboardLanguage(StrEnum):
    """The languages of the dashboards, by their codes."""

    INDONESIAN = "id"
    ENGLISH = "en"

    @property
    def other(self) -> "DashboardLanguage":
        """The language that a dashboard's link in the head leads to."""
        return DashboardLanguage.ENGLISH if self is DashboardLanguage.INDONESIAN else DashboardLanguage.INDONESIAN


class Text(msgspec.Struct, frozen=True):
    """A text for people: Indonesian first, as the command center reads it."""

    indonesian: str
    english: str

    def of(self, language: DashboardLanguage) -> str:
        """The text in `language`."""
        return self.indonesian if language is DashboardLanguage.INDONESIAN else self.english


NOTHING = Text("Tidak ada data pada rentang waktu ini", "No data in this time range")
"""What a panel says where it has nothing to show, unless it knows better."""


class Caption(msgspec.Struct, frozen=True):
    """What people read of a panel: its title, what it means (behind the i), and what it says where nothing is known."""

    title: Text
    about: Text
    nothing: Text = NOTHING
