from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "complaints"

    def ready(self) -> None:
        from complaints import demo, desk, notifying, notifying_hearing
        from complaints.views import hearing, intake, praise

        notifying.register()
        notifying_hearing.register()
        hearing.register()
        intake.register()
        praise.register()
        desk.register()
        demo.register()
