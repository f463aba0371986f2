-- begin: nothing of an earlier part is left
DELETE FROM temp.part;

-- part: ids of deliveries, as JSON
INSERT OR IGNORE INTO temp.part (id) SELECT value FROM json_each(?);

-- forget_facts: of an earlier part
DELETE FROM temp.facts;

-- facts_settled: what the day's log knows of them
INSERT OR IGNORE INTO temp.facts
SELECT id, account_id, event_id, event_type, domain, stream, url, state FROM day.delivery_log WHERE id IN temp.part;

-- facts_unsettled: what the live database knows of those that were only tried on that day
INSERT OR IGNORE INTO temp.facts
SELECT id, account_id, event_id, event_type, domain, stream, url, NULL FROM live.deliveries WHERE id IN temp.part;

-- missing: whether there is one that nobody has told of yet
SELECT 1 FROM temp.part WHERE id NOT IN (SELECT id FROM temp.facts) LIMIT 1

-- facts_later: what the log of a later day knows of them
INSERT OR IGNORE INTO temp.facts
SELECT id, account_id, event_id, event_type, domain, stream, url, NULL FROM later.delivery_log
WHERE id IN (SELECT id FROM temp.part WHERE id NOT IN (SELECT id FROM temp.facts));

-- events: which deliveries an event has
INSERT OR IGNORE INTO event_deliveries SELECT event_id, id FROM temp.facts;

-- terms: values of a field that are new
INSERT OR IGNORE INTO terms (field, value, account_id)
SELECT DISTINCT '{field}', {value}, account_id FROM {source} WHERE {value} IS NOT NULL;

-- postings: the deliveries of each value of a field
INSERT OR IGNORE INTO postings
SELECT terms.id, {source}.id FROM {source}
CROSS JOIN terms ON field = '{field}' AND terms.value = {value} AND terms.account_id = {source}.account_id
ORDER BY 1, 2;

-- tries: how attempts of that day ended
INSERT INTO temp.tries
SELECT delivery_id, facts.account_id, status, error
FROM temp.facts CROSS JOIN day.attempt_log ON delivery_id = facts.id;

-- forget_tries: of an earlier part
DELETE FROM temp.tries;

-- new_urls: those whose origin is not known yet
SELECT id, value, account_id FROM terms
WHERE field = 'url' AND id NOT IN (SELECT url FROM origins);

-- origin: where a URL leads
INSERT INTO origins (url, origin)
SELECT ?, id FROM terms WHERE field = 'destination' AND value = ? AND account_id = ?;

-- origin_term: an origin
INSERT OR IGNORE INTO terms (field, value, account_id) VALUES ('destination', ?, ?);

-- origin_postings: the deliveries of each origin
INSERT OR IGNORE INTO postings
SELECT origin, facts.id FROM temp.facts
CROSS JOIN terms ON field = 'url' AND value = facts.url AND terms.account_id = facts.account_id
CROSS JOIN origins ON origins.url = terms.id
ORDER BY 1, 2;
