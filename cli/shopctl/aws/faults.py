"""What botocore raises, said as errors that a user can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from shopctl.errors import AwsFailed, PrerequisiteError, ShopctlError

# Sources: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, /STS/latest/APIReference/CommonErrors.html,
# /AWSEC2/latest/APIReference/errors-overview.html
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
UNKNOWN_KEYS = frozenset(
    {
        "AuthFailure",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
DENIED = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "UnauthorizedAccess",
        "UnauthorizedOperation",
    }
)
# Source: botocore/retries/standard.py, ThrottledRetryableChecker
THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)

NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.ProfileNotFound,
    boto.CredentialRetrievalError,
    boto.ConfigNotFound,
    boto.ConfigParseError,
)
NO_LOGIN = (boto.SSOError, boto.TokenRetrievalError)
NO_CONNECTION = (boto.HTTPClientError, boto.ConnectionError)

LOG_IN_FIX = "Log in again (`aws sso login`, or fresh keys in the environment), then run the same command again."


class AwsThrottled(AwsFailed):
    """AWS kept asking for fewer calls until the retries were used up."""

    code = "aws_throttled"
    retryable = True


class AwsUnreachable(AwsFailed):
    """No answer came from the endpoint; whether the call took effect is unknown."""

    code = "aws_unreachable"
    retryable = True


class AwsDenied(AwsFailed):
    """The credentials are valid but may not do this."""

    code = "aws_denied"


class CredentialsExpired(AwsFailed):
    """The session that the credentials belong to has ended."""

    code = "credentials_expired"


class CredentialsMissing(PrerequisiteError):
    """There are no usable credentials."""

    code = "credentials_missing"


def error_code(error: ClientError) -> str:
    """Return AWS's code of an error, such as ``NoSuchBucket``. Pure."""
    return str(error.response.get("Error", {}).get("Code", ""))


def explain(error: BotoCoreError | ClientError, doing: str) -> ShopctlError:
    """Turn what botocore raised while ``doing`` something into an error with a cure. Pure."""
    if isinstance(error, ClientError):
        return _explain_refusal(error, doing)
    match error:
        case _ if isinstance(error, NO_LOGIN):
            return CredentialsExpired(f"{doing}: the AWS login has ended or is not complete", LOG_IN_FIX)
        case _ if isinstance(error, NO_CREDENTIALS):
            return CredentialsMissing(
                f"{doing}: no usable AWS credentials ({type(error).__name__})",
                "Log in with `aws sso login` and set AWS_PROFILE, then check with `shopctl doctor`.",
            )
        case _ if isinstance(error, NO_CONNECTION):
            return AwsUnreachable(
                f"{doing}: no answer ({type(error).__name__})",
                "Check the network (for a local environment `shopctl local status`), then run the same command again.",
            )
        case _:
            return AwsFailed(f"{doing}: {error}", "Run the same command again; nothing that was done is lost.")


def _explain_refusal(error: ClientError, doing: str) -> ShopctlError:
    code = error_code(error)
    message = str(error.response.get("Error", {}).get("Message", ""))
    match code:
        case _ if code in EXPIRED:
            return CredentialsExpired(f"{doing}: the AWS credentials have expired", LOG_IN_FIX)
        case _ if code in UNKNOWN_KEYS:
            return AwsFailed(
                f"{doing}: AWS does not know these credentials ({code})",
                "Check AWS_PROFILE and AWS_ACCESS_KEY_ID; the exports of `shopctl local env` are of no use in AWS.",
            )
        case _ if code in DENIED:
            return AwsDenied(
                f"{doing}: {error.operation_name} was denied: {message}",
                f"Let the role that you use do {error.operation_name}, then run the same command again.",
            )
        case _ if code in THROTTLED:
            return AwsThrottled(
                f"{doing}: AWS throttles {error.operation_name}", "Wait a minute, then run the same command again."
            )
        case _:
            return AwsFailed(
                f"{doing}: {error.operation_name}: {code}: {message}", "Cure that, then run the same command again."
            )


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn whatever botocore raises inside into a ShopctlError that begins with what was being done."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise explain(error, doing) from error
