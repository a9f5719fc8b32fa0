-- What the clinician writes: drafts of the sheet and note, signed notes, treatment plans; and, apart, psychotherapy notes.
-- Every text stands sealed under the client's own data key, so that deleting the key shreds it. What was signed is
-- append-only (45 CFR 164.312(c)(1)): an amendment is the next version, and the original stays.

-- One draft a visit. `revision` is the optimistic lock: who saves names the revision they saw.
CREATE TABLE antechamber.note_drafts (
    practice_id text NOT NULL,
    visit_id text NOT NULL,
    client_id text NOT NULL,
    author_id text NOT NULL,
    revision integer NOT NULL CHECK (revision >= 1),
    content_sealed bytea NOT NULL,
    saved_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, visit_id),
    FOREIGN KEY (practice_id, visit_id) REFERENCES antechamber.visits
);

CREATE TABLE antechamber.notes (
    practice_id text NOT NULL,
    visit_id text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    client_id text NOT NULL,
    author_id text NOT NULL,
    -- who must countersign this version, as it was required when it was signed; null: nobody
    countersigner_id text,
    note_sealed bytea NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, visit_id, version),
    FOREIGN KEY (practice_id, visit_id) REFERENCES antechamber.visits,
    CHECK (countersigner_id <> author_id)
);
CREATE INDEX notes_by_client ON antechamber.notes (practice_id, client_id, signed_at);
CREATE INDEX notes_by_countersigner ON antechamber.notes (practice_id, countersigner_id) WHERE countersigner_id IS NOT NULL;

CREATE TABLE antechamber.countersignatures (
    practice_id text NOT NULL,
    visit_id text NOT NULL,
    version integer NOT NULL,
    signer_id text NOT NULL,
    name_sealed bytea NOT NULL,
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, visit_id, version),
    FOREIGN KEY (practice_id, visit_id, version) REFERENCES antechamber.notes
);

-- Whose notes need whose second signature: a setting, changed as supervision changes.
CREATE TABLE antechamber.supervisions (
    practice_id text NOT NULL,
    staff_id text NOT NULL,
    supervisor_id text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (practice_id, staff_id),
    FOREIGN KEY (practice_id, staff_id) REFERENCES antechamber.staff,
    FOREIGN KEY (practice_id, supervisor_id) REFERENCES antechamber.staff,
    CHECK (staff_id <> supervisor_id)
);

-- Psychotherapy notes (45 CFR 164.501): separated from the rest of the record, under a key of their own, read by their
-- author alone. No other table refers to them, and nothing that gathers a record reads them.
CREATE TABLE antechamber.psychotherapy_notes (
    practice_id text NOT NULL,
    visit_id text NOT NULL,
    author_id text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    client_id text NOT NULL,
    text_sealed bytea NOT NULL,
    saved_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, visit_id, author_id, version),
    FOREIGN KEY (practice_id, visit_id) REFERENCES antechamber.visits
);

-- Plans of treatment, each change the next version, signed by the clinician when it is made.
CREATE TABLE antechamber.treatment_plans (
    practice_id text NOT NULL,
    id text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    client_id text NOT NULL,
    author_id text NOT NULL,
    begins_on date NOT NULL,
    review_on date NOT NULL,
    plan_sealed bytea NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id, version),
    FOREIGN KEY (practice_id, client_id) REFERENCES antechamber.clients,
    CHECK (begins_on <= review_on)
);
CREATE INDEX treatment_plans_by_client ON antechamber.treatment_plans (practice_id, client_id);

CREATE TABLE antechamber.plan_signatures (
    practice_id text NOT NULL,
    plan_id text NOT NULL,
    version integer NOT NULL,
    client_id text NOT NULL,
    visit_id text NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    name_sealed bytea NOT NULL,
    relationship_sealed bytea NOT NULL,
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, plan_id, version),
    FOREIGN KEY (practice_id, plan_id, version) REFERENCES antechamber.treatment_plans
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON antechamber.notes
    FOR EACH STATEMENT EXECUTE FUNCTION antechamber.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON antechamber.countersignatures
    FOR EACH STATEMENT EXECUTE FUNCTION antechamber.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON antechamber.psychotherapy_notes
    FOR EACH STATEMENT EXECUTE FUNCTION antechamber.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON antechamber.treatment_plans
    FOR EACH STATEMENT EXECUTE FUNCTION antechamber.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON antechamber.plan_signatures
    FOR EACH STATEMENT EXECUTE FUNCTION antechamber.refuse_change();

