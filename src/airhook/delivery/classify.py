"""From libcurl's result codes to the closed set of error classes, each with one plain sentence."""

import errno
import os

import pycurl

from airhook.core.deliveries import ErrorClass

CIRCUIT_ERRORS = frozenset(
    {
        ErrorClass.DNS_FAILED,
        ErrorClass.DNS_TIMEOUT,
        ErrorClass.CONNECT_REFUSED,
        ErrorClass.CONNECT_FAILED,
        ErrorClass.CONNECT_TIMEOUT,
        ErrorClass.TLS_FAILED,
        ErrorClass.TLS_UNTRUSTED,
        ErrorClass.TLS_WRONG_HOST,
        ErrorClass.TIMEOUT,
    }
)
"""Failures that say that nobody is there (design D5); all others are answers of some kind, or faults of ours."""

_WRONG_HOST_WORDS = ("subject name", "does not match", "hostname mismatch")

_BY_CODE = {
    pycurl.E_URL_MALFORMAT: ErrorClass.URL_INVALID,
    pycurl.E_COULDNT_RESOLVE_HOST: ErrorClass.DNS_FAILED,
    pycurl.E_SSL_CONNECT_ERROR: ErrorClass.TLS_FAILED,
    pycurl.E_SSL_CIPHER: ErrorClass.TLS_FAILED,
    pycurl.E_SSL_CERTPROBLEM: ErrorClass.TLS_FAILED,
    pycurl.E_SSL_CACERT_BADFILE: ErrorClass.TLS_FAILED,
    pycurl.E_SSL_ISSUER_ERROR: ErrorClass.TLS_UNTRUSTED,
    pycurl.E_SEND_ERROR: ErrorClass.SEND_FAILED,
    pycurl.E_SEND_FAIL_REWIND: ErrorClass.SEND_FAILED,
    pycurl.E_GOT_NOTHING: ErrorClass.EMPTY_ANSWER,
    pycurl.E_PARTIAL_FILE: ErrorClass.ANSWER_INVALID,  # closed within a head that announces chunks
    pycurl.E_FTP_WEIRD_SERVER_REPLY: ErrorClass.ANSWER_INVALID,  # 8: now the code for any odd reply
    pycurl.E_UNSUPPORTED_PROTOCOL: ErrorClass.ANSWER_INVALID,  # 1: an answer without a status line (HTTP/0.9)
    pycurl.E_HTTP2: ErrorClass.ANSWER_INVALID,
    pycurl.E_BAD_CONTENT_ENCODING: ErrorClass.ANSWER_INVALID,
    92: ErrorClass.ANSWER_INVALID,  # CURLE_HTTP2_STREAM: given up by the receiver, or a header that is none
    98: ErrorClass.TLS_FAILED,  # CURLE_SSL_CLIENTCERT: the receiver wants a certificate
    100: ErrorClass.ANSWER_INVALID,  # CURLE_TOO_LARGE: a head beyond libcurl's limits
    pycurl.E_OK: ErrorClass.ANSWER_INVALID,
    pycurl.E_WRITE_ERROR: ErrorClass.ANSWER_INVALID,
}
_SENTENCES = {
    pycurl.E_OK: "The connection was closed within the head of the answer",
    pycurl.E_WRITE_ERROR: "The answer has no status line of three digits, or two of them",  # our header function says so
}
# What libcurl calls a failed reading, too: interim answers without end, HTTP/2 that floods it with frames.
_READ_BUT_INVALID = ("Too large response headers", "Too many response headers", "nghttp2 ")
_NO_TUNNEL = "Proxy CONNECT aborted"  # the proxy closed


def classify(
    code: int, message: str, *, os_errno: int, connected: bool, encrypted: bool, https: bool
) -> tuple[ErrorClass, str]:
    """The class of a request that ended without an answer head.

    ``connected`` and ``encrypted`` tell whether the TCP connection and the TLS handshake were finished.
    """
    detail = _SENTENCES.get(code) or message or f"libcurl error {code}"
    if code == pycurl.E_COULDNT_CONNECT:
        return _connect(os_errno, detail)
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return _timeout(detail, connected=connected, encrypted=encrypted, https=https)
    if code == pycurl.E_PEER_FAILED_VERIFICATION:
        wrong_host = any(word in message.lower() for word in _WRONG_HOST_WORDS)
        return ErrorClass.TLS_WRONG_HOST if wrong_host else ErrorClass.TLS_UNTRUSTED, detail
    if code == pycurl.E_RECV_ERROR:
        return _reading(message, encrypted=encrypted, https=https), detail
    return _BY_CODE.get(code, ErrorClass.INTERNAL), detail


def _connect(os_errno: int, detail: str) -> tuple[ErrorClass, str]:
    if os_errno == errno.ECONNREFUSED:
        return ErrorClass.CONNECT_REFUSED, detail
    if os_errno == errno.ETIMEDOUT:
        return ErrorClass.CONNECT_TIMEOUT, detail
    reason = f" ({os.strerror(os_errno)})" if os_errno else ""
    return ErrorClass.CONNECT_FAILED, detail + reason


def _timeout(detail: str, *, connected: bool, encrypted: bool, https: bool) -> tuple[ErrorClass, str]:
    if not connected:
        return ErrorClass.CONNECT_TIMEOUT, detail
    if https and not encrypted:
        return ErrorClass.TLS_FAILED, f"The TLS handshake did not finish in time: {detail}"
    return ErrorClass.TIMEOUT, detail


def _reading(message: str, *, encrypted: bool, https: bool) -> ErrorClass:
    if message.startswith(_READ_BUT_INVALID):
        return ErrorClass.ANSWER_INVALID
    if message.startswith(_NO_TUNNEL):
        return ErrorClass.CONNECT_FAILED
    # OpenSSL reports a broken handshake as a failed reading, too. In TLS 1.3 a receiver refuses a client after that one's
    # part of the handshake, with an alert.
    if https and (not encrypted or " alert " in message):
        return ErrorClass.TLS_FAILED
    return ErrorClass.CONNECTION_RESET
