"""A browser's own description, in words that its owner recognises."""

from django.utils.translation import gettext as _

#: First match wins: almost every browser also names the ones it descends from.
_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("HuaweiBrowser", "Huawei"),
    ("QQBrowser", "QQ"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    found = [
        next((name for mark, name in known if mark in user_agent), "") for known in (_SYSTEMS, _BROWSERS)
    ]
    return " · ".join(filter(None, found)) or _("Unknown device")
