CREATE TABLE threads (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id    text NOT NULL,
    title      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON threads (user_id, created_at);

CREATE TABLE messages (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id  uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
    role       text NOT NULL CHECK (role IN ('user', 'agent')),
    text       text NOT NULL,
    run_id     uuid UNIQUE, -- of the agent's answers: a run answers once
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON messages (thread_id, id);
