-- The biller's desk. Whom an encounter waits for and since when, its last day to file and its payer stand beside it,
-- so that the worklist can be filtered without opening a coding run; the payer's name is sealed, and found again by a
-- keyed digest. `waits` is NULL for what was coded before this was kept: the jobs process codes that again by itself.
ALTER TABLE billing.encounters
    ADD COLUMN reasons      text[] NOT NULL DEFAULT '{}',
    ADD COLUMN clean        boolean NOT NULL DEFAULT false,
    ADD COLUMN waits        jsonb CHECK (jsonb_typeof(waits) = 'object'),
    ADD COLUMN waits_first  text CHECK (waits_first IN ('clinician', 'front_desk', 'client', 'payer', 'biller')),
    ADD COLUMN waits_since  timestamptz,
    ADD COLUMN asked_at     timestamptz,
    ADD COLUMN file_by      date,
    ADD COLUMN payer_digest bytea CHECK (octet_length(payer_digest) = 32),
    ADD COLUMN payer_sealed bytea;

-- The days on which visits were held, as the stored events say: who was with whom. One row an event, written with it;
-- `held` is false where nothing was counted.
CREATE TABLE billing.visit_days (
    practice_id  text NOT NULL,
    event_id     text NOT NULL,
    visit_id     text NOT NULL,
    client_id    text NOT NULL,
    clinician_id text NOT NULL,
    service_id   text NOT NULL,
    service_date date NOT NULL,
    began_at     timestamptz NOT NULL,
    sequence     bigint NOT NULL,
    held         boolean NOT NULL,
    PRIMARY KEY (practice_id, event_id),
    FOREIGN KEY (practice_id, event_id) REFERENCES billing.events (practice_id, event_id)
);
CREATE INDEX visit_days_of_client ON billing.visit_days (practice_id, client_id, service_date);
CREATE INDEX visit_days_of_visit ON billing.visit_days (practice_id, visit_id, sequence);

INSERT INTO billing.visit_days
SELECT practice_id, event_id, visit_id, body #>> '{client,id}', body #>> '{clinician,id}', body #>> '{visit,service}',
       (body #>> '{visit,date_of_service}')::date,
       coalesce(body #>> '{times,in_visit}', body #>> '{times,admitted}', body #>> '{visit,booked_start}')::timestamptz,
       sequence, body #>> '{visit,outcome}' = 'completed'
FROM (
    SELECT practice_id, event_id, visit_id, sequence, convert_from(raw, 'UTF8')::jsonb AS body
    FROM billing.events WHERE kind = 'visit.session_complete'
) AS stored;

-- What the biller asks the clinician about an encounter, and how it was closed: both for ever, both sealed.
CREATE TABLE billing.questions (
    practice_id  text NOT NULL,
    question_id  text NOT NULL,
    encounter_id text NOT NULL,
    visit_id     text NOT NULL,
    clinician_id text NOT NULL,
    version      integer NOT NULL,
    asked_at     timestamptz NOT NULL,
    asked_by     text NOT NULL,
    asked_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, question_id),
    FOREIGN KEY (practice_id, encounter_id) REFERENCES billing.encounters (practice_id, encounter_id)
);
CREATE INDEX questions_of_encounter ON billing.questions (practice_id, encounter_id, asked_at);
CREATE INDEX questions_of_clinician ON billing.questions (practice_id, clinician_id, asked_at);

CREATE TABLE billing.answers (
    practice_id   text NOT NULL,
    question_id   text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('answered', 'withdrawn')),
    answered_at   timestamptz NOT NULL,
    answered_by   text NOT NULL,
    answer_sealed bytea NOT NULL,
    sheet_version integer,
    PRIMARY KEY (practice_id, question_id),
    FOREIGN KEY (practice_id, question_id) REFERENCES billing.questions (practice_id, question_id)
);

CREATE TRIGGER visit_days_append_only BEFORE UPDATE OR DELETE ON billing.visit_days
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER questions_append_only BEFORE UPDATE OR DELETE ON billing.questions
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER answers_append_only BEFORE UPDATE OR DELETE ON billing.answers
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER questions_no_truncate BEFORE TRUNCATE ON billing.questions
    FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER answers_no_truncate BEFORE TRUNCATE ON billing.answers
    FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_change();

REVOKE UPDATE, DELETE ON billing.visit_days, billing.questions, billing.answers FROM antechamber_billing;
