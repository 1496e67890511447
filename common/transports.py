"""How a message leaves: by e-mail, or through Apprise into a group of DingTalk, WeCom or Feishu.

Only a title and a link go out (docs/notices.md). Nothing here writes an address into a log or an error.
"""

import re
import smtplib
import uuid
import warnings
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from common.crypto import Unreadable, decrypt
from common.models import Channel
from common.problems import Refused

UNREACHABLE, REFUSED, UNREADABLE = "unreachable", "refused", "unreadable"
#: Seconds to connect, and between two bytes of the answer.
TIMEOUT = 10.0
#: The services whose address anybody can copy out of the group's settings: (host, path) -> scheme and where the key is.
WEBHOOKS = {
    ("oapi.dingtalk.com", "/robot/send"): ("dingtalk", "access_token"),
    ("qyapi.weixin.qq.com", "/cgi-bin/webhook/send"): ("wecombot", "key"),
}
FEISHU = re.compile(r"/open-apis/bot/v2/hook/([A-Za-z0-9-]+)/?")


class NotSent(Exception):
    """The message is still ours. `word` says why, in a word that may be stored."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def deliver(channel: Channel, *, title: str, link: str, message_id: uuid.UUID) -> None:
    """Returns when the server has taken the message, and raises NotSent when it has not."""
    try:
        address = decrypt(channel.address)
    except Unreadable:
        raise NotSent(UNREADABLE) from None
    with translation.override(settings.LANGUAGE_CODE):
        if channel.kind == Channel.Kind.EMAIL:
            _by_email(address, title, link, message_id)
        else:
            _into_group(address, title, link, message_id)


# --- E-mail -------------------------------------------------------------------------------------------------------


def is_email_set_up() -> bool:
    return not settings.EMAIL_BACKEND.endswith(".console.EmailBackend")


def _by_email(address: str, title: str, link: str, message_id: uuid.UUID) -> None:
    body = _("Sign in to read it: %(link)s") % {"link": link}
    message = EmailMessage(
        subject=_("Cadre ID card: %(title)s") % {"title": title},
        body=f"{title}\n\n{body}\n",
        to=[address],
        headers={
            "Message-ID": f"<{message_id}@{settings.SITE_HOST}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        message.send()
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError):
        raise NotSent(UNREACHABLE) from None
    except smtplib.SMTPException:
        raise NotSent(REFUSED) from None
    except OSError:
        raise NotSent(UNREACHABLE) from None


# --- Groups -------------------------------------------------------------------------------------------------------


def group_address(given: str) -> str:
    """The address of a group as it is kept. Raises Refused for every service that is not in NOTICE_SCHEMES.

    Options behind a question mark could switch off the certificate check or follow redirects into our own network, so
    none is taken.
    """
    address = _of_webhook(given.strip())
    scheme = address.partition("://")[0].lower()
    if scheme not in settings.NOTICE_SCHEMES:
        names = "、".join(f"{name}://" for name in settings.NOTICE_SCHEMES)
        sentence = _("Paste the robot's webhook address, or one that begins with %(schemes)s.")
        raise Refused(sentence % {"schemes": names}, "address")
    if "?" in address or "#" in address:
        raise Refused(_("Leave out what stands behind the question mark: no options are taken."), "address")
    if _plugin(address) is None:
        raise Refused(_("This address is not complete: copy it again from the group's settings."), "address")
    return address


def _of_webhook(given: str) -> str:
    """What the group's settings show, as Apprise writes it."""
    try:
        parts = urlsplit(given)
    except ValueError:
        return given
    if parts.scheme != "https":
        return given
    if parts.hostname == "open.feishu.cn" and (hook := FEISHU.fullmatch(parts.path)):
        return f"feishu://{hook[1]}"
    scheme, name = WEBHOOKS.get((parts.hostname or "", parts.path.rstrip("/")), ("", ""))
    keys = parse_qs(parts.query).get(name, [])
    return f"{scheme}://{keys[0]}" if scheme and keys and re.fullmatch(r"[\w-]+", keys[0]) else given


def service_of(address: str) -> str:
    return address.partition("://")[0]


def _into_group(address: str, title: str, link: str, message_id: uuid.UUID) -> None:
    # The scheme may since have been taken from the list.
    plugin = _plugin(address) if service_of(address).lower() in settings.NOTICE_SCHEMES else None
    if plugin is None:
        raise NotSent(REFUSED)
    heading = _("Cadre ID card: %(title)s") % {"title": title}
    # A browser keeps what stands behind # to itself: who sees a message twice finds the same number there.
    if not plugin.notify(title=heading, body=f"{link}#{message_id.hex}", body_format="text"):
        raise NotSent(REFUSED)


def _plugin(address: str) -> Any:
    """Apprise's sender of this address, without redirects and with time-outs; None when it knows none."""
    apprise, asset = _apprise()
    plugin = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    if plugin is not None:
        plugin.socket_connect_timeout = plugin.socket_read_timeout = TIMEOUT
    return plugin


@cache
def _apprise() -> tuple[Any, Any]:
    """Loaded by whoever needs it: a third of a second and 25 MB."""
    with warnings.catch_warnings():
        # One of its 150 plug-ins imports a module that Python is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise
        from apprise.plugins import dingtalk, wecombot

        asset = apprise.AppriseAsset(app_id="longquan-cadre", http_redirects=False)
        apprise.Apprise.instantiate("json://localhost", asset=asset)
    for module in (dingtalk, wecombot):
        _read_answers(module)
    return apprise, asset


def _read_answers(module: Any) -> None:
    """These two services answer what they refuse with 200 and an `errcode`, and their plug-ins look at the 200 only.

    A group's limit of twenty messages a minute would lose the twenty-first. So the plug-in posts through a function
    that makes such an answer the error it is.
    """
    library = module.requests

    def post(*arguments: Any, **options: Any) -> Any:
        answer = library.post(*arguments, **options)
        if answer.ok and _errcode(answer):
            answer.status_code = library.codes.unprocessable
        return answer

    module.requests = SimpleNamespace(
        post=post, codes=library.codes, RequestException=library.RequestException
    )


def _errcode(answer: Any) -> Any:
    try:
        said = answer.json()
    except ValueError:
        return 0
    return said.get("errcode") if isinstance(said, dict) else 0
