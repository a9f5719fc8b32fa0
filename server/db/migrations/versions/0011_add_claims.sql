-- Claims and money. A claim's row says where it stands; why, and everything that ever happened to it, stands in facts that
-- nobody changes. Money is a list of entries in whole cents that only grows. Names, members, diagnoses and files as they
-- came stand sealed (AES-256-GCM) in bytea columns.

-- Who bills, as claims need it: the practice with its tax number and address, its clinicians' NPIs and taxonomies, who
-- sends and who receives. A version is the whole of it.
CREATE TABLE billing.claim_profiles (
    practice_id    text NOT NULL,
    version        integer NOT NULL CHECK (version >= 1),
    saved_at       timestamptz NOT NULL,
    saved_by       text NOT NULL,
    profile_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, version)
);

-- `claim_id` is what payers give back as our account number (CLM01). `living`: the one that stands for this encounter with
-- this payer; a replacement and a void take that place from the one before.
CREATE TABLE billing.claims (
    practice_id    text NOT NULL,
    claim_id       text NOT NULL CHECK (claim_id ~ '^[A-Z0-9-]{1,20}$'),
    encounter_id   text NOT NULL,
    client_id      text NOT NULL,
    clinician_id   text NOT NULL,
    service_date   date NOT NULL,
    version        integer NOT NULL,
    rank           text NOT NULL CHECK (rank IN ('P', 'S', 'T')),
    frequency      text NOT NULL CHECK (frequency IN ('1', '7', '8')),
    replaces       text,
    living         boolean NOT NULL,
    state          text NOT NULL CHECK (state ~ '^[a-z_]{1,40}$'),
    outcome        text,
    seq            integer NOT NULL CHECK (seq >= 1),
    cents          bigint NOT NULL CHECK (cents >= 0),
    receiver       text NOT NULL,
    batch_id       text,
    batch_set      integer,
    drafted_at     timestamptz NOT NULL,
    sent_at        timestamptz,
    updated_at     timestamptz NOT NULL,
    file_by        date,
    appeal_by      date,
    problems_sealed bytea NOT NULL,
    claim_sealed   bytea NOT NULL,
    payer_digest   bytea NOT NULL CHECK (octet_length(payer_digest) = 32),
    payer_sealed   bytea NOT NULL,
    PRIMARY KEY (practice_id, claim_id),
    FOREIGN KEY (practice_id, encounter_id) REFERENCES billing.encounters (practice_id, encounter_id),
    FOREIGN KEY (practice_id, replaces) REFERENCES billing.claims (practice_id, claim_id)
);
-- Whatever the number and order of clicks, retries and imports: one claim stands per encounter and payer.
CREATE UNIQUE INDEX claims_one_living ON billing.claims (practice_id, encounter_id, rank) WHERE living;
CREATE INDEX claims_by_state ON billing.claims (practice_id, state, service_date);
CREATE INDEX claims_of_encounter ON billing.claims (practice_id, encounter_id, drafted_at);
CREATE INDEX claims_of_batch ON billing.claims (practice_id, batch_id);
CREATE INDEX claims_to_appeal ON billing.claims (practice_id, appeal_by) WHERE appeal_by IS NOT NULL;

-- A released encounter that cannot become a claim yet, and what it lacks; gone with the draft.
CREATE TABLE billing.claim_gaps (
    practice_id  text NOT NULL,
    encounter_id text NOT NULL,
    version      integer NOT NULL,
    at           timestamptz NOT NULL,
    problems     jsonb NOT NULL CHECK (jsonb_typeof(problems) = 'array'),
    PRIMARY KEY (practice_id, encounter_id),
    FOREIGN KEY (practice_id, encounter_id) REFERENCES billing.encounters (practice_id, encounter_id)
);

