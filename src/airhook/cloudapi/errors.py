# ruff: noqa: N818 - each class is named like its code
"""The errors of the API: one class for each code, with its English text (contract 3.8, 4.6).

Clients match on the code alone. Where the service's own text is on record it is used word for word, in Chinese too.
"""

from typing import ClassVar

SERVICE = "live"
CHINESE = "zh-CN"


class ApiError(Exception):
    """An error that the caller gets to see. ``detail`` says what it was about and how to go on."""

    code: ClassVar[str]
    text: ClassVar[str]
    chinese: ClassVar[str] = ""

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.text.removesuffix('.')}: {detail}." if detail else self.text)

    def message(self, language: str) -> str:
        """The text in the language of the request, where there is one."""
        return self.chinese if language == CHINESE and self.chinese else str(self.args[0])


# --- what the gateway says of any action (contract 4.6) ----------------------------------------------------------


class InvalidAuthorization(ApiError):
    code = "AuthFailure.InvalidAuthorization"
    text = "The Authorization header does not have the form of a TC3-HMAC-SHA256 signature."


class SecretIdNotFound(ApiError):
    code = "AuthFailure.SecretIdNotFound"
    text = "The SecretId is not found, please ensure that your SecretId is correct."
    chinese = "SecretId不存在，请输入正确的密钥。"


class SignatureExpire(ApiError):
    code = "AuthFailure.SignatureExpire"
    text = "The signature has expired: its timestamp and the server's clock are more than 5 minutes apart."


class SignatureFailure(ApiError):
    code = "AuthFailure.SignatureFailure"
    text = "The provided credentials could not be validated. Please check your signature is correct."
    chinese = "请求签名验证失败，请检查您的签名计算是否正确。"


class TokenFailure(ApiError):
    code = "AuthFailure.TokenFailure"
    text = "The token is wrong: there are no temporary keys here, so send a SecretId and SecretKey without a token."


class MissingParameter(ApiError):
    code = "MissingParameter"
    text = "The request is missing a required parameter."

    def __init__(self, name: str) -> None:
        super().__init__()
        self.args = (f"The request is missing a required parameter `{name}`.",)


class UnknownParameter(ApiError):
    code = "UnknownParameter"
    text = "The parameter is not recognized."

    def __init__(self, name: str) -> None:
        super().__init__()
        self.args = (f"The parameter `{name}` is not recognized.",)


class InvalidParameter(ApiError):
    code = "InvalidParameter"
    text = "A parameter is wrong."


class SplitError(InvalidParameter):
    text = "Url key and value should be splited by `=`."


class InvalidParameterValue(ApiError):
    code = "InvalidParameterValue"
    text = "The value of a parameter is not allowed."


class InvalidAction(ApiError):
    code = "InvalidAction"
    text = "The request action is invalid."

    def __init__(self, action: str, version: str) -> None:
        super().__init__()
        self.args = (
            f"The request action=`{action}` is invalid or not found in service=`{SERVICE}` and version=`{version}`.",
        )


class NoSuchVersion(ApiError):
    code = "NoSuchVersion"
    text = "The api version does not exist."

    def __init__(self, version: str) -> None:
        super().__init__()
        self.args = (f"The specified api version=`{version}` does not exist in service=`{SERVICE}`.",)


class RequestLimitExceeded(ApiError):
    code = "RequestLimitExceeded"
    text = "There are too many requests."

    def __init__(self, calls: int, most: int) -> None:
        super().__init__()
        times = f"Your current request times equals to `{calls}` in a second"
        self.args = (
            f"{times}, which exceeds the frequency limit `{most}` for a second. Please reduce the frequency of calls.",
        )


class RequestSizeLimitExceeded(ApiError):
    code = "RequestSizeLimitExceeded"
    text = "The request is too large."


class UnsupportedOperation(ApiError):
    code = "UnsupportedOperation"
    text = "The operation is not supported."


class ServiceUnavailable(ApiError):
    code = "ServiceUnavailable"
    text = "The service is not available now and nothing was changed. Please try again."


class InternalError(ApiError):
    code = "InternalError"
    text = "An internal error occurred. The server's log tells more under the RequestId."


# --- what the actions say (contract 3.1) -------------------------------------------------------------------------


class FailedOperation(ApiError):
    code = "FailedOperation"
    text = "The operation failed."


class ConfInUsed(ApiError):
    code = "FailedOperation.ConfInUsed"
    text = "The template is in use."


class DeleteDomainInLockedTime(ApiError):
    code = "FailedOperation.DeleteDomainInLockedTime"
    text = "The domain is locked."


class DomainAdded(ApiError):
    code = "FailedOperation.DomainAdded"
    text = "The domain has been added already."


class HostOutLimit(ApiError):
    code = "FailedOperation.HostOutLimit"
    text = "The number of domains has reached its limit."


class NotFound(ApiError):
    code = "FailedOperation.NotFound"
    text = "The record is not found."


class RuleAlreadyExist(ApiError):
    code = "FailedOperation.RuleAlreadyExist"
    text = "The rule exists already."


class InternalConfNotFound(ApiError):
    code = "InternalError.ConfNotFound"
    text = "The template is not found."


class ConfOutLimit(ApiError):
    code = "InternalError.ConfOutLimit"
    text = "The number of templates has reached its limit."


class ArgsNotMatch(ApiError):
    code = "InvalidParameter.ArgsNotMatch"
    text = "The template name is wrong."


class ConfNotFound(ApiError):
    code = "InvalidParameter.ConfNotFound"
    text = "The template is not found."


class CosCustomFileNameError(ApiError):
    code = "InvalidParameter.COSCustomFileNameError"
    text = "The pattern of the file's path or name is wrong."


class DomainFormatError(ApiError):
    code = "InvalidParameter.DomainFormatError"
    text = "The domain name is malformed."


class DomainTooLong(ApiError):
    code = "InvalidParameter.DomainTooLong"
    text = "The domain name is too long."


class InvalidVodFileName(ApiError):
    code = "InvalidParameter.InvalidVodFileName"
    text = "The pattern of the file's name is wrong."


class UrlNotSafe(ApiError):
    code = "InvalidParameter.UrlNotSafe"
    text = "The URL's host may not be called."


class MaximumRunningTask(ApiError):
    code = "LimitExceeded.MaximumRunningTask"
    text = "There are too many tasks that run at once on the stream."


class ResourceNotFound(ApiError):
    code = "ResourceNotFound"
    text = "The resource does not exist."


class DomainNotExist(ApiError):
    code = "ResourceNotFound.DomainNotExist"
    text = "The domain does not exist."


class PushDomainNoRecord(ApiError):
    code = "ResourceNotFound.PushDomainNoRecord"
    text = "The push domain does not exist."


class PlayDomainNoRecord(ApiError):
    code = "ResourceNotFound.PlayDomainNoRecord"
    text = "The playback domain does not exist."
