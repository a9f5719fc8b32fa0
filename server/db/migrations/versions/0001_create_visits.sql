-- Schema `antechamber`: people, visits, the journal and the outbox.
-- Roles (made by the cluster's owner): antechamber_owner migrates, antechamber_app runs, antechamber_billing codes.
CREATE SCHEMA antechamber;
GRANT USAGE ON SCHEMA antechamber TO antechamber_app;

CREATE TABLE antechamber.practices (
    id text PRIMARY KEY,
    name text NOT NULL,
    phone text NOT NULL,
    npi text,
    zone text NOT NULL,
    message text NOT NULL DEFAULT '',
    data_key_wrapped bytea NOT NULL,
    event_sequence bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE antechamber.staff (
    practice_id text NOT NULL REFERENCES antechamber.practices,
    id text NOT NULL,
    role text NOT NULL CHECK (role IN ('clinician', 'front_desk', 'biller')),
    email_blind bytea NOT NULL,
    email_sealed bytea NOT NULL,
    name_sealed bytea NOT NULL,
    password_hash text NOT NULL,
    npi text,
    availability text NOT NULL DEFAULT 'available' CHECK (availability IN ('available', 'with_someone', 'away')),
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, email_blind)
);

CREATE TABLE antechamber.licences (
    practice_id text NOT NULL,
    id text NOT NULL,
    staff_id text NOT NULL,
    state text NOT NULL CHECK (state ~ '^[A-Z]{2}$'),
    type text NOT NULL,
    number text NOT NULL,
    valid_from date NOT NULL,
    valid_to date, -- the last day it holds; null: no end on file
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, staff_id) REFERENCES antechamber.staff,
    CHECK (valid_from <= valid_to)
);
CREATE INDEX licences_by_staff ON antechamber.licences (practice_id, staff_id);

CREATE TABLE antechamber.staff_sessions (
    practice_id text NOT NULL,
    token_hash bytea NOT NULL,
    staff_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    PRIMARY KEY (practice_id, token_hash),
    FOREIGN KEY (practice_id, staff_id) REFERENCES antechamber.staff
);

CREATE TABLE antechamber.sign_in_attempts (
    practice_id text NOT NULL REFERENCES antechamber.practices,
    subject bytea NOT NULL,
    failures integer NOT NULL,
    last_at timestamptz NOT NULL,
    not_before timestamptz NOT NULL,
    PRIMARY KEY (practice_id, subject)
);

CREATE TABLE antechamber.services (
    practice_id text NOT NULL REFERENCES antechamber.practices,
    id text NOT NULL,
    name text NOT NULL,
    minutes integer NOT NULL CHECK (minutes BETWEEN 5 AND 480),
    counted_pair jsonb NOT NULL DEFAULT '["clinician", "client"]',
    PRIMARY KEY (practice_id, id)
);

-- One wrapped data key per client: to forget a person is to delete the key (crypto-shredding).
CREATE TABLE antechamber.clients (
    practice_id text NOT NULL REFERENCES antechamber.practices,
    id text NOT NULL,
    data_key_wrapped bytea,
    name_sealed bytea NOT NULL,
    phone_sealed bytea,
    email_sealed bytea,
    callback_sealed bytea,
    emergency_sealed bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    shredded_at timestamptz,
    PRIMARY KEY (practice_id, id)
);

CREATE TABLE antechamber.places (
    practice_id text NOT NULL,
    id text NOT NULL,
    client_id text NOT NULL,
    address_sealed bytea NOT NULL,
    site text NOT NULL,
    usual boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, client_id) REFERENCES antechamber.clients
);
CREATE INDEX places_by_client ON antechamber.places (practice_id, client_id);

CREATE TABLE antechamber.consent_texts (
    practice_id text NOT NULL REFERENCES antechamber.practices,
    version text NOT NULL,
    language text NOT NULL,
    body text NOT NULL,
    sha256 bytea NOT NULL,
    valid_from timestamptz NOT NULL,
    PRIMARY KEY (practice_id, version, language)
);