-- What left the house stays as it was: only where the claim stands may change.
CREATE FUNCTION billing.keep_sent_claim() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
BEGIN
    IF OLD.batch_id IS NOT NULL AND (NEW.claim_sealed, NEW.cents, NEW.frequency, NEW.version)
            IS DISTINCT FROM (OLD.claim_sealed, OLD.cents, OLD.frequency, OLD.version) THEN
        RAISE EXCEPTION 'a claim in a batch does not change' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.batch_id IS DISTINCT FROM OLD.batch_id AND OLD.batch_id IS NOT NULL AND (NEW.batch_id IS NOT NULL
            OR NOT EXISTS (SELECT FROM billing.batches AS b WHERE b.practice_id = OLD.practice_id
                AND b.batch_id = OLD.batch_id AND (b.state = 'discarded' OR b.usage = 'T'))) THEN
        RAISE EXCEPTION 'a claim leaves only a batch that was never sent, or for trial'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (NEW.practice_id, NEW.claim_id, NEW.encounter_id, NEW.rank)
            IS DISTINCT FROM (OLD.practice_id, OLD.claim_id, OLD.encounter_id, OLD.rank) OR NEW.seq < OLD.seq THEN
        RAISE EXCEPTION 'a claim keeps its place' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER claims_keep_sent BEFORE UPDATE ON billing.claims
    FOR EACH ROW EXECUTE FUNCTION billing.keep_sent_claim();

-- What happened to a claim. `seq` is the lock: two writers cannot both write the next one. `body` codes, numbers and cents
-- alone; what names somebody is sealed.
CREATE TABLE billing.claim_facts (
    practice_id text NOT NULL,
    claim_id    text NOT NULL,
    seq         integer NOT NULL CHECK (seq >= 1),
    at          timestamptz NOT NULL,
    by          text NOT NULL,
    kind        text NOT NULL CHECK (kind ~ '^[a-z_0-9]{1,40}$'),
    state       text NOT NULL,
    outcome     text,
    file_id     text,
    body        jsonb NOT NULL CHECK (jsonb_typeof(body) = 'object'),
    said_sealed bytea,
    PRIMARY KEY (practice_id, claim_id, seq),
    FOREIGN KEY (practice_id, claim_id) REFERENCES billing.claims (practice_id, claim_id)
);
CREATE INDEX claim_facts_of_file ON billing.claim_facts (practice_id, file_id) WHERE file_id IS NOT NULL;

-- Control numbers are taken in a transaction of their own before a batch is made: a crash leaves a gap, never the same
-- number twice. One series for all receivers, for an answer names a batch by its number alone.
CREATE TABLE billing.control_numbers (
    practice_id text NOT NULL,
    receiver    text NOT NULL,
    control     integer NOT NULL CHECK (control BETWEEN 1 AND 999999999),
    batch_id    text NOT NULL,
    taken_at    timestamptz NOT NULL,
    PRIMARY KEY (practice_id, receiver, control),
    UNIQUE (practice_id, control),
    UNIQUE (practice_id, batch_id)
);

CREATE TABLE billing.batches (
    practice_id text NOT NULL,
    batch_id    text NOT NULL,
    receiver    text NOT NULL,
    control     integer NOT NULL,
    usage       text NOT NULL CHECK (usage IN ('T', 'P')),
    state       text NOT NULL CHECK (state IN ('made', 'sent', 'accepted', 'partly', 'rejected', 'discarded')),
    made_at     timestamptz NOT NULL,
    made_by     text NOT NULL,
    sent_at     timestamptz,
    sent_by     text,
    way         text CHECK (way IN ('download', 'folder', 'command')),
    answered_at timestamptz,
    written_at  timestamptz,
    claims      integer NOT NULL CHECK (claims >= 1),
    cents       bigint NOT NULL CHECK (cents >= 0),
    bytes       bigint NOT NULL CHECK (bytes >= 1),
    raw_sha256  bytea NOT NULL CHECK (octet_length(raw_sha256) = 32),
    name_sealed bytea,
    said_sealed bytea,
    PRIMARY KEY (practice_id, batch_id),
    UNIQUE (practice_id, receiver, control),
    FOREIGN KEY (practice_id, receiver, control)
        REFERENCES billing.control_numbers (practice_id, receiver, control)
);
CREATE INDEX batches_by_time ON billing.batches (practice_id, made_at DESC);
ALTER TABLE billing.claims ADD FOREIGN KEY (practice_id, batch_id)
    REFERENCES billing.batches (practice_id, batch_id) DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION billing.keep_batch() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
