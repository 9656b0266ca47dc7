CREATE SCHEMA IF NOT EXISTS flexform;

-- The ledgers: one entry a row, and nothing but new rows. The keys are what
-- keeps two writers from writing the same entry, or behind another one than the last.
-- COLLATE "C": an index of texts in the order of a language can break, and let
-- something in twice, when that order changes with the operating system.
CREATE TABLE flexform.entries (
  ledger text   COLLATE "C" NOT NULL, -- the name in the ledger block
  seq    bigint             NOT NULL CHECK (seq > 0),
  prev   text   COLLATE "C",          -- hash of the entry before; null in the first
  hash   text   COLLATE "C" NOT NULL,
  line   text   COLLATE "C" NOT NULL, -- the entry itself
  PRIMARY KEY (ledger, seq),
  UNIQUE (ledger, hash),
  FOREIGN KEY (ledger, prev) REFERENCES flexform.entries (ledger, hash),
  CHECK ((seq = 1) = (prev IS NULL))
);

-- What was claimed, once and forever, by which entry.
CREATE TABLE flexform.claims (
  ledger text   COLLATE "C" NOT NULL,
  key    text   COLLATE "C" NOT NULL,
  seq    bigint             NOT NULL,
  PRIMARY KEY (ledger, key),
  UNIQUE (ledger, seq)
);

-- Who opened a ledger for writing. A note for "lock list"; old rows may go.
CREATE TABLE flexform.holders (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ledger  text    COLLATE "C" NOT NULL,
  backend integer             NOT NULL, -- the process of the server that has the session
  holder  text                NOT NULL
);

CREATE FUNCTION flexform.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a ledger is only added to: % of %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME;
END
$$;

CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON flexform.entries
  FOR EACH STATEMENT EXECUTE FUNCTION flexform.refuse();
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON flexform.claims
  FOR EACH STATEMENT EXECUTE FUNCTION flexform.refuse();
