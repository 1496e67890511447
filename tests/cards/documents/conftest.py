from collections.abc import Iterator

import pytest
from django.utils import translation

from cards.documents import fonts


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def own_fonts(tmp_path) -> Iterator:
    """An administrator's empty font folder, in use until the test ends."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    yield folder
    fonts.configure(None)
