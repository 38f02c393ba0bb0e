CREATE TABLE accounts (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name       text NOT NULL UNIQUE,
    password   text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The key that signs tokens. One row, so that all instances sign with the same one, and a restart signs nobody out.
CREATE TABLE signing_key (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    private bytea NOT NULL
);
