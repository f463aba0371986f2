-- log_days: those that have a file and were not dropped
CREATE TABLE log_days (start_ms INTEGER PRIMARY KEY)

-- sessions: the pushes
CREATE TABLE sessions (id INTEGER PRIMARY KEY, state TEXT, started_ms INTEGER)

-- events: unsettled is NULL once the event is over; sequence is what starts and stops say to receivers
CREATE TABLE events (
  account_id INTEGER, id TEXT, event_type INTEGER, session_id INTEGER, sequence INTEGER, accepted_ms INTEGER,
  planned INTEGER, unsettled INTEGER, PRIMARY KEY (account_id, id)) WITHOUT ROWID

-- deliveries: settled_ms is NULL until the delivery has ended
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY, account_id INTEGER, event_id TEXT, event_type INTEGER, template_id INTEGER, lane TEXT, state TEXT,
  attempts INTEGER, created_ms INTEGER, hold_until_ms INTEGER, expires_ms INTEGER, repeat_of INTEGER,
  replay_id INTEGER, reason TEXT, settled_ms INTEGER)

-- receipts: what callers of /v1/events were told
CREATE TABLE receipts (
  account_id INTEGER, event_id TEXT, accepted_ms INTEGER, deliveries INTEGER, PRIMARY KEY (account_id, event_id))
WITHOUT ROWID

-- replays: what they count; ended_ms is NULL while one is not over
CREATE TABLE replays (
  id INTEGER PRIMARY KEY, created_ms INTEGER, ended_ms INTEGER, made INTEGER, delivered INTEGER, exhausted INTEGER)

-- attempts: succeeded is whether no error was recorded
CREATE TABLE attempts (
  delivery_id INTEGER, n INTEGER, started_ms INTEGER, status INTEGER, succeeded INTEGER,
  PRIMARY KEY (delivery_id, n)) WITHOUT ROWID

-- schedules: attempts that an event type gets, where they are not the usual ones
CREATE TABLE schedules (event_type INTEGER PRIMARY KEY, attempts INTEGER)

-- own_schedules: attempts that a template's own schedule gives, and whether every 2xx is a success to it
CREATE TABLE own_schedules (template_id INTEGER PRIMARY KEY, attempts INTEGER, standard INTEGER)

-- received: what receivers wrote down; place grows with time
CREATE TABLE received (sequence INTEGER, event_type INTEGER, place INTEGER)

-- copy_log_days: from the live database
INSERT INTO log_days SELECT start_ms FROM source.log_days WHERE dropped_ms IS NULL

-- copy_sessions: from the live database
INSERT INTO sessions SELECT id, state, started_ms FROM source.sessions

-- copy_replays: from the live database
INSERT INTO replays SELECT id, created_ms, ended_ms, made, delivered, exhausted FROM source.replays

-- copy_live_events: from the live database
INSERT INTO events
SELECT account_id, id, event_type, session_id, {sequence}, accepted_ms, planned, unsettled FROM source.events

-- copy_live_deliveries: from the live database
INSERT INTO deliveries
SELECT id, account_id, event_id, event_type, template_id, lane, state, attempts, created_ms, hold_until_ms, expires_ms,
  repeat_of, replay_id, NULL, NULL
FROM source.deliveries

-- templates: all, also the deleted ones
SELECT * FROM source.callback_templates

-- copy_receipts: from the live database
INSERT INTO receipts SELECT account_id, event_id, accepted_ms, deliveries FROM source.accepted_ids

-- copy_events: from a day's log, over those of earlier days; the live one counts where there is one, since a crash
-- between the two commits of an outcome leaves rows in the log that are written again
INSERT INTO events
SELECT account_id, id, event_type, session_id, {sequence}, accepted_ms, {planned}, NULL FROM source.event_log WHERE {page}
ON CONFLICT DO UPDATE SET
  event_type = excluded.event_type, session_id = excluded.session_id, sequence = excluded.sequence,
  accepted_ms = excluded.accepted_ms, planned = excluded.planned
WHERE unsettled IS NULL

-- copy_deliveries: from a day's log, over those of earlier days; the live one counts where there is one
INSERT INTO deliveries
SELECT id, account_id, event_id, event_type, template_id, lane, state, attempts, created_ms, hold_until_ms, expires_ms,
  {repeat_of}, {replay_id}, reason, settled_ms
FROM source.delivery_log WHERE {page}
ON CONFLICT DO UPDATE SET
  state = excluded.state, attempts = excluded.attempts, reason = excluded.reason, settled_ms = excluded.settled_ms
WHERE deliveries.settled_ms IS NOT NULL

-- copy_attempts: from a day's log, over those of earlier days
INSERT OR REPLACE INTO attempts
SELECT delivery_id, n, started_ms, status, error IS NULL FROM source.attempt_log WHERE {page}

-- index_events: to find a session's
CREATE INDEX events_session ON events (session_id, event_type) WHERE session_id IS NOT NULL

-- index_sequences: to find what was received
CREATE INDEX events_sequence ON events (sequence, event_type) WHERE sequence IS NOT NULL

-- index_repeats: to find a replay's
CREATE INDEX deliveries_replay ON deliveries (replay_id, repeat_of) WHERE replay_id IS NOT NULL

-- index_deliveries: to find an event's
CREATE INDEX deliveries_event ON deliveries (account_id, event_id)

-- lanes: what is ordered, along the lanes, so that they are read once from end to end
CREATE TABLE lanes (
  lane TEXT, id INTEGER, event_id TEXT, account_id INTEGER, state TEXT, began_ms INTEGER, hold_until_ms INTEGER,
  settled_ms INTEGER, PRIMARY KEY (lane, id)) WITHOUT ROWID

-- fill_lanes: began_ms is the start of the first attempt
INSERT INTO lanes
SELECT lane, id, event_id, account_id, state, started_ms, hold_until_ms, settled_ms
FROM deliveries LEFT JOIN attempts ON delivery_id = id AND n = 1
WHERE lane IS NOT NULL ORDER BY lane, id

-- index_received: to find an event's
CREATE INDEX received_event ON received (sequence, event_type, place)

-- counts: what was looked at
SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM events), (SELECT count(*) FROM deliveries),
  (SELECT count(*) FROM deliveries WHERE settled_ms IS NULL), (SELECT count(*) FROM attempts)

-- page_end: the last row of a page of a day's table
SELECT {key} FROM source.{table} WHERE {page} ORDER BY {key} LIMIT 1 OFFSET {skip}
