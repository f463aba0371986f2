"""Media work: recordings, screenshots and audits, made by worker processes (design D11).

::

    node's process                                  worker process (one for many streams)
    ------------------------------------------      ---------------------------------------------
    Supervisor --Begin, Attach, Stop--> channel --> worker --> Feed (a stream) --> Job, Job, ...
        |                                              ^            |                  |
        |                             outlets (FLV) ---+            +-- or Pull (URL)  | files and
        |                                                                              v reports
    Outbox <--- "Reported" (a hint) ------------------------------------------- spool folder
        |
        +--> handler of the report: store the file, accept the event --> remove the report

Nothing here imports PyAV or a model in the node's process; a worker has no database and no secrets.

**A report is a file** in the task's spool folder; the message on the channel is only a hint that makes it quick.
Removing it is its acknowledgement, so whatever dies, it is found again (``spool``, ``outbox``). What a dead worker
left unfinished is repaired by a ``RecoverSpec`` task on the next worker.

**To add a kind of job**:

1. a ``...Spec`` of plain values, added to ``protocol.JobSpec``: what the worker must know, and nothing secret;
2. its reports, added to ``protocol.Report``: what it tells, with an ``id`` that a repeat of the same fact repeats;
3. a class like ``jobs.Job``, and its factory in ``jobs.FACTORIES``; heavy imports belong inside the factory;
4. a handler for each of its reports, given to ``Outbox``: it runs in the node's process and returns after its commit;
5. whoever decides when the job runs calls ``Supervisor.begin`` with a ``Task``.
"""
