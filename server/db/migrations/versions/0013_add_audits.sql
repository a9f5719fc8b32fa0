-- Numbers of audit packages (AP-2026-0001) and of answers to audit requests (AR-2026-0001), each taken in a transaction of
-- its own for the task that makes it: a crash leaves a gap, a second try of the same task keeps its number.
CREATE TABLE billing.audit_numbers (
    practice_id text NOT NULL,
    series      text NOT NULL CHECK (series IN ('AP', 'AR')),
    year        integer NOT NULL,
    number      integer NOT NULL CHECK (number >= 1),
    task_id     text NOT NULL,
    taken_at    timestamptz NOT NULL,
    PRIMARY KEY (practice_id, series, year, number),
    UNIQUE (practice_id, task_id)
);

-- The provider's assurance statement that some payers want before telehealth is billed: for whom, when, who signed it.
CREATE TABLE billing.assurances (
    practice_id  text NOT NULL,
    assurance_id text NOT NULL,
    saved_at     timestamptz NOT NULL,
    saved_by     text NOT NULL,
    signed_on    date NOT NULL,
    said_sealed  bytea NOT NULL,
    PRIMARY KEY (practice_id, assurance_id)
);

DO $body$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['audit_numbers', 'assurances'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON billing.%I FOR EACH ROW '
                       'EXECUTE FUNCTION billing.refuse_change()', name || '_append_only', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON billing.%I FOR EACH STATEMENT '
                       'EXECUTE FUNCTION billing.refuse_change()', name || '_no_truncate', name);
        EXECUTE format('REVOKE UPDATE, DELETE ON billing.%I FROM antechamber_billing', name);
    END LOOP;
END
$body$;
