from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AppraisalConfig(AppConfig):
    name = "appraisal"

    def ready(self) -> None:
        from appraisal import (
            demo,
            desk,
            desk_outcomes,
            desk_rollout,
            desk_sanctions,
            desk_years,
            notifying,
            notifying_bulletins,
            notifying_months,
            notifying_objections,
            notifying_reviews,
            notifying_rollout,
            notifying_sanctions,
            notifying_standards,
            notifying_years,
            review_pages,
            seeds,
        )
        from appraisal.views import bulletins, mine, my_sanctions, record, year_mine

        post_migrate.connect(seeds.load, sender=self, dispatch_uid="appraisal.seeds")
        notifying.register()
        notifying_bulletins.register()
        notifying_months.register()
        notifying_objections.register()
        notifying_reviews.register()
        notifying_rollout.register()
        notifying_sanctions.register()
        notifying_standards.register()
        review_pages.register()
        notifying_years.register()
        desk.register()
        desk_outcomes.register()
        desk_rollout.register()
        desk_years.register()
        desk_sanctions.register()
        mine.register()
        my_sanctions.register()
        year_mine.register()
        record.register()
        bulletins.register()
        demo.register()
