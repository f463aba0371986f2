"""Which commands there are: where each one is, and its line in ``airhook --help``, which so imports none of them."""

COMMANDS = {
    "demo": ("airhook.cli.tools:demo", "See it work: a real push, and its signed callbacks."),
    "init": ("airhook.cli.setup:init", "Make the database and the first account."),
    "serve": ("airhook.cli.setup:serve", "Run the server."),
    "migrate": ("airhook.cli.setup:migrate", "Bring the database to this release."),
    "domain": ("airhook.cli.domain:group", "Push domains: add, list, set, remove, push-url."),
    "template": ("airhook.cli.template:group", "Callback templates: add, list, set, remove."),
    "record-template": ("airhook.cli.record_template:group", "Record templates: add, list, set, remove."),
    "snapshot-template": (
        "airhook.cli.snapshot_template:group",
        "Snapshot templates: add, list, set, remove.",
    ),
    "rule": ("airhook.cli.rule:group", "Rules: add, list, remove."),
    "stream": ("airhook.cli.stream:group", "Streams: list, drop, forbid, resume."),
    "destination": ("airhook.cli.destination:group", "Receivers of callbacks: list, pause, resume, limit."),
    "records": ("airhook.cli.records:records", "Find deliveries, newest first."),
    "trace": ("airhook.cli.trace:trace", "Show where a callback comes from and what came of it."),
    "resend": ("airhook.cli.replay:resend", "Send a delivery that has ended once more, signed anew."),
    "replay": ("airhook.cli.replay:group", "Send a search again as a job: add, list, show, pause."),
    "source": ("airhook.cli.source:group", "Media servers in front: add, list, set, remove."),
    "key": ("airhook.cli.key:group", "Keys of the cloud API, and of /v1: add, list, set."),
    "account": ("airhook.cli.account:group", "Accounts: add, list."),
    "console-link": ("airhook.cli.console:console_link", "Print a link that signs in to the console."),
    "listen": ("airhook.cli.tools:listen", "Receive callbacks and show them."),
    "publish": ("airhook.cli.tools:publish", "Push a test picture and a tone over RTMP."),
    "bench": ("airhook.cli.bench:group", "Measure what this machine makes of Airhook."),
    "verify": ("airhook.cli.verify:verify", "Prove from the records that nothing was lost."),
}
"""In the order in which ``--help`` lists them: from a first look to daily work."""
