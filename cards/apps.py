from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class CardsConfig(AppConfig):
    name = "cards"

    def ready(self) -> None:
        from accounts import closing
        from cards import bulk, demo, desk, lookups, scan, uploads
        from cards.documents import fonts
        from cards.printing import job
        from cards.services.merging import still_serving
        from cards.views import bulk as bulk_views
        from cards.views import rosters
        from common import jobs, slots, upkeep

        fonts.configure(Path(settings.FONT_DIR) if settings.FONT_DIR else None)
        closing.register(still_serving)
        desk.register()
        scan.register()
        jobs.register(bulk.KIND)
        demo.register()
        job.register()
        uploads.register()
        upkeep.register(lookups.flush)
        slots.fill("job", rosters.job_part)
        slots.fill("job", bulk_views.job_part)
