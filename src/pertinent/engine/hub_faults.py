"""What goes wrong between here and a hub, told with what to do about it.

No message repeats what the hub or the library says: that may hold a signed address or a token.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from pertinent.errors import FetchError, PertinentError

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

_ACCESS = (
    "Where it is private, or asks you to accept conditions, do so on its page and set HF_TOKEN to an "
    "access token of that account."
)
_KEPT = "What has arrived is kept: the same call goes on from there."


class HubUnreachable(FetchError):  # noqa: N818 (reads better where it is caught)
    """The hub does not answer now; what is cached may do."""


@contextmanager
def hub_faults(repository: str, revision: str) -> Iterator[None]:
    """Turn every fault of network, hub and disk inside the block into a FetchError with a hint."""
    import httpx2
    from huggingface_hub import errors as hub

    try:
        yield
    except PertinentError:
        raise
    except UnicodeEncodeError:
        raise FetchError(
            "The access token holds characters that no token has.",
            hint="Set HF_TOKEN again, or unset it for models that need none.",
        ) from None
    except hub.HfHubHTTPError as error:
        _tell_refusal(error, repository, revision)
    except (httpx2.TransportError, hub.OfflineModeIsEnabled) as error:
        raise HubUnreachable(
            f"{hub_endpoint()} cannot be reached ({type(error).__name__}).",
            hint="Check the network, proxy settings and HF_ENDPOINT; or give the folder of a local model. "
            + _KEPT,
        ) from None
    except OSError as error:
        _tell_disk(error)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise not_a_hub(error) from None


def not_a_hub(error: Exception) -> FetchError:
    """What an answer that is not understood means."""
    return FetchError(
        f"{hub_endpoint()} does not answer as a Hugging Face hub does ({type(error).__name__}).",
        hint="Check HF_ENDPOINT, and whether a proxy or a login page stands before the network.",
    )


def hub_endpoint() -> str:
    """Address of the hub: ``HF_ENDPOINT``, else the public one."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def _tell_refusal(error: HfHubHTTPError, repository: str, revision: str) -> NoReturn:
    from huggingface_hub import errors as hub

    status = error.response.status_code
    if isinstance(error, hub.GatedRepoError):
        message, hint = f"{repository} is gated: its owner lets in those who accept conditions.", _ACCESS
    elif isinstance(error, hub.RevisionNotFoundError):
        message = f"{repository} has no revision {revision}."
        hint = "Leave @REVISION away, or give a branch, a tag or a commit that its page lists."
    elif status in {401, 403}:
        message, hint = (
            f"{hub_endpoint()} does not open {repository} (HTTP {status}).",
            (f"Check the name; a private model looks like a missing one. {_ACCESS}"),
        )
    elif status == 404:
        message = f"{hub_endpoint()} has no model {repository}, or a file of it has gone."
        hint = f"Check the name; if you meant a local folder, check its path. {_ACCESS}"
    elif status == 429 or status >= 500:
        raise HubUnreachable(
            f"{hub_endpoint()} cannot serve {repository} now (HTTP {status}).",
            hint=f"Try again in a while. {_KEPT}",
        ) from None
    else:
        message = f"{hub_endpoint()} refused to serve {repository} (HTTP {status})."
        hint = "Check the name and HF_ENDPOINT, then try again."
    raise FetchError(message, hint=hint) from None


def _tell_disk(error: OSError) -> NoReturn:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        raise FetchError(
            "The disk is full.", hint=f"Free some space, or set HF_HOME to a folder on another disk. {_KEPT}"
        ) from None
    if error.errno is None:
        # the library's own: fewer bytes arrived than were promised
        raise FetchError("A download ended early.", hint=f"Try again. {_KEPT}") from None
    raise FetchError(
        f"The cache of models cannot be used ({os.strerror(error.errno)}).",
        hint="Check the permissions of the folder, or set HF_HOME to another one.",
    ) from None
