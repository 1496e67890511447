from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class CardsConfig(AppConfig):
    name = "cards"

    def ready(self) -> None:
        from cards import demo, desk
        from cards.documents import fonts

        fonts.configure(Path(settings.FONT_DIR) if settings.FONT_DIR else None)
        desk.register()
        demo.register()
