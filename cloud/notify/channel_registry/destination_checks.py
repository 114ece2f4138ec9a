"""Whether a people's channel may send where it says, as far as that shows before anything is sent.

WebhookChannel(url="http://…") -> "url: goes in the clear; write https"      a name is looked up when it is used
"""

from urllib.parse import urlsplit

from cloud.notify.channels.email.settings import EmailChannel
from cloud.notify.channels.mqtt.settings import DEVICES, MqttChannel
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.channels.webhook.settings import WebhookChannel
from cloud.notify.destinations import CheckedDestinations, DestinationRefused, literal_address
from cloud.notify.settings import NotifySettings
from i18n.message import LocalizedMessage, located


def destination_problem(settings: ChannelSettings, file: NotifySettings) -> str:
    """Return why messages may not go there; empty where nothing speaks against it."""
    if isinstance(settings, MqttChannel):
        return _of_topic(settings.topic)
    if isinstance(settings, EmailChannel):
        return _of_host("host", settings.host, file)
    if not isinstance(settings, WebhookChannel):
        return ""
    parts = urlsplit(settings.url.whole)
    if parts.scheme != "https" and not file.allow_http:
        return located("url", LocalizedMessage("goes in the clear; write an address that begins with https://"))
    return _of_host("url", parts.hostname or "", file)


def _of_host(key: str, host: str, file: NotifySettings) -> str:
    address = literal_address(host)
    try:
        if address:
            CheckedDestinations(lambda: file.allow_private).must_be_allowed(host, address)
    except DestinationRefused as error:
        return located(key, error.sentence)
    return ""


def _of_topic(topic: str) -> str:
    if topic and not (topic.startswith(DEVICES) and topic.removeprefix(DEVICES).count("/") == 0 and topic != DEVICES):
        told = LocalizedMessage("devices that people add listen below {topics}; write {topics} and a name",
                                topics=DEVICES)  # fmt: skip
        return located("topic", told)
    return ""