BEGIN
    IF (NEW.practice_id, NEW.batch_id, NEW.receiver, NEW.control, NEW.usage, NEW.made_at, NEW.claims, NEW.cents,
            NEW.bytes, NEW.raw_sha256)
            IS DISTINCT FROM (OLD.practice_id, OLD.batch_id, OLD.receiver, OLD.control, OLD.usage, OLD.made_at,
            OLD.claims, OLD.cents, OLD.bytes, OLD.raw_sha256)
        OR (OLD.sent_at IS NOT NULL AND (NEW.sent_at, NEW.sent_by) IS DISTINCT FROM (OLD.sent_at, OLD.sent_by))
        OR (NEW.state = 'discarded' AND (OLD.state NOT IN ('made', 'discarded') OR NEW.sent_at IS NOT NULL))
        OR (OLD.state = 'discarded' AND NEW.state <> 'discarded') THEN
        RAISE EXCEPTION 'a batch does not change' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER batches_keep BEFORE UPDATE ON billing.batches FOR EACH ROW EXECUTE FUNCTION billing.keep_batch();

-- The nights in which everything that was ready left by itself: once a night.
CREATE TABLE billing.claim_nights (
    practice_id text NOT NULL,
    night       date NOT NULL,
    ended_at    timestamptz NOT NULL,
    PRIMARY KEY (practice_id, night)
);

-- What came back, as it came. A file that was taken in is known by its digest and never taken in again.
CREATE TABLE billing.received_files (
    practice_id    text NOT NULL,
    file_id        text NOT NULL,
    came_at        timestamptz NOT NULL,
    came_by        text NOT NULL,
    way            text NOT NULL CHECK (way IN ('upload', 'folder', 'command')),
    state          text NOT NULL CHECK (state IN ('arriving', 'reading', 'taken', 'refused')),
    raw_sha256     bytea CHECK (octet_length(raw_sha256) = 32),
    bytes          bigint NOT NULL DEFAULT 0,
    kinds          text[] NOT NULL DEFAULT '{}',
    ended_at       timestamptz,
    verdict_sealed bytea,
    PRIMARY KEY (practice_id, file_id)
);
CREATE UNIQUE INDEX received_files_once ON billing.received_files (practice_id, raw_sha256) WHERE state = 'taken';
CREATE INDEX received_files_by_time ON billing.received_files (practice_id, came_at DESC);

-- The bytes of batches and of received files, sealed in pieces so that no file is ever held twice.
CREATE TABLE billing.file_parts (
    practice_id    text NOT NULL,
    file_id        text NOT NULL,
    part           integer NOT NULL CHECK (part >= 0),
    content_sealed bytea NOT NULL CHECK (octet_length(content_sealed) <= 1048576),
    PRIMARY KEY (practice_id, file_id, part)
);

-- Interchanges that were taken in, by sender and control numbers: one that comes again in other bytes is known too.
CREATE TABLE billing.seen_envelopes (
    practice_id text NOT NULL,
    envelope    text NOT NULL,
    file_id     text NOT NULL,
    PRIMARY KEY (practice_id, envelope)
);

-- Each payment (835) once: `payment_key` is made of payer and trace number; of one that pays nothing, whose number says
-- little, of its day and its decisions too.
CREATE TABLE billing.payments (
    practice_id  text NOT NULL,
    payment_id   text NOT NULL,
    payment_key  text NOT NULL,
    file_id      text NOT NULL,
    posted_at    timestamptz NOT NULL,
    paid_on      date,
    method       text NOT NULL,
    cents        bigint NOT NULL,
    claims       integer NOT NULL,
    posted_cents bigint NOT NULL,
    beside       jsonb NOT NULL CHECK (jsonb_typeof(beside) = 'array'),
    said_sealed  bytea NOT NULL,
    PRIMARY KEY (practice_id, payment_id),
    UNIQUE (practice_id, payment_key)
);

-- The money of each encounter: where its claims stand, and what its entries come to, written with them, so that lists can
-- be sorted without folding every entry. What is open is never said, it follows.
CREATE TABLE billing.accounts (
    practice_id   text NOT NULL,
    encounter_id  text NOT NULL,
    seq           bigint NOT NULL CHECK (seq >= 1),
    updated_at    timestamptz NOT NULL,
    claims_sealed bytea NOT NULL,
    charges       bigint NOT NULL,
    transferred   bigint NOT NULL,
    payments      bigint NOT NULL,
    adjustments   bigint NOT NULL,
    share         bigint NOT NULL,
    client_paid   bigint NOT NULL,
    open          bigint NOT NULL GENERATED ALWAYS AS
                      (charges + transferred - payments - adjustments - share) STORED,
    due           bigint NOT NULL GENERATED ALWAYS AS (share - client_paid) STORED,
    PRIMARY KEY (practice_id, encounter_id),
    FOREIGN KEY (practice_id, encounter_id) REFERENCES billing.encounters (practice_id, encounter_id)
);

