-- How good the connections of a visit were, ten seconds a row: numbers only. Rows are made by the server, never changed,
-- and deleted by age; no bill rests on them.
CREATE TABLE antechamber.visit_quality (
    practice_id text NOT NULL,
    visit_id text NOT NULL,
    participant text NOT NULL,
    at_s integer NOT NULL,
    seconds smallint NOT NULL,
    level smallint NOT NULL,
    kbit_s integer NOT NULL,
    lost smallint NOT NULL,
    got_lost smallint NOT NULL,
    jitter_ms smallint NOT NULL,
    rtt_ms integer,
    width smallint,
    height smallint,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, visit_id, participant, at_s),
    FOREIGN KEY (practice_id, visit_id) REFERENCES antechamber.visits
);
CREATE INDEX visit_quality_by_age ON antechamber.visit_quality (practice_id, created_at);

GRANT SELECT, INSERT, DELETE ON antechamber.visit_quality TO antechamber_app;
