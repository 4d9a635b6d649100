-- Run once as a superuser, in the database infrashare: psql -d infrashare -f roles.sql
-- Two roles: the owner of the tables migrates; the application reads and writes rows, and can switch off no trigger,
-- empty no table and change no definition.
CREATE ROLE infrashare_owner LOGIN;
CREATE ROLE infrashare_app LOGIN;
-- Behind an upgrade that waits for a lock everybody waits: rather it ends, and is run again.
ALTER ROLE infrashare_owner SET lock_timeout = '5s';
GRANT CREATE ON DATABASE infrashare TO infrashare_owner;
ALTER SCHEMA public OWNER TO infrashare_owner;
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

GRANT CONNECT, TEMPORARY ON DATABASE infrashare TO infrashare_app;
GRANT USAGE ON SCHEMA public TO infrashare_app;
ALTER DEFAULT PRIVILEGES FOR ROLE infrashare_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO infrashare_app;
ALTER DEFAULT PRIVILEGES FOR ROLE infrashare_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO infrashare_app;
ALTER DEFAULT PRIVILEGES FOR ROLE infrashare_owner IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO infrashare_app;
