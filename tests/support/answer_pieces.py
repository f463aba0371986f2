"""Answers put together of pieces of HTTP."""

from hypothesis import strategies as st

PIECES = [
    b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 404 X\r\n", b"HTTP/2 200\r\n", b"HTTP/9.9 200 OK\r\n",
    b"HTTP/1.1 1234 N\r\n", b"HTTP/1.1 204 N\r\n", b"HTTP/1.1 304 N\r\n", b"HTTP/1.1 401 N\r\n", b"http/1.1 200 ok\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 H\r\nA: b\r\n\r\n", b"HTTP/1.1 101 S\r\nUpgrade: h2c\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"200", b" ", b"\r\n", b"\n", b"\r", b"\0", b"\xff\xfe", b"\r\n\r\n",
    b"Content-Length: ", b"5", b"-1", b"0", b"99999999999999999999", b"Content-Encoding: br\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"0\r\n\r\n", b"1\r\na\r\n", b"zz\r\n",
    b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Keep-Alive: timeout=0\r\n", b"Trailer: x\r\n",
    b"Content-Range: bytes 0-0/1\r\n", b"Location: http://127.0.0.1/\r\n", b"WWW-Authenticate: NTLM\r\n",
    b"Retry-After: x\r\n", b"Set-Cookie: a=b\r\n", b"X:", b": x\r\n", b" folded\r\n",
]  # fmt: skip

answers = st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join)
