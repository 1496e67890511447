

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('appraisal', '0010_year_corrections_of_units'),
    ]

    operations = [
        migrations.AddField(
            model_name='annualresult',
            name='notice',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='unitresult',
            name='notice',
            field=models.JSONField(null=True),
        ),
    ]
