from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AppraisalConfig(AppConfig):
    name = "appraisal"

    def ready(self) -> None:
        from appraisal import demo, notifying, seeds

        post_migrate.connect(seeds.load, sender=self, dispatch_uid="appraisal.seeds")
        notifying.register()
        demo.register()
