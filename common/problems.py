from typing import Any


class Refused(Exception):
    """A business rule says no. `sentence` is for the person, `field` names the input it is about, if any."""

    def __init__(self, sentence: Any, field: str | None = None) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence
        self.field = field
