-- Schema `billing`: what the billing room keeps. Run once, by the owner, inside a migration; the roles exist already.
-- Every key starts with practice_id. What proves something (events, coding runs, sheets, rules, releases) is
-- append-only: the role may not UPDATE or DELETE it, and a trigger refuses too, so that a wrong grant later changes
-- nothing (45 CFR 164.312(c)(1)). Diagnoses and plans of clients stand sealed (AES-256-GCM) in bytea columns.

CREATE SCHEMA billing;
REVOKE ALL ON SCHEMA billing FROM PUBLIC;
GRANT USAGE ON SCHEMA billing TO antechamber_billing;
ALTER DEFAULT PRIVILEGES IN SCHEMA billing GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO antechamber_billing;
ALTER DEFAULT PRIVILEGES IN SCHEMA billing GRANT USAGE, SELECT ON SEQUENCES TO antechamber_billing;

CREATE FUNCTION billing.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
BEGIN
    RAISE EXCEPTION 'billing.% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$body$;

CREATE TABLE billing.events (
    practice_id  text NOT NULL,
    event_id     text NOT NULL,
    kind         text NOT NULL,
    visit_id     text NOT NULL,
    about        text,
    supersedes   text,
    sequence     bigint NOT NULL,
    issued_at    timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    raw          bytea NOT NULL CHECK (octet_length(raw) <= 262144),
    raw_sha256   bytea NOT NULL CHECK (octet_length(raw_sha256) = 32),
    PRIMARY KEY (practice_id, event_id)
);
CREATE INDEX events_of_visit ON billing.events (practice_id, visit_id, sequence);

CREATE TABLE billing.encounters (
    practice_id  text NOT NULL,
    encounter_id text NOT NULL,
    visit_id     text NOT NULL,
    event_id     text NOT NULL,
    client_id    text NOT NULL,
    clinician_id text NOT NULL,
    began_at     timestamptz NOT NULL,
    service_date date NOT NULL,
    version      integer NOT NULL CHECK (version >= 1),
    outcome      text NOT NULL CHECK (outcome IN ('bill', 'hold', 'refuse', 'self_pay', 'ignore')),
    verdict      text NOT NULL,
    released     boolean NOT NULL DEFAULT false,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (practice_id, encounter_id),
    UNIQUE (practice_id, visit_id)
);
CREATE INDEX encounters_worklist ON billing.encounters (practice_id, released, outcome, service_date);

CREATE TABLE billing.codings (
    practice_id  text NOT NULL,
    encounter_id text NOT NULL,
    version      integer NOT NULL CHECK (version >= 1),
    coded_at     timestamptz NOT NULL,
    coder        text NOT NULL,
    event_id     text NOT NULL,
    input_sealed bytea NOT NULL,
    input_sha256 bytea NOT NULL CHECK (octet_length(input_sha256) = 32),
    proposal     jsonb NOT NULL,
    PRIMARY KEY (practice_id, encounter_id, version),
    FOREIGN KEY (practice_id, event_id) REFERENCES billing.events (practice_id, event_id)
);

CREATE TABLE billing.sheets (
    practice_id  text NOT NULL,
    visit_id     text NOT NULL,
    version      integer NOT NULL CHECK (version >= 1),
    saved_at     timestamptz NOT NULL,
    saved_by     text NOT NULL,
    sheet_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, visit_id, version)
);

CREATE TABLE billing.coverages (
    practice_id     text NOT NULL,
    client_id       text NOT NULL,
    version         integer NOT NULL CHECK (version >= 1),
    saved_at        timestamptz NOT NULL,
    saved_by        text NOT NULL,
    coverage_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, client_id, version)
);

CREATE TABLE billing.rules (
    practice_id text NOT NULL,
    rule_id     text NOT NULL,
    version     integer NOT NULL CHECK (version >= 1),
    saved_at    timestamptz NOT NULL,
    saved_by    text NOT NULL,
    rule        jsonb NOT NULL,
    PRIMARY KEY (practice_id, rule_id, version)
);

-- What a practice's own service key means to the coder; a key that is not here holds.
CREATE TABLE billing.services (
    practice_id text NOT NULL,
    service_id  text NOT NULL,
    version     integer NOT NULL CHECK (version >= 1),
    saved_at    timestamptz NOT NULL,
    saved_by    text NOT NULL,
    intent      text NOT NULL,
    PRIMARY KEY (practice_id, service_id, version)
);

CREATE TABLE billing.fees (
    practice_id text NOT NULL,
    code        text NOT NULL,
    valid_from  date NOT NULL,
    valid_to    date CHECK (valid_to >= valid_from),
    cents       bigint NOT NULL CHECK (cents > 0),
    PRIMARY KEY (practice_id, code, valid_from)
);

CREATE TABLE billing.releases (
    practice_id   text NOT NULL,
    encounter_id  text NOT NULL,
    version       integer NOT NULL,
    released_at   timestamptz NOT NULL,
    released_by   text NOT NULL,
    name_sealed   bytea NOT NULL,
    note_seen     boolean NOT NULL CHECK (note_seen),
    PRIMARY KEY (practice_id, encounter_id, version),
    FOREIGN KEY (practice_id, encounter_id, version) REFERENCES billing.codings (practice_id, encounter_id, version)
);

CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON billing.events
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER codings_append_only BEFORE UPDATE OR DELETE ON billing.codings
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER sheets_append_only BEFORE UPDATE OR DELETE ON billing.sheets
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER coverages_append_only BEFORE UPDATE OR DELETE ON billing.coverages
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER rules_append_only BEFORE UPDATE OR DELETE ON billing.rules
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER services_append_only BEFORE UPDATE OR DELETE ON billing.services
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER releases_append_only BEFORE UPDATE OR DELETE ON billing.releases
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();

CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON billing.events
    FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER codings_no_truncate BEFORE TRUNCATE ON billing.codings
    FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER releases_no_truncate BEFORE TRUNCATE ON billing.releases
    FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_change();

REVOKE UPDATE, DELETE ON billing.events, billing.codings, billing.sheets, billing.coverages, billing.rules, billing.services,
    billing.releases FROM antechamber_billing;
REVOKE DELETE ON billing.encounters FROM antechamber_billing;