CREATE TABLE antechamber.visits (
    practice_id text NOT NULL REFERENCES antechamber.practices,
    id text NOT NULL,
    client_id text NOT NULL,
    clinician_id text NOT NULL,
    service_id text NOT NULL,
    client_participant text NOT NULL,
    clinician_participant text NOT NULL,
    booked_start timestamptz NOT NULL,
    booked_minutes integer NOT NULL CHECK (booked_minutes BETWEEN 5 AND 480),
    -- phase, seq and what follows are a projection of visit_facts, written with each append
    phase text NOT NULL,
    seq integer NOT NULL,
    ended_at timestamptz,
    statement_at timestamptz,
    counted_seconds integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, client_id) REFERENCES antechamber.clients,
    FOREIGN KEY (practice_id, clinician_id) REFERENCES antechamber.staff,
    FOREIGN KEY (practice_id, service_id) REFERENCES antechamber.services
);
CREATE INDEX visits_by_clinician ON antechamber.visits (practice_id, clinician_id, booked_start);
CREATE INDEX visits_by_start ON antechamber.visits (practice_id, booked_start);
CREATE INDEX visits_by_client ON antechamber.visits (practice_id, client_id, booked_start);
CREATE INDEX visits_open ON antechamber.visits (practice_id, phase)
    WHERE phase IN ('booked', 'arrived', 'waiting', 'on_hold', 'admitted', 'in_visit', 'interrupted', 'left', 'ended');

CREATE TABLE antechamber.consents (
    practice_id text NOT NULL,
    id text NOT NULL,
    client_id text NOT NULL,
    visit_id text NOT NULL,
    version text NOT NULL,
    language text NOT NULL,
    sha256 bytea NOT NULL,
    name_sealed bytea NOT NULL,
    relationship_sealed bytea NOT NULL,
    method text NOT NULL CHECK (method IN ('signed', 'reaffirmed')),
    signed_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, client_id) REFERENCES antechamber.clients,
    FOREIGN KEY (practice_id, visit_id) REFERENCES antechamber.visits
);
CREATE INDEX consents_by_client ON antechamber.consents (practice_id, client_id, at);

-- The journal. (visit, seq) is the optimistic lock; nobody updates or deletes: history has happened.
CREATE TABLE antechamber.visit_facts (
    practice_id text NOT NULL,
    visit_id text NOT NULL,
    seq integer NOT NULL CHECK (seq > 0),
    at timestamptz NOT NULL,
    kind text NOT NULL,
    body jsonb NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (practice_id, visit_id, seq),
    FOREIGN KEY (practice_id, visit_id) REFERENCES antechamber.visits
);

CREATE FUNCTION antechamber.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON antechamber.visit_facts
    FOR EACH STATEMENT EXECUTE FUNCTION antechamber.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON antechamber.consents
    FOR EACH STATEMENT EXECUTE FUNCTION antechamber.refuse_change();

CREATE FUNCTION antechamber.tell_fact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('antechamber_fact', NEW.practice_id || ' ' || NEW.visit_id || ' ' || NEW.seq);
    RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT ON antechamber.visit_facts
    FOR EACH ROW EXECUTE FUNCTION antechamber.tell_fact();

CREATE TABLE antechamber.visit_texts (
    practice_id text NOT NULL,
    visit_id text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL,
    text_sealed bytea NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, visit_id, id),
    FOREIGN KEY (practice_id, visit_id) REFERENCES antechamber.visits
);

-- Where the client said they were, and whom to reach: for the clinician during the visit, never in an event.
CREATE TABLE antechamber.visit_contacts (
    practice_id text NOT NULL,
    visit_id text NOT NULL,
    client_id text NOT NULL,
    address_sealed bytea,
    callback_sealed bytea,
    emergency_sealed bytea,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, visit_id),
    FOREIGN KEY (practice_id, visit_id) REFERENCES antechamber.visits
);

-- Who is admitted, in the transaction of the fact: two tabs or two processes cannot overlap two clients.
CREATE TABLE antechamber.seats (
    practice_id text NOT NULL,
    visit_id text NOT NULL,
    client_id text NOT NULL,
    clinician_id text NOT NULL,
    on_hold boolean NOT NULL DEFAULT false,
    admitted_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, visit_id),
    UNIQUE (practice_id, visit_id, client_id),
    FOREIGN KEY (practice_id, visit_id) REFERENCES antechamber.visits
);
CREATE UNIQUE INDEX seats_one_client_per_clinician ON antechamber.seats (practice_id, clinician_id) WHERE NOT on_hold;

