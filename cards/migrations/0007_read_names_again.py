from typing import Any

from django.db import migrations

from cards.pinyin import name_keys


def read_again(apps: Any, schema_editor: Any) -> None:
    """The search keys of people who were saved before the table knew their surname."""
    cadres = apps.get_model("cards", "Cadre").objects
    changed = []
    for cadre in cadres.only("name", "pinyin", "pinyin_initials"):
        keys = name_keys(cadre.name)
        if keys != (cadre.pinyin, cadre.pinyin_initials):
            cadre.pinyin, cadre.pinyin_initials = keys
            changed.append(cadre)
    cadres.bulk_update(changed, ["pinyin", "pinyin_initials"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("cards", "0006_whereabouts_ending")]

    operations = [migrations.RunPython(read_again, migrations.RunPython.noop, elidable=True)]
