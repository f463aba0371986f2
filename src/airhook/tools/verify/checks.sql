-- planned: an event has as many deliveries as it was planned for, beside those that were sent again
SELECT 'event ' || id, 'was planned for ' || planned || ' deliveries, and ' || found || ' are recorded'
FROM (
  SELECT id, planned, (
      SELECT count(*) FROM deliveries
      WHERE account_id = events.account_id AND event_id = events.id AND repeat_of IS NULL) AS found
  FROM events WHERE accepted_ms >= :kept_since_ms AND accepted_ms < :until_ms)
WHERE found <> planned

-- receipt: what a caller was told of is recorded as it was told
SELECT 'event ' || r.event_id, iif(e.id IS NULL, 'was accepted, but is not recorded',
  'was accepted with ' || r.deliveries || ' deliveries, but was planned for ' || e.planned)
FROM receipts AS r LEFT JOIN events AS e ON e.account_id = r.account_id AND e.id = r.event_id
WHERE (e.id IS NULL OR e.planned <> r.deliveries) AND r.accepted_ms >= :kept_since_ms

-- unsettled: an event counts its deliveries that have not ended
SELECT 'event ' || id, 'counts ' || unsettled || ' unsettled deliveries, and ' || found || ' are recorded'
FROM (
  SELECT id, unsettled, (
      SELECT count(*) FROM deliveries
      WHERE account_id = events.account_id AND event_id = events.id AND settled_ms IS NULL) AS found
  FROM events WHERE unsettled IS NOT NULL)
WHERE found <> unsettled

-- delivery_event: a delivery has its event, an unsettled one an event that is not over; one that was sent again may
-- outlive it
SELECT 'delivery ' || d.id, 'belongs to event ' || event_id || iif(e.id IS NULL,
  ', which is not recorded', ', which is recorded as over, but is unsettled itself')
FROM deliveries AS d LEFT JOIN events AS e ON e.account_id = d.account_id AND e.id = d.event_id
WHERE (e.id IS NULL OR e.unsettled IS NULL AND d.settled_ms IS NULL)
  AND d.repeat_of IS NULL AND d.created_ms >= :kept_since_ms AND d.created_ms < :until_ms

-- delivery_state: only ended deliveries are in the log, and only they
SELECT 'delivery ' || id, 'is ' || iif(settled_ms IS NULL, 'not ended', 'ended') || ', but its state is ' || state
FROM deliveries
WHERE (state IN ('delivered', 'exhausted', 'cancelled')) <> (settled_ms IS NOT NULL)
  OR state NOT IN ('held', 'pending', 'waiting', 'delivered', 'exhausted', 'cancelled')

-- success: the last attempt of a delivered delivery succeeded, and no other one
SELECT 'delivery ' || d.id, iif(a.succeeded,
  'is ' || state || ', but its attempt ' || n || ' of ' || attempts || ' succeeded',
  'is delivered, but its last attempt ' || n || ' failed')
FROM attempts AS a JOIN deliveries AS d ON d.id = delivery_id
WHERE n <= attempts AND succeeded <> (state = 'delivered' AND n = attempts)
UNION ALL
SELECT 'delivery ' || id, 'is delivered without an attempt' FROM deliveries
WHERE state = 'delivered' AND attempts = 0

-- exhausted: an exhausted delivery used up its schedule's attempts, or grew too old
SELECT 'delivery ' || id, iif(reason IS NULL, 'is exhausted without a reason', CASE
  WHEN state <> 'exhausted' THEN 'is ' || state || ', but was given up by ' || reason
  WHEN reason = 'attempts' THEN 'was given up after ' || attempts || ' attempts; its schedule has ' || scheduled
  WHEN reason = 'expired' THEN 'was given up as too old before it was'
  WHEN reason = 'gone' THEN 'was given up as gone, but the last answer has another status than 410'
  ELSE 'was given up for an unknown reason, ' || reason END)