-- `entry_key` is what the same cause always gives, so whatever comes twice counts once. What moves beside the claims of a
-- payment (PLB) belongs to no encounter.
CREATE TABLE billing.ledger_entries (
    practice_id  text NOT NULL,
    entry_key    text NOT NULL,
    seq          bigint GENERATED ALWAYS AS IDENTITY,
    cause        text NOT NULL,
    encounter_id text NOT NULL,
    claim_id     text NOT NULL,
    kind         text NOT NULL CHECK (kind ~ '^[a-z_]{1,40}$'),
    cents        bigint NOT NULL CHECK (cents <> 0),
    day          date NOT NULL,
    posted_at    timestamptz NOT NULL,
    posted_by    text NOT NULL,
    file_id      text,
    body         jsonb NOT NULL CHECK (jsonb_typeof(body) = 'object'),
    said_sealed  bytea NOT NULL,
    PRIMARY KEY (practice_id, encounter_id, entry_key)
);
CREATE INDEX ledger_of_encounter ON billing.ledger_entries (practice_id, encounter_id, seq);

-- Decisions of payers that were posted; only what takes one back is ever written beside it.
CREATE TABLE billing.judgements (
    practice_id   text NOT NULL,
    judgement_key text NOT NULL,
    seq           bigint GENERATED ALWAYS AS IDENTITY,
    encounter_id  text NOT NULL,
    claim_id      text NOT NULL,
    status        text NOT NULL,
    posted_at     timestamptz NOT NULL,
    file_id       text,
    undone        text NOT NULL DEFAULT '',
    said_sealed   bytea NOT NULL,
    PRIMARY KEY (practice_id, judgement_key)
);
CREATE INDEX judgements_of_encounter ON billing.judgements (practice_id, encounter_id, seq);

-- What could not be posted, with its reason: it waits for what it lacks, or for a person who settles it.
CREATE TABLE billing.unmatched (
    practice_id   text NOT NULL,
    unmatched_key text NOT NULL,
    encounter_id  text,
    file_id       text NOT NULL,
    came_at       timestamptz NOT NULL,
    why           text NOT NULL,
    cents         bigint NOT NULL,
    said_sealed   bytea NOT NULL,
    settled_at    timestamptz,
    settled_by    text,
    settled_how   text CHECK (settled_how IN ('posted', 'set_aside')),
    settled_sealed bytea,
    PRIMARY KEY (practice_id, unmatched_key)
);
CREATE INDEX unmatched_open ON billing.unmatched (practice_id, came_at) WHERE settled_at IS NULL;
CREATE INDEX unmatched_of_encounter ON billing.unmatched (practice_id, encounter_id) WHERE settled_at IS NULL;

CREATE TABLE billing.denials (
    practice_id text NOT NULL,
    denial_id   text NOT NULL,
    claim_id    text NOT NULL,
    encounter_id text NOT NULL,
    file_id     text NOT NULL,
    denied_on   date NOT NULL,
    appeal_by   date,
    cents       bigint NOT NULL,
    reasons     text[] NOT NULL,
    remarks     text[] NOT NULL DEFAULT '{}',
    rule_id     text,
    state       text NOT NULL CHECK (state IN ('open', 'appealed', 'resubmitted', 'overturned', 'accepted')),
    closed_at   timestamptz,
    closed_by   text,
    PRIMARY KEY (practice_id, denial_id),
    FOREIGN KEY (practice_id, claim_id) REFERENCES billing.claims (practice_id, claim_id)
);
CREATE INDEX denials_open ON billing.denials (practice_id, appeal_by) WHERE state IN ('open', 'appealed');
CREATE INDEX denials_of_claim ON billing.denials (practice_id, claim_id);

CREATE TABLE billing.appeals (
    practice_id   text NOT NULL,
    appeal_id     text NOT NULL,
    denial_id     text NOT NULL,
    made_at       timestamptz NOT NULL,
    made_by       text NOT NULL,
    appeal_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, appeal_id),
    FOREIGN KEY (practice_id, denial_id) REFERENCES billing.denials (practice_id, denial_id)
);

