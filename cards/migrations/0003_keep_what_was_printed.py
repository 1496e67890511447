from django.db import migrations


def keep_what_was_printed(apps, schema_editor):
    """What an old plaque shows is not known field by field: it stands in the log as printed, and as outdated."""
    card, printing = apps.get_model("cards", "Card"), apps.get_model("cards", "Printing")
    for old in card.objects.exclude(printed_at=None).iterator():
        printing.objects.create(
            card=old, kind="plaque", shown={}, fingerprint=old.printed_version, printed_at=old.printed_at
        )


class Migration(migrations.Migration):
    dependencies = [("cards", "0002_printings_transfers_rosters")]

    operations = [migrations.RunPython(keep_what_was_printed, migrations.RunPython.noop)]
