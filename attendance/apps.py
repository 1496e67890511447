from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AttendanceConfig(AppConfig):
    name = "attendance"

    def ready(self) -> None:
        from attendance import notifying, seeds

        post_migrate.connect(seeds.load, sender=self, dispatch_uid="attendance.seeds")
        notifying.register()
