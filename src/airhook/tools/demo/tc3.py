"""A small client of the cloud API, signing as the official SDK does (TC3-HMAC-SHA256, POST; 267/30764)."""

import hashlib
import hmac
import http.client
import json
import time
from typing import Any

from airhook.core.errors import AirhookError

ALGORITHM = "TC3-HMAC-SHA256"
SERVICE, VERSION = "live", "2018-08-01"
CONTENT_TYPE = "application/json"
SIGNED = "content-type;host"
TIMEOUT_S = 10


class Client:
    """Calls actions on ``address`` (``HOST:PORT``). Blocking."""

    def __init__(self, address: str, secret_id: str, secret_key: str) -> None:
        self._address = address
        self._secret_id = secret_id
        self._secret_key = secret_key

    def call(self, action: str, **fields: object) -> dict[str, Any]:
        """The answer's ``Response``. Raises ``AirhookError`` with the server's code and message."""
        body = json.dumps(fields).encode()
        now = int(time.time())
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Host": self._address,
            "X-TC-Action": action,
            "X-TC-Version": VERSION,
            "X-TC-Timestamp": str(now),
            "Authorization": authorization(self._secret_id, self._secret_key, self._address, body, now),
        }
        connection = http.client.HTTPConnection(self._address, timeout=TIMEOUT_S)
        try:
            connection.request("POST", "/", body, headers)
            response: dict[str, Any] = json.loads(connection.getresponse().read())["Response"]
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            raise AirhookError(f"{action} got no answer: {error!r}") from None
        finally:
            connection.close()
        if "Error" in response:
            raise AirhookError(
                f"{action} was refused: {response['Error']['Code']}: {response['Error']['Message']}"
            )
        return response


def authorization(secret_id: str, secret_key: str, host: str, body: bytes, timestamp: int) -> str:
    """The header of a POST on ``/``; ``timestamp`` is UNIX seconds."""
    headers = f"content-type:{CONTENT_TYPE}\nhost:{host.lower()}\n"
    request = "\n".join(["POST", "/", "", headers, SIGNED, hashlib.sha256(body).hexdigest()])
    date = time.strftime("%Y-%m-%d", time.gmtime(timestamp))
    scope = f"{date}/{SERVICE}/tc3_request"
    to_sign = "\n".join([ALGORITHM, str(timestamp), scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"TC3{secret_key}".encode()
    for part in (date, SERVICE, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={SIGNED}, Signature={signature}"
