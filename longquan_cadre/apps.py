from django.apps import AppConfig


class LongquanConfig(AppConfig):
    name = "longquan_cadre"

    def ready(self) -> None:
        from longquan_cadre import checks  # noqa: F401
