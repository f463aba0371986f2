-- insert_event: an accepted event, and how many of its deliveries have not ended
INSERT INTO events ({event}, unsettled) VALUES ({event:?}, ?)

-- lane_busy: whether a lane has an unsettled delivery, so that the next one must wait
SELECT EXISTS (SELECT 1 FROM deliveries WHERE lane = ?)

-- insert_delivery: a planned delivery
INSERT INTO deliveries ({delivery}) VALUES ({delivery:?})

-- postpone_delivery: a failed attempt, to be tried again; nothing when another attempt was counted meanwhile
UPDATE deliveries SET state = ?, attempts = ?, due_ms = ? WHERE id = ? AND attempts = ?

-- end_delivery: take out a delivery that has ended; nothing when another attempt was counted meanwhile
DELETE FROM deliveries WHERE id = ? AND attempts = ? RETURNING {delivery}

-- end_event: take out an event whose last delivery has ended
DELETE FROM events WHERE account_id = ? AND id = ? AND unsettled <= 1 RETURNING {event}

-- count_down_event: one of several deliveries of an event has ended
UPDATE events SET unsettled = unsettled - 1 WHERE account_id = ? AND id = ?

-- promote: the next one of a lane goes out, unless one is on its way
UPDATE deliveries SET state = 'pending', due_ms = ?1
WHERE id = (SELECT min(id) FROM deliveries WHERE lane = ?2 AND state = 'held')
  AND NOT EXISTS (SELECT 1 FROM deliveries WHERE lane = ?2 AND state IN ('pending', 'waiting'))
RETURNING {delivery}

-- promote_held: those that were held long enough, whatever their lane's head does
UPDATE deliveries SET state = 'pending', due_ms = ?1
WHERE id IN (SELECT id FROM deliveries WHERE state = 'held' AND hold_until_ms <= ?1 ORDER BY hold_until_ms LIMIT ?2)
RETURNING {delivery}

-- take_finished_events: events that had no delivery at all
DELETE FROM events
WHERE (account_id, id) IN (SELECT account_id, id FROM events WHERE unsettled = 0 ORDER BY accepted_ms LIMIT ?)
RETURNING {event}

-- due: what may go out now, earliest first
SELECT {delivery} FROM (
  SELECT * FROM (SELECT * FROM deliveries WHERE state = 'pending' AND due_ms <= ?1 ORDER BY due_ms, id LIMIT ?2)
  UNION ALL
  SELECT * FROM (SELECT * FROM deliveries WHERE state = 'waiting' AND due_ms <= ?1 ORDER BY due_ms, id LIMIT ?2)
) ORDER BY due_ms, id LIMIT ?2

-- next_due: when the next waiting one is due or the next held one was held long enough
SELECT min(due) FROM (
  SELECT min(due_ms) AS due FROM deliveries WHERE state = 'waiting'
  UNION ALL
  SELECT min(hold_until_ms) FROM deliveries WHERE state = 'held'
)

-- log_event: an event that is over
INSERT OR REPLACE INTO event_log ({event}) VALUES ({event:?})

-- log_delivery: a delivery that has ended, why, and when
INSERT OR REPLACE INTO delivery_log ({delivery}, reason, settled_ms) VALUES ({delivery:?}, ?, ?)

-- log_attempt: one POST; a repeat after a crash takes the place of the row that was never counted
INSERT OR REPLACE INTO attempt_log ({attempt}) VALUES ({attempt:?})

-- newest_deliveries: a page of unsettled deliveries, newest first
SELECT {delivery} FROM deliveries WHERE id < ? ORDER BY id DESC LIMIT ?

-- newest_settled: ended deliveries of one day, newest first; of every account when none is given
SELECT {delivery}, reason, settled_ms FROM delivery_log
WHERE ?1 IS NULL OR account_id = ?1 ORDER BY id DESC LIMIT ?2

-- attempts_of: every attempt of a delivery on one day
SELECT {attempt} FROM attempt_log WHERE delivery_id = ?

-- attempts_by_key: attempts by a JSON list of pairs (delivery, n)
SELECT {attempt} FROM json_each(?) AS wanted
JOIN attempt_log ON delivery_id = json_extract(wanted.value, '$[0]') AND n = json_extract(wanted.value, '$[1]')

-- delivery_by_id: one unsettled delivery
SELECT {delivery} FROM deliveries WHERE id = ?

-- settled_by_id: one ended delivery of one day
SELECT {delivery}, reason, settled_ms FROM delivery_log WHERE id = ?
