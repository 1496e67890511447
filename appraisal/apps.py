from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AppraisalConfig(AppConfig):
    name = "appraisal"

    def ready(self) -> None:
        from appraisal import demo, review_pages, seeds
        from appraisal.desk import months as desk
        from appraisal.desk import outcomes as desk_outcomes
        from appraisal.desk import rollout as desk_rollout
        from appraisal.desk import sanctions as desk_sanctions
        from appraisal.desk import years as desk_years
        from appraisal.notifying import bulletins as notifying_bulletins
        from appraisal.notifying import months as notifying_months
        from appraisal.notifying import objections as notifying_objections
        from appraisal.notifying import reviews as notifying_reviews
        from appraisal.notifying import rollout as notifying_rollout
        from appraisal.notifying import sanctions as notifying_sanctions
        from appraisal.notifying import stages as notifying
        from appraisal.notifying import standards as notifying_standards
        from appraisal.notifying import years as notifying_years
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
