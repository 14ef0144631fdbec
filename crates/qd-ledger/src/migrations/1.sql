-- The last run of each period.
CREATE TABLE runs (
    period TEXT PRIMARY KEY, at TEXT NOT NULL, by TEXT, as_of TEXT NOT NULL, state TEXT NOT NULL,
    pipeline TEXT NOT NULL, key TEXT NOT NULL, rests_on TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Digests that a period saw first, and whom they pointed to then.
CREATE TABLE register (
    period TEXT NOT NULL, digest TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (period, digest)
) STRICT, WITHOUT ROWID;
-- Digests of earlier periods that point to another person since a period.
CREATE TABLE moves (
    period TEXT NOT NULL, digest TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (period, digest)
) STRICT, WITHOUT ROWID;
-- What a sent version said of who is who: a correction keeps to it.
CREATE TABLE published (
    period TEXT NOT NULL, digest TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (period, digest)
) STRICT, WITHOUT ROWID;
-- People who turned out to be one, and people who turned out to be two.
CREATE TABLE identities (
    period TEXT NOT NULL, change TEXT NOT NULL CHECK (change IN ('merged', 'split')), before TEXT NOT NULL,
    after TEXT NOT NULL, PRIMARY KEY (period, change, before, after)
) STRICT, WITHOUT ROWID;
-- What people decided about two records; the last decision about two counts.
CREATE TABLE links (
    id INTEGER PRIMARY KEY, one TEXT NOT NULL, other TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('same', 'different')), reason TEXT NOT NULL, by TEXT NOT NULL,
    date TEXT NOT NULL, at TEXT NOT NULL
) STRICT;

-- Every source that was received.
CREATE TABLE submissions (
    id INTEGER PRIMARY KEY, period TEXT NOT NULL, partner TEXT NOT NULL, "table" TEXT NOT NULL,
    source TEXT NOT NULL, file TEXT NOT NULL, digest TEXT NOT NULL, received TEXT NOT NULL,
    superseded_by INTEGER REFERENCES submissions, changes TEXT
) STRICT;
CREATE INDEX submissions_of ON submissions (period, partner, "table");
-- Explanations and waivers that were in force in a period's last run.
CREATE TABLE in_force (
    period TEXT NOT NULL, kind TEXT NOT NULL, partner TEXT NOT NULL, "table" TEXT NOT NULL, code TEXT NOT NULL,
    record TEXT NOT NULL, reason TEXT NOT NULL
) STRICT;

-- What the last run of a period drafted.
CREATE TABLE drafts (
    period TEXT NOT NULL, name TEXT NOT NULL, recipient TEXT NOT NULL, manifest TEXT, finals TEXT NOT NULL,
    blocked TEXT NOT NULL,
    PRIMARY KEY (period, name)
) STRICT, WITHOUT ROWID;
-- What was sent.
CREATE TABLE versions (
    period TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, recipient TEXT NOT NULL,
    manifest TEXT NOT NULL, state TEXT NOT NULL, figures TEXT, prepared_by TEXT NOT NULL, sent_by TEXT NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY (period, name, version)
) STRICT, WITHOUT ROWID;

-- The log: each entry's digest covers the one before. The head tells how long it is.
CREATE TABLE log (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, what TEXT NOT NULL, period TEXT NOT NULL,
    facts TEXT NOT NULL, before TEXT NOT NULL, digest TEXT NOT NULL
) STRICT;
CREATE TABLE head (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), number INTEGER NOT NULL, digest TEXT NOT NULL) STRICT;
