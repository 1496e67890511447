from typing import ClassVar

from django.conf import settings
from django.db import models

from common.tokens import new_token
from complaints.models.fields import EncryptedBinaryField


class Draft(models.Model):
    """The photos of a complaint that is being written. The words travel in the form and are stored nowhere."""

    token = models.CharField(max_length=16, unique=True, default=new_token, editable=False)
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"draft {self.pk}"


class DraftImage(models.Model):
    draft = models.ForeignKey(Draft, models.CASCADE, related_name="images")
    token = models.CharField(max_length=16, unique=True, default=new_token, editable=False)
    data = EncryptedBinaryField()

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"draft image {self.pk}"


class HotlineSheet(models.Model):
    """Work orders of 12345 between being handed in and being confirmed, for whoever handed them in. The name of the
    file is not kept."""

    token = models.CharField(max_length=16, unique=True, default=new_token, editable=False)
    data = EncryptedBinaryField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"hotline sheet {self.pk}"
