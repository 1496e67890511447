-- The role under which the product runs on PostgreSQL: it may add to the tables that only grow, and read them; it may
-- neither change nor remove a row there, triggers or not. The database belongs to another role, which migrates
-- (docs/ledger.md). Run it as the database's owner after the first migrate and after each update, as often as you like:
--
--     psql --dbname longquan --set ON_ERROR_STOP=1 --set role=longquan_app --file deploy/postgresql-role.sql

BEGIN;

GRANT USAGE ON SCHEMA public TO :"role";
REVOKE CREATE ON SCHEMA public FROM PUBLIC, :"role";

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"role";
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :"role";

-- What a migration adds before this file is run again can be read and added to, no more.
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE UPDATE, DELETE, TRUNCATE ON TABLES FROM :"role";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO :"role";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO :"role";

-- Every table that the product itself guards by triggers (common/append_only.py); a test compares the two lists.
REVOKE UPDATE, DELETE ON
    appraisal_bulletinhead,
    appraisal_ledgerentry,
    appraisal_yearcorrection,
    attendance_round,
    cards_printing,
    cards_whereabouts,
    common_auditentry,
    common_calendaryear,
    common_officehoursseason,
    complaints_complaintevent
FROM :"role";
-- Who enters a year locks its newest version, and SELECT FOR UPDATE asks for the right to update some column.
GRANT UPDATE (id) ON common_calendaryear TO :"role";

-- Migrations are the owner's.
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM :"role";

COMMIT;
