from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LengthValidator(MinimumLengthValidator):
    """Django's own, in words that our catalogue can translate: its Chinese one doesn't know this sentence."""

    def get_error_message(self) -> str:
        return _("This password is too short: at least %(length)s characters.") % {"length": self.min_length}

    def get_help_text(self) -> str:
        return self.get_error_message()
