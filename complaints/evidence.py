"""Photos as evidence: each is drawn anew at once, and nothing of the file it came in is kept, its name neither."""

from collections.abc import Iterable
from io import BytesIO

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cards import photos
from common.problems import Refused

MOST = 5
LIMITS = photos.Limits(
    max_bytes=10 * 1024 * 1024,
    min_side=50,
    # Pictures of a screen are long.
    longest=8,
    # And can be read only if they stay as wide as a photo.
    size=(900, 4800),
    too_long=gettext_lazy("The picture is too long or too wide. Cut it into parts."),
)


def picture(upload: UploadedFile) -> bytes:
    """The re-encoded picture. Raises Refused with a sentence for what is none."""
    return photos.scene(BytesIO(upload.read(LIMITS.max_bytes + 1)), LIMITS)


def pictures(uploads: Iterable[UploadedFile], room: int) -> tuple[list[bytes], list[str]]:
    """As many as there is room for, and a sentence for each that was not taken, called by its place."""
    taken: list[bytes] = []
    problems: list[str] = []
    beyond: list[int] = []
    for place, upload in enumerate(uploads, start=1):
        if len(taken) >= room:
            beyond.append(place)
            continue
        try:
            taken.append(picture(upload))
        except Refused as refused:
            problems.append(_of_one(place, refused.sentence))
    if len(beyond) == 1:
        problems.append(_of_one(beyond[0], too_many()))
    elif beyond:
        sentence = _("At most %(most)s photos: the last %(number)s were not added.")
        problems.append(sentence % {"most": MOST, "number": len(beyond)})
    return taken, problems


def _of_one(place: int, sentence: object) -> str:
    return _("Photo %(number)s: %(problem)s") % {"number": place, "problem": sentence}


def too_many() -> str:
    return _("At most %(most)s photos: this one was not added.") % {"most": MOST}
