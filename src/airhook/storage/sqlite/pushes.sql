-- open_session: of a stream, by its account, domain, app and name; the condition is the index's
SELECT {session} FROM sessions WHERE account_id = ? AND domain = ? AND app = ? AND stream = ? AND state <> 'closed'

-- session: by its id
SELECT {session} FROM sessions WHERE id = ?

-- insert_session: a new one
INSERT INTO sessions ({session}) VALUES ({session?})

-- change_session: unless it was changed since it was read, by its id, state and epoch then
UPDATE sessions SET ({step}) = ({step?}) WHERE id = ? AND state = ? AND epoch = ?

-- save_push: of a media server, new or changed
INSERT OR REPLACE INTO source_pushes ({push}) VALUES ({push?})

-- delete_push: that is over
DELETE FROM source_pushes WHERE source_id = ? AND client = ?

-- add_hook: that it was written before is no harm, since a stop may be tried again
INSERT INTO hooks ({hook}, unfinished) VALUES ({hook?}, ?) ON CONFLICT (session_id, id) DO NOTHING

-- change_hook: an unfinished one, by its session then and its id
UPDATE hooks SET ({hook}, unfinished) = ({hook?}, ?) WHERE session_id = ? AND id = ?
