-- finished_hooks: those of them that are not fresh any more
SELECT {hook} FROM hooks WHERE unfinished = 0 AND last_ms < ? ORDER BY last_ms LIMIT ?

-- delete_hooks: take out hooks, by a JSON list of [session_id, id]
DELETE FROM hooks WHERE (session_id, id) IN (
  SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))

-- hooks_of: those of a session, on one day
SELECT {hook} FROM hook_log WHERE session_id = ? ORDER BY id
