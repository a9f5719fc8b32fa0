-- The check before a visit. All of it proves what was known and done: append-only, as the events are. What a person
-- wrote or read stands sealed (AES-256-GCM) in bytea columns.

-- What a plan said of the client's part.
CREATE TABLE billing.cost_shares (
    practice_id  text NOT NULL,
    client_id    text NOT NULL,
    version      integer NOT NULL CHECK (version >= 1),
    saved_at     timestamptz NOT NULL,
    saved_by     text NOT NULL,
    share_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, client_id, version)
);

-- What somebody did about a check: who, when, for which state, the law they cited (sealed), until when it holds.
CREATE TABLE billing.desk_acts (
    practice_id  text NOT NULL,
    act_id       text NOT NULL,
    visit_id     text NOT NULL,
    client_id    text NOT NULL,
    clinician_id text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('admitted', 'ask_place', 'exception', 'refer', 'reschedule',
                     'credentialing', 'credentialing_done', 'private_pay', 'crisis_reason',
                     'separate_visits')),
    state        text NOT NULL,
    expires      date,
    about        text,
    made_at      timestamptz NOT NULL,
    made_by      text NOT NULL,
    said_sealed  bytea NOT NULL,
    PRIMARY KEY (practice_id, act_id)
);
CREATE INDEX desk_acts_of_visit ON billing.desk_acts (practice_id, visit_id, made_at);
CREATE INDEX desk_acts_of_client ON billing.desk_acts (practice_id, client_id, kind, made_at);
CREATE INDEX desk_acts_by_kind ON billing.desk_acts (practice_id, kind, made_at);

-- Whom a practice refers to, by state; a version with no state is no longer offered.
CREATE TABLE billing.contacts (
    practice_id    text NOT NULL,
    contact_id     text NOT NULL,
    version        integer NOT NULL CHECK (version >= 1),
    saved_at       timestamptz NOT NULL,
    saved_by       text NOT NULL,
    states         text[] NOT NULL,
    contact_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, contact_id, version)
);

-- What a client was shown of the cost before a visit: the very text, under the version of its wording.
CREATE TABLE billing.shares_shown (
    practice_id  text NOT NULL,
    visit_id     text NOT NULL,
    version      integer NOT NULL CHECK (version >= 1),
    client_id    text NOT NULL,
    shown_at     timestamptz NOT NULL,
    text_version text NOT NULL,
    text_sha256  bytea NOT NULL CHECK (octet_length(text_sha256) = 32),
    text_sealed  bytea NOT NULL,
    PRIMARY KEY (practice_id, visit_id, version)
);

-- Good faith estimates (45 CFR 149.610): what was estimated, until when it is due, and when it was given.
CREATE TABLE billing.estimates (
    practice_id   text NOT NULL,
    visit_id      text NOT NULL,
    version       integer NOT NULL CHECK (version >= 1),
    client_id     text NOT NULL,
    saved_at      timestamptz NOT NULL,
    saved_by      text NOT NULL,
    due_on        date,
    cents         bigint NOT NULL CHECK (cents >= 0),
    body_sealed   bytea NOT NULL,
    PRIMARY KEY (practice_id, visit_id, version)
);
CREATE INDEX estimates_of_client ON billing.estimates (practice_id, client_id);
CREATE TABLE billing.estimates_sent (
    practice_id text NOT NULL,
    visit_id    text NOT NULL,
    version     integer NOT NULL CHECK (version >= 1),
    sent_at     timestamptz NOT NULL,
    sent_on     date NOT NULL,
    way         text NOT NULL CHECK (way IN ('opened', 'paper', 'message')),
    sent_by     text NOT NULL,
    PRIMARY KEY (practice_id, visit_id, version),
    FOREIGN KEY (practice_id, visit_id, version) REFERENCES billing.estimates (practice_id, visit_id, version)
);

CREATE TRIGGER cost_shares_append_only BEFORE UPDATE OR DELETE ON billing.cost_shares
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER desk_acts_append_only BEFORE UPDATE OR DELETE ON billing.desk_acts
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER contacts_append_only BEFORE UPDATE OR DELETE ON billing.contacts
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER shares_shown_append_only BEFORE UPDATE OR DELETE ON billing.shares_shown
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER estimates_append_only BEFORE UPDATE OR DELETE ON billing.estimates
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER estimates_sent_append_only BEFORE UPDATE OR DELETE ON billing.estimates_sent
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER desk_acts_no_truncate BEFORE TRUNCATE ON billing.desk_acts
    FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER shares_shown_no_truncate BEFORE TRUNCATE ON billing.shares_shown
    FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER estimates_sent_no_truncate BEFORE TRUNCATE ON billing.estimates_sent
    FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_change();

REVOKE UPDATE, DELETE, TRUNCATE ON billing.cost_shares, billing.desk_acts, billing.contacts, billing.shares_shown,
    billing.estimates, billing.estimates_sent FROM antechamber_billing;

-- Admissions in a crisis, whose reason is asked for afterwards: a handful, looked for at each opening of a desk.
CREATE INDEX crisis_admissions ON antechamber.visit_facts (practice_id, visit_id)
    WHERE kind = 'admitted' AND body ->> 'override_reason' = 'crisis';
