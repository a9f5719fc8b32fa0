-- What the practice keeps of its payers beside their rules: fees with every version, its own code tables, answers of a
-- telephone call that is not over, and the biller's longer tasks (files, dry runs), which the jobs process runs.

-- Who confirmed a rule and who answered for the payer: sealed beside it, for they are people.
ALTER TABLE billing.rules ADD COLUMN names_sealed bytea;

-- A version is the whole schedule of one code: [{"cents", "from", "to"}], by day; an empty list withdraws the code.
CREATE TABLE billing.fee_schedules (
    practice_id text NOT NULL,
    code        text NOT NULL,
    version     integer NOT NULL CHECK (version >= 1),
    saved_at    timestamptz NOT NULL,
    saved_by    text NOT NULL,
    fees        jsonb NOT NULL CHECK (jsonb_typeof(fees) = 'array'),
    PRIMARY KEY (practice_id, code, version)
);
INSERT INTO billing.fee_schedules (practice_id, code, version, saved_at, saved_by, fees)
SELECT practice_id, code, 1, now(), 'migration',
       jsonb_agg(jsonb_build_object('cents', cents, 'from', valid_from, 'to', valid_to) ORDER BY valid_from)
FROM billing.fees GROUP BY practice_id, code;

-- The code tables in use: the newest version; without text those that the product ships.
CREATE TABLE billing.code_packs (
    practice_id   text NOT NULL,
    version       integer NOT NULL CHECK (version >= 1),
    saved_at      timestamptz NOT NULL,
    saved_by      text NOT NULL,
    digest        text NOT NULL CHECK (digest ~ '^([0-9a-f]{64})?$'),
    name          text NOT NULL,
    notice        text NOT NULL,
    valid_from    date NOT NULL,
    valid_through date NOT NULL,
    tables        text CHECK (octet_length(tables) <= 2097152),
    PRIMARY KEY (practice_id, version)
);

-- Answers that a biller has typed and not yet saved as a rule: sealed, for they name people.
CREATE TABLE billing.payer_drafts (
    practice_id    text NOT NULL,
    rule_id        text NOT NULL,
    saved_at       timestamptz NOT NULL,
    saved_by       text NOT NULL,
    answers_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, rule_id)
);

CREATE TABLE billing.tasks (
    practice_id text NOT NULL,
    task_id     text NOT NULL,
    kind        text NOT NULL,
    asked_at    timestamptz NOT NULL,
    asked_by    text NOT NULL,
    wish_sealed bytea NOT NULL,
    state       text NOT NULL CHECK (state IN ('sending', 'waiting', 'running', 'done')),
    done        integer NOT NULL DEFAULT 0,
    total       integer NOT NULL DEFAULT 0,
    outcome     jsonb,
    ended_at    timestamptz,
    PRIMARY KEY (practice_id, task_id)
);
CREATE INDEX tasks_by_kind ON billing.tasks (practice_id, kind, asked_at DESC);

-- A file on its way in; gone as soon as it was read, whole or not at all.
CREATE TABLE billing.task_parts (
    practice_id text NOT NULL,
    task_id     text NOT NULL,
    part        integer NOT NULL CHECK (part >= 0),
    content     bytea NOT NULL CHECK (octet_length(content) <= 65536),
    PRIMARY KEY (practice_id, task_id, part),
    FOREIGN KEY (practice_id, task_id) REFERENCES billing.tasks (practice_id, task_id)
);

CREATE TRIGGER fee_schedules_append_only BEFORE UPDATE OR DELETE ON billing.fee_schedules
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER code_packs_append_only BEFORE UPDATE OR DELETE ON billing.code_packs
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
REVOKE UPDATE, DELETE ON billing.fee_schedules, billing.code_packs FROM antechamber_billing;
REVOKE DELETE ON billing.tasks FROM antechamber_billing;
