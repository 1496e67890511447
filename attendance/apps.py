from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AttendanceConfig(AppConfig):
    name = "attendance"

    def ready(self) -> None:
        from attendance import demo, desk_findings, notifying, seeds
        from attendance.views import mine

        post_migrate.connect(seeds.load, sender=self, dispatch_uid="attendance.seeds")
        notifying.register()
        desk_findings.register()
        mine.register()
        demo.register()
