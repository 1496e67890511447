from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AttendanceConfig(AppConfig):
    name = "attendance"

    def ready(self) -> None:
        from attendance import demo, desk, desk_city, desk_corrections, desk_findings, notifying, scan, seeds
        from attendance.views import mine

        post_migrate.connect(seeds.load, sender=self, dispatch_uid="attendance.seeds")
        notifying.register()
        scan.register()
        desk.register()
        desk_city.register()
        desk_findings.register()
        desk_corrections.register()
        mine.register()
        demo.register()