FROM (
  SELECT *,
    coalesce(
      (SELECT attempts FROM own_schedules AS s WHERE s.template_id = d.template_id),
      (SELECT attempts FROM schedules AS s WHERE s.event_type = d.event_type), :attempts) AS scheduled,
    (SELECT status FROM attempts WHERE delivery_id = d.id AND n = d.attempts) AS last_status
  FROM deliveries AS d WHERE state = 'exhausted' OR reason IS NOT NULL)
WHERE NOT (state = 'exhausted' AND coalesce(
  reason = 'attempts' AND attempts = scheduled OR reason = 'expired' AND settled_ms >= expires_ms
  OR reason = 'gone' AND last_status = 410, FALSE))

-- attempt_numbers: a delivery's attempts are numbered from 1 to their count; of one that was under way when the
-- process died, one more may be recorded
SELECT 'delivery ' || id, 'made ' || attempts || ' attempts; recorded are ' || coalesce(
  (SELECT group_concat(n, ', ') FROM (SELECT n FROM attempts AS a WHERE a.delivery_id = d.id ORDER BY n)), 'none')
FROM deliveries AS d
WHERE created_ms < :until_ms AND (
  created_ms >= :kept_since_ms AND attempts <> (
    SELECT count(*) FROM attempts AS a WHERE a.delivery_id = d.id AND n BETWEEN 1 AND d.attempts)
  OR EXISTS (
    SELECT 1 FROM attempts AS a
    WHERE a.delivery_id = d.id AND started_ms < :until_ms
      AND (n < 1 OR n > d.attempts + (settled_ms IS NULL OR reason IS 'expired'))))

-- attempt_delivery: an attempt has its delivery
SELECT 'delivery ' || delivery_id, 'is not recorded, but its attempts are: ' || group_concat(n, ', ')
FROM attempts WHERE delivery_id >> 21 < :until_ms AND delivery_id NOT IN (SELECT id FROM deliveries)
GROUP BY delivery_id

-- attempt_status: an attempt succeeded exactly when it was answered with status 200, or any 2xx where that is enough
SELECT 'delivery ' || delivery_id, 'attempt ' || n || ' is recorded as ' || iif(succeeded, 'a success', 'a failure')
  || ' with ' || coalesce('status ' || status, 'no answer')
FROM attempts LEFT JOIN deliveries ON id = delivery_id LEFT JOIN own_schedules USING (template_id)
WHERE iif(succeeded,
  NOT coalesce(status = :success OR standard AND status BETWEEN 200 AND 299, FALSE), coalesce(status = :success, FALSE))

-- session_events: a session has one start once it is announced, one stop once it is closed, and no others
SELECT 'session ' || id, 'is ' || state || ', and has ' || starts || ' starts and ' || stops || ' stops'
FROM (
  SELECT *,
    (SELECT count(*) FROM events WHERE session_id = s.id AND event_type = 1) AS starts,
    (SELECT count(*) FROM events WHERE session_id = s.id AND event_type = 0) AS stops
  FROM sessions AS s
  WHERE started_ms >= :kept_since_ms
    AND NOT EXISTS (SELECT 1 FROM events WHERE session_id = s.id AND accepted_ms >= :until_ms))
WHERE starts <> (state <> 'opening') OR stops <> (state = 'closed')

-- event_session: a start or stop has its session
SELECT 'event ' || id, 'belongs to session ' || session_id || ', which is not recorded'
FROM events
WHERE session_id IS NOT NULL AND event_type IN (0, 1) AND accepted_ms < :until_ms
  AND session_id NOT IN (SELECT id FROM sessions)

-- replay: a replay counts what it made and what became of it; one that is not over counts on while a server runs
SELECT 'replay ' || id, 'counts ' || made || ' made, ' || delivered || ' delivered, ' || exhausted || ' exhausted; recorded are '
  || all_made || ', ' || all_delivered || ', ' || all_exhausted
