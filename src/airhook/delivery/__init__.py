"""From an accepted event to a settled outcome: plan, queue, sign, send, decide."""
