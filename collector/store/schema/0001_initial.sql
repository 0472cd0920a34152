-- Kortvakt's fleet, first form. Times are milliseconds since 1970 UTC, days are
-- whole days since then.

CREATE TABLE workstations (
  number INTEGER PRIMARY KEY,          -- order of first sight
  id TEXT NOT NULL UNIQUE,             -- UUID
  digest TEXT NOT NULL,                -- SnapshotDigest of snapshot
  snapshot BLOB NOT NULL,              -- newest, in the form that encoding says
  encoding INTEGER NOT NULL,           -- 0: serialised kortvakt.v1.Snapshot
  recent_reports BLOB NOT NULL         -- newest last, 8 bytes a report id, at most 64
) STRICT;

-- Apart from workstations, so that hearing of an unchanged one rewrites 30 bytes
-- and not its snapshot.
CREATE TABLE seen (
  workstation INTEGER PRIMARY KEY REFERENCES workstations (number),
  at INTEGER NOT NULL,
  clock_offset INTEGER NOT NULL        -- workstation's clock minus collector's, milliseconds
) STRICT;

CREATE TABLE cards (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,             -- Card.id, a pseudonym
  snapshot BLOB NOT NULL,              -- the card alone with its CAs
  encoding INTEGER NOT NULL,           -- as in workstations
  workstation INTEGER NOT NULL REFERENCES workstations (number),  -- that saw it last
  day INTEGER NOT NULL                 -- on which it was seen last
) STRICT;

-- Which card was where on which day; no time of day. By day, so that old days
-- are cut off in one piece.
CREATE TABLE presence (
  day INTEGER NOT NULL,
  card INTEGER NOT NULL,
  workstation INTEGER NOT NULL,
  PRIMARY KEY (day, card, workstation)
) STRICT, WITHOUT ROWID;

-- Only ever appended to, in order of time; no further index, for each costs a
-- random write a change.
CREATE TABLE history (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  workstation TEXT NOT NULL,
  site TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL
) STRICT;

CREATE TABLE alerts (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  site TEXT NOT NULL,
  label TEXT NOT NULL,
  severity TEXT NOT NULL,
  count INTEGER NOT NULL,
  summary TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  resolved_at INTEGER                  -- null: open
) STRICT;
CREATE UNIQUE INDEX open_alerts ON alerts (name, site, label) WHERE resolved_at IS NULL;

-- One row: when writing last worked after it had failed.
CREATE TABLE storage_probe (
  number INTEGER PRIMARY KEY CHECK (number = 1),
  at INTEGER NOT NULL
) STRICT;
