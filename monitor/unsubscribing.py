"""What a POST to a reader's own unsubscribe address does (RFC 8058, section 3); whoever serves the page calls this."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import parse_qs

from storage.database import Store, subscriptions

_FIELD, _VALUE = "List-Unsubscribe", "One-Click"
#: More than any mail program sends.
_LONGEST_BODY = 4096


def one_click(store: Store, token: str, content_type: str, body: bytes) -> tuple[int, str]:
    """End the subscription that the token stands for; return an HTTP status and a sentence.

    Only a POST whose body says so acts: scanners fetch every link of a mail, and must not unsubscribe its reader. A
    second POST finds it ended, which is as good. What is frozen and not yet sent is cancelled when its turn comes.
    """
    if not asks_for_it(content_type, body):
        return 400, f"nothing was changed: the body must say {_FIELD}={_VALUE}"
    with store.writing() as session:
        is_known = subscriptions.unsubscribe_by_token(session, token)
    return (200, "you are unsubscribed") if is_known else (404, "there is no such subscription")


def asks_for_it(content_type: str, body: bytes) -> bool:
    """Say whether a POST's body is that of a one-click unsubscription, in either form that RFC 8058 names."""
    if len(body) > _LONGEST_BODY:
        return False
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return parse_qs(body.decode("utf-8", "replace")).get(_FIELD) == [_VALUE]
    if kind == "multipart/form-data":
        whole = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n" + body
        message = message_from_bytes(whole, policy=policy.default)
        return any(
            isinstance(part, EmailMessage)
            and part.get_param("name", header="content-disposition") == _FIELD
            and part.get_content_disposition() == "form-data"
            and str(part.get_payload()).strip() == _VALUE
            for part in message.walk()
        )
    return False