CREATE TABLE antechamber.links (
    practice_id text NOT NULL,
    id text NOT NULL,
    visit_id text NOT NULL,
    client_id text NOT NULL,
    secret_hash bytea NOT NULL,
    secret_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, secret_hash),
    FOREIGN KEY (practice_id, visit_id) REFERENCES antechamber.visits
);
CREATE UNIQUE INDEX links_one_live ON antechamber.links (practice_id, visit_id) WHERE revoked_at IS NULL;

CREATE TABLE antechamber.client_sessions (
    practice_id text NOT NULL,
    token_hash bytea NOT NULL,
    link_id text NOT NULL,
    visit_id text NOT NULL,
    client_id text NOT NULL,
    device text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    ended_reason text,
    PRIMARY KEY (practice_id, token_hash),
    FOREIGN KEY (practice_id, link_id) REFERENCES antechamber.links
);
CREATE INDEX client_sessions_by_visit ON antechamber.client_sessions (practice_id, visit_id) WHERE ended_at IS NULL;

CREATE TABLE antechamber.tickets (
    practice_id text NOT NULL,
    ticket_hash bytea NOT NULL,
    holder jsonb NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, ticket_hash)
);

-- The outbox: the exact bytes that were signed, inserted with the fact that completed the visit.
CREATE TABLE antechamber.deliveries (
    practice_id text NOT NULL,
    id text NOT NULL,
    event_id text NOT NULL,
    visit_id text NOT NULL,
    sequence bigint NOT NULL,
    type text NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'dead', 'disabled')),
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    last_error text,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, event_id),
    UNIQUE (practice_id, sequence),
    FOREIGN KEY (practice_id, visit_id) REFERENCES antechamber.visits
);
CREATE INDEX deliveries_due ON antechamber.deliveries (practice_id, due_at) WHERE state = 'pending';

CREATE FUNCTION antechamber.keep_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR (NEW.practice_id, NEW.id, NEW.event_id, NEW.visit_id, NEW.sequence, NEW.type, NEW.body, NEW.created_at)
        IS DISTINCT FROM (OLD.practice_id, OLD.id, OLD.event_id, OLD.visit_id, OLD.sequence, OLD.type, OLD.body, OLD.created_at) THEN
        RAISE EXCEPTION 'what was signed stays as it is' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON antechamber.deliveries
    FOR EACH ROW EXECUTE FUNCTION antechamber.keep_delivery();

CREATE FUNCTION antechamber.tell_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('antechamber_delivery', NEW.practice_id);
    RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT ON antechamber.deliveries
    FOR EACH ROW EXECUTE FUNCTION antechamber.tell_delivery();

CREATE TABLE antechamber.signing_keys (
    practice_id text NOT NULL REFERENCES antechamber.practices,
    kid text NOT NULL,
    public bytea NOT NULL,
    private_sealed bytea NOT NULL,
    valid_from timestamptz NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (practice_id, kid)
);

GRANT SELECT, INSERT, UPDATE ON
    antechamber.practices, antechamber.staff, antechamber.licences, antechamber.staff_sessions, antechamber.sign_in_attempts,
    antechamber.services, antechamber.clients, antechamber.places, antechamber.consent_texts, antechamber.visits,
    antechamber.visit_contacts, antechamber.seats, antechamber.links, antechamber.client_sessions, antechamber.tickets,
    antechamber.deliveries, antechamber.signing_keys
    TO antechamber_app;
GRANT SELECT, INSERT ON antechamber.visit_facts, antechamber.consents, antechamber.visit_texts TO antechamber_app;
GRANT DELETE ON
    antechamber.licences, antechamber.seats, antechamber.tickets, antechamber.staff_sessions, antechamber.client_sessions,
    antechamber.sign_in_attempts, antechamber.places
    TO antechamber_app;