-- A denial that questions a payer rule asks for a look at it, until somebody has looked.
CREATE TABLE billing.rule_reviews (
    practice_id text NOT NULL,
    rule_id     text NOT NULL,
    denial_id   text NOT NULL,
    asked_at    timestamptz NOT NULL,
    asked_by    text NOT NULL,
    reason      text NOT NULL,
    done_at     timestamptz,
    done_by     text,
    done_sealed bytea,
    PRIMARY KEY (practice_id, rule_id, denial_id)
);

-- What left the house for an audit or an appeal: of whom, to whom, why (45 CFR 164.528).
CREATE TABLE billing.disclosures (
    practice_id   text NOT NULL,
    disclosure_id text NOT NULL,
    made_at       timestamptz NOT NULL,
    made_by       text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('audit', 'appeal', 'package', 'statement')),
    encounters    text[] NOT NULL,
    raw_sha256    bytea NOT NULL CHECK (octet_length(raw_sha256) = 32),
    said_sealed   bytea NOT NULL,
    PRIMARY KEY (practice_id, disclosure_id)
);
CREATE INDEX disclosures_of_encounters ON billing.disclosures USING gin (encounters);

-- Files on their way in to the biller's tasks hold nothing of a client; those that do are sealed into file_parts.
DO $body$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['claim_profiles', 'claim_facts', 'control_numbers', 'claim_nights', 'seen_envelopes', 'payments',
                                'ledger_entries', 'appeals', 'disclosures'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON billing.%I FOR EACH ROW '
                       'EXECUTE FUNCTION billing.refuse_change()', name || '_append_only', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON billing.%I FOR EACH STATEMENT '
                       'EXECUTE FUNCTION billing.refuse_change()', name || '_no_truncate', name);
        EXECUTE format('REVOKE UPDATE, DELETE ON billing.%I FROM antechamber_billing', name);
    END LOOP;
END
$body$;
REVOKE UPDATE ON billing.file_parts FROM antechamber_billing;
REVOKE DELETE ON billing.claims, billing.batches, billing.received_files, billing.accounts,
    billing.judgements, billing.unmatched, billing.denials, billing.rule_reviews FROM antechamber_billing;

-- A file's bytes stay; only those of one that never arrived whole, or was refused, may go.
CREATE FUNCTION billing.keep_file() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
BEGIN
    IF TG_OP = 'UPDATE' OR EXISTS (SELECT FROM billing.batches AS b
            WHERE b.practice_id = OLD.practice_id AND b.batch_id = OLD.file_id)
        OR EXISTS (SELECT FROM billing.received_files AS f
            WHERE f.practice_id = OLD.practice_id AND f.file_id = OLD.file_id AND f.state = 'taken') THEN
        RAISE EXCEPTION 'what was sent or taken in stays' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END
$body$;
CREATE TRIGGER file_parts_keep BEFORE UPDATE OR DELETE ON billing.file_parts
    FOR EACH ROW EXECUTE FUNCTION billing.keep_file();

CREATE FUNCTION billing.keep_received() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
BEGIN
    IF OLD.state IN ('taken', 'refused') THEN
        RAISE EXCEPTION 'a verdict on a file stays' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER received_files_keep BEFORE UPDATE ON billing.received_files
    FOR EACH ROW EXECUTE FUNCTION billing.keep_received();

CREATE FUNCTION billing.keep_judgement() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
BEGIN
    IF OLD.undone <> '' OR (NEW.judgement_key, NEW.encounter_id, NEW.claim_id, NEW.status, NEW.posted_at, NEW.file_id)
            IS DISTINCT FROM (OLD.judgement_key, OLD.encounter_id, OLD.claim_id, OLD.status, OLD.posted_at, OLD.file_id)
    THEN
        RAISE EXCEPTION 'a decision is taken back once and never changed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER judgements_keep BEFORE UPDATE ON billing.judgements
    FOR EACH ROW EXECUTE FUNCTION billing.keep_judgement();

CREATE FUNCTION billing.keep_settled() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
BEGIN
    IF OLD.settled_at IS NOT NULL OR (NEW.unmatched_key, NEW.file_id, NEW.came_at, NEW.cents)
            IS DISTINCT FROM (OLD.unmatched_key, OLD.file_id, OLD.came_at, OLD.cents) THEN
        RAISE EXCEPTION 'what was settled stays settled' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER unmatched_keep BEFORE UPDATE ON billing.unmatched
    FOR EACH ROW EXECUTE FUNCTION billing.keep_settled();
