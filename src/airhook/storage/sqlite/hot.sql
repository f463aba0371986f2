-- insert_events: accepted events, each with the number of its deliveries, and of those that have not ended
INSERT INTO events ({event}, planned, unsettled) VALUES {rows}

-- insert_deliveries: planned deliveries, each with the id of its destination
INSERT INTO deliveries ({delivery}, destination) VALUES {rows}

-- accepted_ids_of: what is known of ids that callers gave, by a JSON list of [account_id, id]
WITH wanted AS (
  SELECT json_extract(value, '$[0]') AS of_account, json_extract(value, '$[1]') AS of_id FROM json_each(?))
SELECT account_id, event_id, digest, accepted_ms, deliveries
FROM wanted CROSS JOIN accepted_ids ON account_id = of_account AND event_id = of_id

-- insert_accepted_ids: ids that callers gave, each with the digest of its event
INSERT INTO accepted_ids (account_id, event_id, digest, accepted_ms, deliveries) VALUES {rows}

-- forget_accepted_ids: the oldest ones, if they are old enough
DELETE FROM accepted_ids WHERE n IN (SELECT n FROM accepted_ids ORDER BY n LIMIT ?) AND accepted_ms < ?

-- busy_lanes: those of a JSON list of lanes that have an unsettled delivery, so that the next one must wait
SELECT DISTINCT lane FROM deliveries WHERE lane IN (SELECT value FROM json_each(?))

-- postpone: failed attempts that are tried again, by a JSON list of [id, attempts before, state, attempts, due_ms];
-- those whose attempts were counted otherwise meanwhile are left alone
WITH change AS (
  SELECT json_extract(value, '$[0]') AS of_id, json_extract(value, '$[1]') AS before,
    json_extract(value, '$[2]') AS state, json_extract(value, '$[3]') AS attempts, json_extract(value, '$[4]') AS due_ms
  FROM json_each(?))
UPDATE deliveries SET state = change.state, attempts = change.attempts, due_ms = change.due_ms
FROM change WHERE deliveries.id = change.of_id AND deliveries.attempts = change.before
RETURNING deliveries.id

-- change_body: the body of a delivery that is tried again keeps its first t
UPDATE deliveries SET body = ? WHERE id = ?

-- ending: which of a JSON list of deliveries have been tried so many times, as such a list; without those that were
-- counted otherwise
SELECT json_group_array(id) FROM deliveries WHERE id IN (SELECT value FROM json_each(?)) AND attempts = ?

-- delete_deliveries: take out what has ended, by a JSON list of ids
DELETE FROM deliveries WHERE id IN (SELECT value FROM json_each(?))

-- finish_events: take out those of an account's events, a JSON list of ids, that had no more than so many unsettled deliveries
DELETE FROM events WHERE account_id = ? AND id IN (SELECT value FROM json_each(?)) AND unsettled <= ?

-- events_left: which of an account's events, a JSON list of ids, are still there
SELECT id FROM events WHERE account_id = ? AND id IN (SELECT value FROM json_each(?))

-- count_down: some of the deliveries of an event have ended
UPDATE events SET unsettled = unsettled - ? WHERE account_id = ? AND id = ?

-- count_up: an event that has not ended has one more delivery
UPDATE events SET unsettled = unsettled + 1 WHERE account_id = ? AND id = ?

-- count_replayed: repeats of a replay have ended
UPDATE replays SET delivered = delivered + ?, exhausted = exhausted + ? WHERE id = ?

-- delete_events: take out an account's events whose last delivery has ended, by a JSON list of ids
DELETE FROM events WHERE account_id = ? AND id IN (SELECT value FROM json_each(?))

-- promote: the next one of each of a JSON list of lanes goes out, unless one is on its way
UPDATE deliveries SET state = 'pending', due_ms = ?1
WHERE id IN (
  SELECT (SELECT min(id) FROM deliveries AS next WHERE next.lane = lanes.value AND next.state = 'held')
  FROM json_each(?2) AS lanes
  WHERE NOT EXISTS (
    SELECT 1 FROM deliveries AS head WHERE head.lane = lanes.value AND head.state IN ('pending', 'waiting')))
