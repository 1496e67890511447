from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import demo, desk, notifying, seeds

        post_migrate.connect(seeds.load, sender=self, dispatch_uid="accounts.seeds")
        desk.register()
        demo.register()
        notifying.register()
