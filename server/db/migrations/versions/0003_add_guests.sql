-- Guests of a visit: who was invited (name and contact sealed under the client's data key), and their devices.
CREATE TABLE antechamber.guests (
    practice_id text NOT NULL,
    id text NOT NULL,
    visit_id text NOT NULL,
    client_id text NOT NULL,
    participant text NOT NULL,
    role text NOT NULL,
    name_sealed bytea NOT NULL,
    contact_sealed bytea,
    secret_hash bytea NOT NULL,
    secret_sealed bytea NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, secret_hash),
    FOREIGN KEY (practice_id, visit_id) REFERENCES antechamber.visits
);
CREATE INDEX guests_by_visit ON antechamber.guests (practice_id, visit_id);

CREATE TABLE antechamber.guest_sessions (
    practice_id text NOT NULL,
    token_hash bytea NOT NULL,
    guest_id text NOT NULL,
    visit_id text NOT NULL,
    device text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    ended_reason text,
    PRIMARY KEY (practice_id, token_hash),
    FOREIGN KEY (practice_id, guest_id) REFERENCES antechamber.guests
);
CREATE INDEX guest_sessions_by_guest ON antechamber.guest_sessions (practice_id, guest_id) WHERE ended_at IS NULL;

-- Clients and guests may show their screens too; without it the clinician alone.
ALTER TABLE antechamber.practices ADD COLUMN others_may_share boolean NOT NULL DEFAULT false;

GRANT SELECT, INSERT, UPDATE ON antechamber.guests, antechamber.guest_sessions TO antechamber_app;