RETURNING {delivery}

-- promote_held: those that were held long enough, whatever their lane's head does
UPDATE deliveries SET state = 'pending', due_ms = ?1
WHERE id IN (SELECT id FROM deliveries WHERE state = 'held' AND hold_until_ms <= ?1 ORDER BY hold_until_ms LIMIT ?2)
RETURNING {delivery}

-- finished_events: events without any delivery that has not ended
SELECT {event}, planned FROM events WHERE unsettled = 0 ORDER BY accepted_ms LIMIT ?

-- save_standings: how destinations are doing; what was not known after a restart (NULL, a state that is no news)
-- takes the place of nothing
INSERT INTO destinations (account_id, scheme, host, port, state, since_ms, last_error, last_success_ms) VALUES {rows}
ON CONFLICT (account_id, scheme, host, port) DO UPDATE SET
  since_ms = CASE WHEN state = excluded.state THEN since_ms ELSE excluded.since_ms END,
  state = excluded.state,
  last_error = coalesce(excluded.last_error, last_error),
  last_success_ms = coalesce(excluded.last_success_ms, last_success_ms)

-- due_pending: a page of what may go out now of one destination, in order of (due_ms, id), without a JSON list of ids
SELECT {delivery} FROM deliveries
WHERE state = 'pending' AND destination = ? AND due_ms <= ? AND (due_ms, id) > (?, ?)
  AND id NOT IN (SELECT value FROM json_each(?))
ORDER BY due_ms, id LIMIT ?

-- due_waiting: a page of what is to be tried again now of one destination, in order of (due_ms, id), without a JSON list of ids
SELECT {delivery} FROM deliveries
WHERE state = 'waiting' AND destination = ? AND due_ms <= ? AND (due_ms, id) > (?, ?)
  AND id NOT IN (SELECT value FROM json_each(?))
ORDER BY due_ms, id LIMIT ?

-- due_pending_of_many: the first ones that may go out now of each of a JSON list of destinations, without a JSON list of ids
WITH wants (wanted) AS (SELECT value FROM json_each(?1))
SELECT wanted, {delivery} FROM wants CROSS JOIN deliveries
WHERE id IN (
  SELECT id FROM deliveries AS one
  WHERE one.state = 'pending' AND one.destination = wanted AND one.due_ms <= ?2
    AND one.id NOT IN (SELECT value FROM json_each(?3))
  ORDER BY one.due_ms, one.id LIMIT ?4)

-- due_waiting_of_many: the first ones that are to be tried again now of each of a JSON list of destinations, without a JSON list of ids
WITH wants (wanted) AS (SELECT value FROM json_each(?1))
SELECT wanted, {delivery} FROM wants CROSS JOIN deliveries
WHERE id IN (
  SELECT id FROM deliveries AS one
  WHERE one.state = 'waiting' AND one.destination = wanted AND one.due_ms <= ?2
    AND one.id NOT IN (SELECT value FROM json_each(?3))
  ORDER BY one.due_ms, one.id LIMIT ?4)

-- lines: a page of destinations that have a pending or waiting one, in order of their ids: when the first one of each is
-- due, and the first waiting one after a time
WITH RECURSIVE line (destination) AS (
  SELECT (SELECT min(first) FROM (
    SELECT min(destination) AS first FROM deliveries WHERE state = 'pending' AND destination > ?1
    UNION ALL
    SELECT min(destination) FROM deliveries WHERE state = 'waiting' AND destination > ?1))
  UNION ALL
  SELECT (SELECT min(next) FROM (
    SELECT min(destination) AS next FROM deliveries WHERE state = 'pending' AND destination > line.destination
    UNION ALL
    SELECT min(destination) FROM deliveries WHERE state = 'waiting' AND destination > line.destination))
  FROM line WHERE destination IS NOT NULL LIMIT ?3)
