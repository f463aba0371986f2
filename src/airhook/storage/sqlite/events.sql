-- live_event: an event of which a delivery has not ended
SELECT {event} FROM events WHERE account_id = ? AND id = ?

-- logged_event: an event that is over, if it ended on this day
SELECT {event} FROM event_log WHERE account_id = ? AND id = ?
