import logging


class SendersMistakes(logging.Filter):
    """What is wrong with a request is one line: whoever sends a thousand of them shall not fill the disk."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security"):
            record.exc_info = record.exc_text = None
        return True