SELECT destination,
  (SELECT min(due_ms) FROM deliveries WHERE state = 'pending' AND destination = line.destination),
  (SELECT min(due_ms) FROM deliveries WHERE state = 'waiting' AND destination = line.destination),
  (SELECT min(due_ms) FROM deliveries WHERE state = 'waiting' AND destination = line.destination AND due_ms > ?2)
FROM line WHERE destination IS NOT NULL

-- next_held: when the first held one is free whatever its lane's head does
SELECT min(hold_until_ms) FROM deliveries WHERE state = 'held'

-- newest_id: of the deliveries that have not ended; 0 when there is none
SELECT coalesce(max(id), 0) FROM deliveries

-- ids_after: a page of ids between two
SELECT id FROM deliveries WHERE id > ? AND id <= ? ORDER BY id LIMIT ?

-- move_back: what waits for a time of the clock before it was set back. A row of that time is older than the newest one
-- known then, or was made later than it is now. Its end is moved only if it is a time of that clock, too: what was made
-- before the clock was set ahead, and wrongly, would be too old at once
UPDATE deliveries
SET due_ms = due_ms - ?1, hold_until_ms = hold_until_ms - ?1,
  expires_ms = expires_ms - iif(created_ms > ?5, ?1, 0)
WHERE id > ?2 AND id <= ?3 AND (id <= ?4 OR created_ms > ?5) AND iif(state = 'held', hold_until_ms, due_ms) > ?5

-- live_chunk_bounds: how many unsettled deliveries a chunk has, and its lowest id; a chunk bounds how long a read lasts
SELECT count(*), min(id) FROM (SELECT id FROM deliveries WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?)

-- live_chunk: what is wanted of a chunk
SELECT {delivery} FROM (SELECT * FROM deliveries WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?) WHERE {where}

-- delivery_by_id: one unsettled delivery
SELECT {delivery} FROM deliveries WHERE id = ?

-- log_events: events that are over
INSERT OR REPLACE INTO event_log ({event}, planned) VALUES {rows}

-- log_hooks: requests of media servers that nothing will be added to
INSERT OR REPLACE INTO hook_log ({hook}) VALUES {rows}

-- log_deliveries: deliveries that have ended, why, and when
INSERT OR REPLACE INTO delivery_log ({delivery}, reason, settled_ms) VALUES {rows}

-- copy_events: an account's events that are over, by a JSON list of ids, from the live database
INSERT OR REPLACE INTO event_log ({event}, planned)
SELECT {event}, planned FROM live.events WHERE account_id = ? AND id IN (SELECT value FROM json_each(?))

-- events_by_ids: an account's events, by a JSON list of ids
SELECT {event} FROM events WHERE account_id = ? AND id IN (SELECT value FROM json_each(?))

-- copy_deliveries: deliveries that have ended in one way, by a JSON list of ids, from the live database
INSERT OR REPLACE INTO delivery_log ({delivery}, reason, settled_ms)
SELECT {ended}, ?3, ?4 FROM live.deliveries WHERE id IN (SELECT value FROM json_each(?5))

-- log_attempts: POSTs; a repeat after a crash takes the place of the row that was never counted
INSERT OR REPLACE INTO attempt_log ({attempt}) VALUES {rows}

-- log_change: the deliveries that a commit tells of
INSERT INTO log_changes (ids) VALUES (?)

-- settled_by_ids: ended deliveries of one day, by a JSON list of ids
SELECT {delivery}, reason, settled_ms FROM delivery_log WHERE id IN (SELECT value FROM json_each(?))

-- attempts_of: every attempt of a JSON list of deliveries on one day
SELECT {attempt} FROM attempt_log WHERE delivery_id IN (SELECT value FROM json_each(?))

-- deliveries_by_ids: unsettled deliveries by a JSON list of ids
SELECT {delivery} FROM deliveries WHERE id IN (SELECT value FROM json_each(?))

-- attempts_by_key: attempts by a JSON list of [delivery_id, n]
WITH wanted AS (
  SELECT json_extract(value, '$[0]') AS of_id, json_extract(value, '$[1]') AS of_n FROM json_each(?))
SELECT {attempt} FROM wanted CROSS JOIN attempt_log ON delivery_id = of_id AND n = of_n
