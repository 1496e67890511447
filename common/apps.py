from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        from common import append_only, seeds

        post_migrate.connect(seeds.load, sender=self, dispatch_uid="common.seeds")
        post_migrate.connect(append_only.after_migrate, dispatch_uid="common.append_only")
