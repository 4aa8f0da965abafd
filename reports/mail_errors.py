"""Say in an operator's words why a mail server could not be talked to, and which setting to look at."""

import smtplib
import socket
import ssl

from storage.text import clean_text

#: RFC 5321, section 4.2.1; smtplib says -1 of a line that begins with no number.
_LOWEST_CODE = 200


def in_words(error: Exception) -> str:
    """Return half a sentence that goes on after the server's name; the names of Python's classes tell nobody anything.

    The order matters: ``smtplib.SMTPException`` and ``ssl.SSLError`` are kinds of ``OSError``.
    """
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"does not accept the login ({_said(error)}): check mail.user and the password file"
        case smtplib.SMTPResponseException() if error.smtp_code < _LOWEST_CODE:
            return "answers with what is no answer: it is no mail server, or mail.security is not what it speaks"
        case smtplib.SMTPResponseException():
            return f"answered {_said(error)}"
        case smtplib.SMTPNotSupportedError():
            return f"does not offer what is asked of it ({_flat(error)}): check mail.security and mail.user"
        case smtplib.SMTPServerDisconnected() if "timed out" in str(error):
            return "does not answer in time"
        case smtplib.SMTPServerDisconnected() if "without an end" in str(error):
            return "answers without an end: it is no mail server"
        case smtplib.SMTPServerDisconnected():
            return "hung up in the middle"
        case smtplib.SMTPException():
            return f"could not be talked to: {_flat(error)}"
        case ssl.SSLCertVerificationError():
            return f"shows a certificate that cannot be trusted ({error.verify_message}): check mail.tls_verify"
        case ssl.SSLError():
            return f"does not speak TLS as asked ({error.reason or _flat(error)}): check mail.security and mail.port"
        case socket.gaierror():
            return "is not known by that name: check mail.host"
        case ConnectionRefusedError():
            return "refuses the connection: check mail.host and mail.port"
        case ConnectionError():
            return "broke the connection off"
        case TimeoutError():
            return "does not answer in time"
        case UnicodeError():
            return "has no name that can be looked up: check mail.host"
        case OSError():
            return f"cannot be reached: {error.strerror or _flat(error)}"
        case _:
            return _flat(error)


def _said(error: smtplib.SMTPResponseException) -> str:
    words = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
    return clean_text(f"{error.smtp_code} {words}")[:200]


def _flat(error: Exception) -> str:
    return clean_text(str(error))[:200]
