"""Count what the readers got against what the ledger holds: lost, twice, and copies that nothing explains."""

import re
from collections import Counter
from dataclasses import dataclass, field

from storage.database import ledger, open_store
from storage.database import verify as verification
from storage.database.mail_tables import DeliveryRow, DigestRow
from storage.records import LedgerEntry
from tests.torture.post import Post, reader_of, words_in
from tests.torture.stands import READERS, Stand

#: How the changes of these scenes are called, so that a mail's text can be searched for each.
NAME = r"Story \d+ of \w+"


@dataclass
class Tally:
    """What came of one scene or of many."""

    scenes: int = 0
    kills: int = 0
    changes: int = 0
    mails: int = 0
    copies: int = 0
    failed: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Take another account into this one."""
        for name in ("scenes", "kills", "changes", "mails", "copies"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.failed += bool(other.wrong)
        self.wrong += other.wrong


def settle(stand: Stand, post: Post, kills: int) -> Tally:
    """Return the account of a scene that has ended: every mail is out, or it is wrong."""
    store = open_store(stand.url)
    with store.reading() as session:
        wrong = [f"verify: {problem}" for problem in verification.problems(session)]
        entries = list(ledger.entries(session))
        waiting = session.query(DigestRow).filter(DigestRow.state != "sent").count()
        unclear = Counter(
            message_id
            for (message_id,) in session.query(DigestRow.message_id)
            .join(DeliveryRow, DeliveryRow.digest_id == DigestRow.id)
            .filter(DeliveryRow.outcome == "unknown")
        )
    store.close()
    if waiting:
        wrong.append(f"{waiting} digests were never taken")
    mails = post.distinct()
    wrong += [f"copies of {name} differ" for name, copies in mails.items() if len(set(copies)) > 1]
    wrong += [
        f"{name} came {len(copies)} times, and {unclear[name]} of its deliveries were unclear"
        for name, copies in mails.items()
        if len(copies) - 1 > unclear[name]
    ]
    for address, parks in READERS.items():
        own = [copies[0] for copies in mails.values() if reader_of(copies[0]) == address]
        said = Counter(word for mail in own for word in set(words_in(mail, NAME)))
        wanted = Counter(named(entry) for entry in entries if not parks or entry.park in parks)
        wrong += [f"{address} never heard of: {word}" for word in wanted - said]
        wrong += [f"{address} heard of too often: {word}" for word in said - wanted]
    return Tally(
        scenes=1,
        kills=kills,
        changes=len(entries) * len(READERS),
        mails=len(mails),
        copies=sum(len(copies) - 1 for copies in mails.values()),
        wrong=wrong,
    )


def named(entry: LedgerEntry) -> str:
    """Return what a change is called in the mails."""
    match = re.search(NAME, entry.headline)
    return match[0] if match else entry.headline