FROM (
  SELECT r.*,
    (SELECT count(*) FROM deliveries WHERE replay_id = r.id) AS all_made,
    (SELECT count(*) FROM deliveries WHERE replay_id = r.id AND settled_ms IS NOT NULL AND state = 'delivered') AS all_delivered,
    (SELECT count(*) FROM deliveries WHERE replay_id = r.id AND settled_ms IS NOT NULL AND state <> 'delivered') AS all_exhausted
  FROM replays AS r
  WHERE created_ms >= :kept_since_ms AND coalesce(ended_ms, 1 << 61) < :until_ms)
WHERE made <> all_made OR delivered <> all_delivered OR exhausted <> all_exhausted

-- repeated: a replay sends a delivery again once
SELECT 'delivery ' || repeat_of, 'was sent again ' || count(*) || ' times by replay ' || replay_id
FROM deliveries WHERE replay_id IS NOT NULL GROUP BY replay_id, repeat_of HAVING count(*) > 1

-- lane_order: a delivery begins when those before it in its lane have ended, or when it was held long enough
SELECT 'delivery ' || id, 'began before the one before it in lane ' || lane || ' had ended'
FROM (
  SELECT *, max(coalesce(settled_ms, 1 << 62)) OVER (
      PARTITION BY lane ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS free_ms
  FROM lanes)
WHERE began_ms < free_ms AND began_ms < hold_until_ms AND began_ms < :until_ms

-- lane_head: a lane with deliveries that are held has one that is on its way
SELECT 'lane ' || lane, 'holds ' || count(*) || ' deliveries, and none before them is on its way'
FROM lanes WHERE settled_ms IS NULL GROUP BY lane HAVING sum(state <> 'held') = 0

-- received_lost: what was delivered has arrived
SELECT 'event ' || e.id, 'is delivered, but was not received'
FROM deliveries AS d JOIN events AS e ON e.account_id = d.account_id AND e.id = d.event_id
WHERE d.state = 'delivered' AND e.sequence IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM received AS r WHERE r.sequence = e.sequence AND r.event_type = e.event_type)

-- received_unknown: what has arrived is known
SELECT 'event ' || sequence || '-' || event_type, 'was received, but is not recorded'
FROM (SELECT DISTINCT sequence, event_type FROM received) AS r
WHERE NOT EXISTS (SELECT 1 FROM events AS e WHERE e.sequence = r.sequence AND e.event_type = r.event_type)

-- received_repeated: nothing arrives more often than it was sent, but for attempts that crashes cut off; one that is
-- under way may be on record with the receiver alone
SELECT 'event ' || sequence || '-' || event_type, 'was received ' || came || ' times; ' || sent || ' attempts are recorded',
  came - sent
FROM (
  SELECT sequence, event_type, count(*) AS came, (
    SELECT sum((SELECT count(*) FROM attempts WHERE delivery_id = d.id) + (settled_ms IS NULL))
    FROM events AS e JOIN deliveries AS d ON d.account_id = e.account_id AND d.event_id = e.id
    WHERE e.sequence = r.sequence AND e.event_type = r.event_type) AS sent
  FROM received AS r GROUP BY sequence, event_type)
WHERE came > sent

-- received_order: a lane's deliveries arrive in order, unless one was held long enough
SELECT 'delivery ' || id, 'arrived before the one before it in lane ' || lane
FROM (
  SELECT *, max(came) OVER (
      PARTITION BY lane ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier
  FROM (
    SELECT lanes.*, (
      SELECT min(place) FROM received AS r
      WHERE r.sequence = e.sequence AND r.event_type = e.event_type) AS came
    FROM lanes JOIN events AS e ON e.account_id = lanes.account_id AND e.id = lanes.event_id))
WHERE came < earlier AND coalesce(began_ms < hold_until_ms, TRUE)
