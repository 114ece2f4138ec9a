"""What the script of the page says by itself, in the language of the page: it must say it without a link, too."""

from i18n.catalog import Catalog


def script_words(_: Catalog) -> dict[str, str]:
    """The sentences by name; what stands in braces is filled in by the script."""
    return {
        "kept": _("{n} kept on this phone, not sent", n="{n}"),
        "away": _("They go out by themselves when there is a link; this page must be open then."),
        "login": _("Log in again, and they go out."),
        "other": _("Somebody else is logged in: log in as {person}, and they go out.", person="{person}"),
        "others": _("{n} kept for {person}, who must log in to send them", n="{n}", person="{person}"),
        "sent": _("Sent: {what}", what="{what}"),
        "waits": _("waits for a link"),
        "bounds": _("Beyond what can be: {low} to {high}.", low="{low}", high="{high}"),
        "number": _("This is no number."),
        "unlikely": _("That is far from what the sensor said. Look again; if you are sure, say so below."),
        "full": _("This phone keeps {n} readings already: send them first.", n="{n}"),
        "lost": _("This browser keeps nothing: with a private window closed, what is not sent is lost."),
    }
