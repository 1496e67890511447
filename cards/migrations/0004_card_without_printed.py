from django.db import migrations


class Migration(migrations.Migration):
    # PostgreSQL alters no table with rows of the same transaction waiting to be checked: apart from the copying.
    dependencies = [("cards", "0003_keep_what_was_printed")]

    operations = [
        migrations.RemoveField("card", "printed_at"),
        migrations.RemoveField("card", "printed_version"),
    ]