GRANT SELECT, INSERT ON
    antechamber.notes, antechamber.countersignatures, antechamber.psychotherapy_notes, antechamber.treatment_plans,
    antechamber.plan_signatures
    TO antechamber_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON antechamber.note_drafts, antechamber.supervisions TO antechamber_app;

-- ---- billing ----

-- What stands on file for a visit, told by the house that keeps the notes: states and digests, never a text.
CREATE TABLE billing.papers (
    practice_id  text NOT NULL,
    visit_id     text NOT NULL,
    version      integer NOT NULL CHECK (version >= 1),
    saved_at     timestamptz NOT NULL,
    saved_by     text NOT NULL,
    note         text NOT NULL CHECK (note IN ('signed', 'countersign', 'elsewhere')),
    note_sha256  bytea CHECK (octet_length(note_sha256) = 32),
    PRIMARY KEY (practice_id, visit_id, version)
);

-- The dates of a client's treatment plans: which days they hold, and since when the client has signed.
CREATE TABLE billing.plans (
    practice_id  text NOT NULL,
    plan_id      text NOT NULL,
    version      integer NOT NULL CHECK (version >= 1),
    saved_at     timestamptz NOT NULL,
    saved_by     text NOT NULL,
    client_id    text NOT NULL,
    clinician_id text NOT NULL,
    plan_version integer NOT NULL CHECK (plan_version >= 1),
    begins_on    date NOT NULL,
    review_on    date NOT NULL,
    client_signed_at timestamptz,
    PRIMARY KEY (practice_id, plan_id, version)
);
CREATE INDEX plans_by_client ON billing.plans (practice_id, client_id);

-- Services that no visit gave: days of a device, minutes of monitoring, a hosted client. One a client, kind and period.
CREATE TABLE billing.given (
    practice_id  text NOT NULL,
    given_id     text NOT NULL,
    version      integer NOT NULL CHECK (version >= 1),
    saved_at     timestamptz NOT NULL,
    saved_by     text NOT NULL,
    client_id    text NOT NULL,
    clinician_id text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('device_days', 'monitoring_minutes', 'hosting')),
    begins_on    date NOT NULL,
    given_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, given_id, version)
);
CREATE UNIQUE INDEX given_once ON billing.given (practice_id, client_id, kind, begins_on) WHERE version = 1;

CREATE TRIGGER papers_append_only BEFORE UPDATE OR DELETE ON billing.papers
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER plans_append_only BEFORE UPDATE OR DELETE ON billing.plans
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER given_append_only BEFORE UPDATE OR DELETE ON billing.given
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER given_no_truncate BEFORE TRUNCATE ON billing.given
    FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_change();
REVOKE UPDATE, DELETE ON billing.papers, billing.plans, billing.given FROM antechamber_billing;

-- A coding run rests on a proven event, or on a service that was entered; a foreign key can name one table only.
ALTER TABLE billing.codings DROP CONSTRAINT codings_practice_id_event_id_fkey;
CREATE FUNCTION billing.rests_on_something() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM billing.events e WHERE e.practice_id = NEW.practice_id AND e.event_id = NEW.event_id)
        AND NOT EXISTS (SELECT 1 FROM billing.given g WHERE g.practice_id = NEW.practice_id AND g.given_id = NEW.event_id)
    THEN
        RAISE EXCEPTION 'a coding run rests on an event or an entered service' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER codings_rest_on_something BEFORE INSERT ON billing.codings
    FOR EACH ROW EXECUTE FUNCTION billing.rests_on_something();

-- How far the practice has confirmed the diagnosis table beyond its own release, by whom and from what source.
CREATE TABLE billing.diagnosis_reach (
    practice_id  text NOT NULL,
    table_id     text NOT NULL,
    version      integer NOT NULL CHECK (version >= 1),
    saved_at     timestamptz NOT NULL,
    saved_by     text NOT NULL,
    valid_through date NOT NULL,
    source       text NOT NULL,
    PRIMARY KEY (practice_id, table_id, version)
);
CREATE TRIGGER diagnosis_reach_append_only BEFORE UPDATE OR DELETE ON billing.diagnosis_reach
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
REVOKE UPDATE, DELETE ON billing.diagnosis_reach FROM antechamber_billing;
