import logging
import re

#: Of a form of another site: which one, in its own words.
_OTHER_SITE = re.compile(r"(?<=checking failed - ).*?(?= does not match)", re.DOTALL)


class SendersMistakes(logging.Filter):
    """What is wrong with a request is one line: whoever sends a thousand of them shall not fill the disk.

    Nor does it say who sent it, or from where they came.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security"):
            record.exc_info = record.exc_text = None
        if record.name == "django.security.csrf":
            record.msg, record.args = _OTHER_SITE.sub("another site", record.getMessage()), ()
        elif record.name == "waitress" and str(record.msg).startswith("Malformed proxy header"):
            record.msg, record.args = "Malformed proxy header: nginx alone may reach this port.", ()
        return True
