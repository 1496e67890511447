from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class CardsConfig(AppConfig):
    name = "cards"

    def ready(self) -> None:
        from accounts import closing
        from cards import demo, desk
        from cards.documents import fonts
        from cards.services.merging import still_serving

        fonts.configure(Path(settings.FONT_DIR) if settings.FONT_DIR else None)
        closing.register(still_serving)
        desk.register()
        demo.register()
