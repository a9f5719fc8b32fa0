-- A clearing house's server is one more way for batches to leave and for answers to come.
ALTER TABLE billing.batches DROP CONSTRAINT batches_way_check;
ALTER TABLE billing.batches ADD CONSTRAINT batches_way_check CHECK (way IN ('download', 'folder', 'command', 'sftp'));
ALTER TABLE billing.received_files DROP CONSTRAINT received_files_way_check;
ALTER TABLE billing.received_files ADD CONSTRAINT received_files_way_check
    CHECK (way IN ('upload', 'folder', 'command', 'sftp'));

-- Files that were fetched from there: they stay where they lie, for most clearing houses let nobody take them away. `mark`
-- is the SHA-256 of the place, the name, the size and the time of change.
CREATE TABLE billing.fetched_files (
    practice_id text NOT NULL,
    mark        bytea NOT NULL CHECK (octet_length(mark) = 32),
    file_id     text NOT NULL,
    fetched_at  timestamptz NOT NULL,
    PRIMARY KEY (practice_id, mark),
    FOREIGN KEY (practice_id, file_id) REFERENCES billing.received_files (practice_id, file_id)
);
CREATE TRIGGER fetched_files_append_only BEFORE UPDATE OR DELETE ON billing.fetched_files FOR EACH ROW
    EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER fetched_files_no_truncate BEFORE TRUNCATE ON billing.fetched_files FOR EACH STATEMENT
    EXECUTE FUNCTION billing.refuse_change();
REVOKE UPDATE, DELETE ON billing.fetched_files FROM antechamber_billing;
