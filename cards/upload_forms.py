"""What is handed in of a roster. Whatever is wrong is a sentence at its field, before anything is read."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from common.forms import PageForm

MEGABYTE = 1024 * 1024
MOST_SHEET, MOST_PHOTOS = 10, 100
#: ZIP, which every .xlsx is; and the old .xls or an encrypted workbook, of which the reader says more.
ZIP, OLE = b"PK", b"\xd0\xcf\x11\xe0"


def _file(most: int, **kwargs: Any) -> forms.FileField:
    field = forms.FileField(**kwargs)
    field.error_messages["empty"] = _("The file is empty.")
    field.error_messages["invalid"] = _("No file arrived. Choose it again.")
    field.error_messages["missing"] = field.error_messages["invalid"]
    field.most = most  # type: ignore[attr-defined]
    return field


class RosterForm(PageForm):
    submit = _("Look through it")
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"))
    file = _file(
        MOST_SHEET,
        label=_("Roster"),
        help_text=_("An Excel workbook (.xlsx) of at most 10 MB."),
        widget=forms.FileInput(
            attrs={"accept": ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
        ),
    )
    photos = _file(
        MOST_PHOTOS,
        label=_("Photos"),
        required=False,
        help_text=_(
            "A ZIP file of at most 100 MB with the photos that the roster names: JPEG, PNG or WebP, each up to 8 MB."
        ),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
    )

    def __init__(self, *args: Any, units: list[Unit], **kwargs: Any) -> None:
        """Asks for the unit only where there are several to choose from."""
        super().__init__(*args, **kwargs)
        if len(units) > 1:
            chosen = Unit.objects.filter(pk__in=[unit.pk for unit in units])
            self.fields["unit"].queryset = chosen  # type: ignore[attr-defined]
        else:
            del self.fields["unit"]

    def clean_file(self) -> Any:
        file = self._not_too_large("file")
        start = file.read(len(OLE))
        file.seek(0)
        if not start.startswith((ZIP, OLE)):
            raise ValidationError(_("This is not an Excel workbook. Save the roster as .xlsx."))
        return file

    def clean_photos(self) -> Any:
        file = self._not_too_large("photos")
        if file:
            start = file.read(len(ZIP))
            file.seek(0)
            if start != ZIP:
                raise ValidationError(_("This is not a ZIP file. Pack the photos as .zip."))
        return file

    def _not_too_large(self, name: str) -> Any:
        file, most = self.cleaned_data[name], self.fields[name].most  # type: ignore[attr-defined]
        if file and file.size > most * MEGABYTE:
            raise ValidationError(
                _("The file is larger than %(most)s MB. Hand it in in parts.") % {"most": most}
            )
        return file

    def ask_again(self) -> None:
        """No browser keeps a chosen file when the form comes back."""
        for name in ("file", "photos"):
            if self.errors and self.files.get(name) and name not in self.errors:
                self.add_error(name, _("Choose the file again."))
