"""What servers do wrong at each step, and what must come of it."""

from dataclasses import dataclass, field

from storage.database import open_store
from storage.database.mail_tables import DeliveryRow, DigestRow
from tests.builders import DAY_1
from tests.torture import steps
from tests.torture.account import Tally, settle
from tests.torture.post import Post
from tests.torture.rude import CLOSE, GARBAGE, HALF, HANG, RESET, rudely
from tests.torture.scenes import PARKS, drain, stories, timedelta
from tests.torture.stands import Stand

DEFERRED, REFUSED, UNKNOWN, SENT = "deferred", "refused", "unknown", "sent"


@dataclass(frozen=True, slots=True)
class Fault:
    """A server's part, the outcome that must be on record, and whether the server has the mail all the same."""

    script: dict[str, str] = field(hash=False)
    outcome: str
    has_taken: bool = False

    @property
    def name(self) -> str:
        """The fault in a few words."""
        return ", ".join(f"{step}: {act}" for step, act in self.script.items())


def _before_the_dot() -> list[Fault]:
    found = [
        Fault({step: act}, DEFERRED)
        for step in ("connect", "ehlo", "mail", "rcpt", "data")
        for act in (CLOSE, RESET, HANG, GARBAGE, HALF, "421 4.3.2 going down", "451 4.3.0 not now")
    ]
    refused = ("550 5.1.1 nobody of that name", "552 5.2.2 full", "554 5.7.1 no")
    found += [Fault({"rcpt": act}, REFUSED) for act in refused]
    found += [
        Fault({"rcpt": act}, DEFERRED)
        for act in ("450 4.2.0 greylisted", "452 4.5.3 too many", "552 too many recipients")
    ]
    # No mail of anybody would fare better: a setting is wrong, and no reader's address.
    found += [Fault({"mail": act}, DEFERRED) for act in ("550 5.7.1 sender refused", "530 5.7.0 log in first")]
    found += [Fault({"data": act}, DEFERRED) for act in ("250 ok", "220 what?")]
    found += [Fault({"data": "554 5.5.1 no valid recipients"}, REFUSED)]
    return found


def _at_the_dot() -> list[Fault]:
    found = [Fault({"half": act}, UNKNOWN) for act in (CLOSE, RESET)]
    for act in (CLOSE, RESET, HANG, HALF, GARBAGE):
        found += [Fault({"dot": act}, UNKNOWN), Fault({"dot": f"take {act}"}, UNKNOWN, has_taken=True)]
    found += [Fault({"dot": "take 421 4.3.2 going down"}, DEFERRED, has_taken=True)]
    found += [Fault({"dot": "451 4.3.0 no room"}, DEFERRED), Fault({"dot": "452 4.3.1 no room"}, DEFERRED)]
    found += [Fault({"dot": act}, REFUSED) for act in ("550 5.7.1 spam", "552 5.3.4 too big", "554 5.6.0 no")]
    return found


def _behind_the_dot() -> list[Fault]:
    return [Fault({"quit": act}, SENT, has_taken=True) for act in (CLOSE, RESET, HANG, GARBAGE, "500 what?")]


FAULTS = (*_before_the_dot(), *_at_the_dot(), *_behind_the_dot())


def survives(stand: Stand, post: Post, fault: Fault) -> Tally:
    """Send three digests to a server with the fault, then let a good one have what waits."""
    now = DAY_1 + timedelta(hours=1)
    steps.store_changes(stand.url, stories(0, 4, DAY_1 + timedelta(minutes=30)))
    with rudely(fault.script) as server:
        steps.digest_and_send(stand.url, stand.folder, server.port, PARKS, now, 1)
    store = open_store(stand.url)
    with store.writing() as session:
        outcomes = [row.outcome for row in session.query(DeliveryRow).order_by(DeliveryRow.id)]
        refused = session.query(DigestRow).filter(DigestRow.state == "refused")
        told = refused.count()
        refused.update({"state": "ready", "next_try_at": now})  # the operator mended the address
    store.close()
    drain(stand, post, now + timedelta(minutes=21))
    post.mails += server.taken
    tally = settle(stand, post, 0)
    explained = "came 2 times" if fault.has_taken else "\n"
    tally.wrong = [f"{fault.name}: {wrong}" for wrong in tally.wrong if explained not in wrong]
    if set(outcomes) != {fault.outcome}:
        tally.wrong.append(f"{fault.name}: is on record as {outcomes} instead of {fault.outcome}")
    if (fault.outcome == REFUSED) != bool(told):
        tally.wrong.append(f"{fault.name}: {told} digests stand as refused")
    if bool(server.taken) != fault.has_taken:
        tally.wrong.append(f"{fault.name}: the server took {len(server.taken)} mails")
    return tally
