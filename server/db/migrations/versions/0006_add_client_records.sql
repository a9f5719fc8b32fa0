-- What billing keeps of a client: their record, several coverages in order, pictures of cards, verifications, 271
-- answers. Sealed, append-only, a version for every change. Beside it the imports of the server.

-- A coverage saved before clients could have several is the first of its client, under an id that says so.
ALTER TABLE billing.coverages
    ADD COLUMN coverage_id text NOT NULL DEFAULT 'cov_first',
    ADD COLUMN rank integer NOT NULL DEFAULT 1 CHECK (rank BETWEEN 1 AND 99),
    ADD COLUMN removed boolean NOT NULL DEFAULT false;
ALTER TABLE billing.coverages DROP CONSTRAINT coverages_pkey;
ALTER TABLE billing.coverages ADD PRIMARY KEY (practice_id, client_id, coverage_id, version);

CREATE TABLE billing.client_records (
    practice_id   text NOT NULL,
    client_id     text NOT NULL,
    version       integer NOT NULL CHECK (version >= 1),
    saved_at      timestamptz NOT NULL,
    saved_by      text NOT NULL,
    record_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, client_id, version)
);

-- One side of a card. A picture that was taken away has no bytes in its newest version.
CREATE TABLE billing.card_photos (
    practice_id  text NOT NULL,
    client_id    text NOT NULL,
    coverage_id  text NOT NULL,
    side         text NOT NULL CHECK (side IN ('front', 'back')),
    version      integer NOT NULL CHECK (version >= 1),
    saved_at     timestamptz NOT NULL,
    saved_by     text NOT NULL,
    media_type   text CHECK (media_type IN ('image/jpeg', 'image/png')),
    photo_sealed bytea CHECK (octet_length(photo_sealed) <= 1100000),
    PRIMARY KEY (practice_id, client_id, coverage_id, side, version),
    CHECK ((media_type IS NULL) = (photo_sealed IS NULL))
);

CREATE TABLE billing.verifications (
    practice_id         text NOT NULL,
    client_id           text NOT NULL,
    coverage_id         text NOT NULL,
    version             integer NOT NULL CHECK (version >= 1),
    saved_at            timestamptz NOT NULL,
    saved_by            text NOT NULL,
    verification_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, client_id, coverage_id, version)
);

-- Answers (271) as they came, and what was read in them.
CREATE TABLE billing.eligibility_answers (
    practice_id   text NOT NULL,
    client_id     text NOT NULL,
    coverage_id   text NOT NULL,
    version       integer NOT NULL CHECK (version >= 1),
    saved_at      timestamptz NOT NULL,
    saved_by      text NOT NULL,
    answer_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, client_id, coverage_id, version)
);

CREATE INDEX encounters_of_client ON billing.encounters (practice_id, client_id, service_date);

CREATE TRIGGER client_records_append_only BEFORE UPDATE OR DELETE ON billing.client_records
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER card_photos_append_only BEFORE UPDATE OR DELETE ON billing.card_photos
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER verifications_append_only BEFORE UPDATE OR DELETE ON billing.verifications
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER eligibility_answers_append_only BEFORE UPDATE OR DELETE ON billing.eligibility_answers
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();

REVOKE UPDATE, DELETE ON billing.client_records, billing.card_photos, billing.verifications, billing.eligibility_answers
    FROM antechamber_billing;

-- Ids that another system gave to clients, coverages and visits: blinded, so that the same row imported again is known.
CREATE TABLE antechamber.external_ids (
    practice_id text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('client', 'coverage', 'visit')),
    blind       bytea NOT NULL CHECK (octet_length(blind) = 32),
    id          text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, kind, blind)
);

-- One file to import: what came, what it would do (the report), and how far it is. The file goes when it is done.
CREATE TABLE antechamber.imports (
    practice_id   text NOT NULL,
    id            text NOT NULL,
    form          text NOT NULL CHECK (form IN ('csv', 'fhir')),
    state         text NOT NULL CHECK (state IN
        ('uploaded', 'checked', 'confirmed', 'applied', 'done', 'refused', 'discarded')),
    created_at    timestamptz NOT NULL,
    created_by    text NOT NULL,
    confirmed_at  timestamptz,
    confirmed_by  text,
    changed_at    timestamptz NOT NULL,
    file_sealed   bytea,
    report_sealed bytea,
    rest_sealed   bytea,
    PRIMARY KEY (practice_id, id)
);
CREATE INDEX imports_to_do ON antechamber.imports (practice_id, state)
    WHERE state IN ('uploaded', 'confirmed', 'applied');

GRANT SELECT, INSERT ON antechamber.external_ids TO antechamber_app;
GRANT SELECT, INSERT, UPDATE ON antechamber.imports TO antechamber_app;
