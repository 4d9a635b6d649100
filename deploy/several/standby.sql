-- Run once as a superuser of the primary: psql -f standby.sql. Who streams its log, known by the common name of the
-- certificate, and what is kept for them until they have read it (postgresql-standby.conf).
CREATE ROLE infrashare_standby LOGIN REPLICATION;
SELECT pg_create_physical_replication_slot('infrashare_standby');
