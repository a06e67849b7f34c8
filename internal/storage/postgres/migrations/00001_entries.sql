-- +goose Up

-- The entries of all buckets, sorted by key as bytes.
CREATE TABLE entries (
    bucket smallint NOT NULL,
    key    bytea    NOT NULL,
    value  bytea    NOT NULL,
    PRIMARY KEY (bucket, key)
);

CREATE TABLE buckets (
    bucket smallint PRIMARY KEY,
    name   text     NOT NULL UNIQUE
);

-- The last number that was drawn from a bucket.
CREATE TABLE sequences (
    bucket smallint PRIMARY KEY,
    last   bigint   NOT NULL
);

-- One row. Who writes locks it first, so one transaction writes at a time. layout is the layout of
-- everything here. A migration that replicas of the version before must not outlive changes it, and
-- those write nothing more.
CREATE TABLE shop (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    commits bigint  NOT NULL,
    term    bigint  NOT NULL,
    layout  integer NOT NULL
);
INSERT INTO shop (commits, term, layout) VALUES (0, 0, 1);

-- The newest commits: what became of one whose answer was lost.
CREATE TABLE commits (
    number bigint PRIMARY KEY,
    token  bytea  NOT NULL
);

-- One row: who leads, and until when by the database's clock.
CREATE TABLE lease (
    one    boolean     PRIMARY KEY DEFAULT true CHECK (one),
    holder text        NOT NULL,
    until  timestamptz NOT NULL
);
INSERT INTO lease (holder, until) VALUES ('', '2000-01-01 00:00:00+00');

-- The work of orders: when an order is due for a task, and until when it is claimed by whoever leads
-- in that term. A row without due is a claim that outlived its job. Times are nanoseconds since 1970,
-- as exact as the program's.
CREATE TABLE work (
    order_id text   NOT NULL,
    task     text   NOT NULL,
    due      bigint,
    began    bigint,
    rank     bigint NOT NULL,
    claimed  bigint,
    term     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, task)
);
CREATE INDEX work_due ON work (task, due, rank, order_id) WHERE due IS NOT NULL AND claimed IS NULL;
CREATE INDEX work_began ON work (task, began, rank, order_id) WHERE due IS NOT NULL AND claimed IS NULL AND began IS NOT NULL;
CREATE INDEX work_claimed ON work (task, claimed) WHERE claimed IS NOT NULL;

-- +goose Down
DROP TABLE work, lease, commits, shop, sequences, buckets, entries;
