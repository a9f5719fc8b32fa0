-- End-to-end encryption: on whenever every browser in the visit can, or required, and then nothing passes without it.
ALTER TABLE antechamber.practices
    ADD COLUMN e2ee text NOT NULL DEFAULT 'on' CHECK (e2ee IN ('on', 'required'));
