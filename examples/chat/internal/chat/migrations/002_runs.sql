-- The agent's runs, one a message. The instance that works on one holds a lease; whose lease has ended is taken over by another.
CREATE TABLE runs (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    message_id   bigint NOT NULL UNIQUE REFERENCES messages ON DELETE CASCADE,
    instance     text NOT NULL,
    leased_until timestamptz NOT NULL,
    finished_at  timestamptz
);
CREATE INDEX ON runs (leased_until) WHERE finished_at IS NULL;
