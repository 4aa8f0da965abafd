"""Scenes: a process dies at a named point or at any moment, another one goes on, and all is counted."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from storage.database import deliveries, ledger, open_store
from storage.records import Capture, Observation
from tests.builders import DAY_1, a_park, an_article, an_observation
from tests.torture import steps
from tests.torture.account import Tally, settle
from tests.torture.post import Post
from tests.torture.stands import Stand, Stands, with_readers

PARKS = {slug: a_park(slug) for slug in ("eastgate", "westgate")}
#: What storing, freezing and sending come by; the other points lie on the way of a visit.
SENDING_POINTS = (
    "article_before_commit",
    "article_after_commit",
    "digest_rendered",
    "digest_before_commit",
    "digest_after_commit",
    "delivery_begun_before_commit",
    "delivery_begun_after_commit",
    "smtp_connected",
    "recipient_taken",
    "data_asked_for",
    "mail_half_sent",
    "mail_sent",
    "answer_read",
    "journal_written",
    "delivery_ended_before_commit",
    "delivery_ended_after_commit",
)
KILLED = -9


def stories(first: int, count: int, seen_at: datetime) -> list[Observation]:
    """Return new articles by their numbers, in both parks in turn."""
    return [_story(number, ("eastgate", "westgate")[number % 2], seen_at) for number in range(first, first + count)]


def _story(number: int, park: str, seen_at: datetime) -> Observation:
    url = f"http://{park}.example/news/{number}.html"
    return an_observation(
        f"doc:{number}",
        park=park,
        seen_at=seen_at,
        fields=an_article(headline=f"Story {number} of {park}", body=(f"It is the story numbered {number}.",)),
        captures=(Capture(url=url, captured_at=seen_at, status=200, content=f"<p>{number}</p>".encode()),),
    )


def dies_while_sending(stand: Stand, post: Post, point: str, hit: int) -> Tally:
    """Store, freeze and send; die at the point; go on in another process as if nothing had been."""
    crash_at, kills = f"{point}:{hit}", 0
    for hour in (1, 2):
        now = DAY_1 + timedelta(hours=hour)
        found = stories(hour * 10, 6, now - timedelta(minutes=30))
        for armed in (crash_at, ""):
            for work in (
                (steps.store_changes, stand.url, found),
                (steps.digest_and_send, stand.url, stand.folder, post.port, PARKS, now),
            ):
                code = steps.run(*work, crash_at=armed)
                kills += code == KILLED
                if code not in (0, KILLED):
                    return Tally(scenes=1, kills=kills, wrong=[f"{point}: exit code {code}"])
                if code == KILLED:
                    break
            now += timedelta(minutes=21)
    drain(stand, post, DAY_1 + timedelta(hours=3))
    tally = settle(stand, post, kills)
    if not kills:
        tally.wrong.append(f"{point}: was never come by")
    return tally


def drain(stand: Stand, post: Post, now: datetime, rounds: int = 30) -> None:
    """Let a healthy process make what is due and send whatever waits."""
    for number in range(rounds):
        steps.run(
            steps.digest_and_send, stand.url, stand.folder, post.port, PARKS, now + timedelta(minutes=200 * number)
        )
        store = open_store(stand.url)
        with store.reading() as session:
            is_done = not deliveries.waiting(session, now=None)
        store.close()
        if is_done:
            return


def dies_at_random(stand: Stand, post: Post, kills: int, seed: int) -> Tally:
    """Kill whatever runs at moments that *seed* decides; sometimes two run at once."""
    random, told, now, number = Random(seed), stand.folder / "told", DAY_1, 0
    done = 0
    while done < kills:
        now += timedelta(minutes=61)
        found = stories(number, 2, now - timedelta(minutes=30))
        number += len(found)
        at_work = [
            steps.start(steps.store_changes, stand.url, found, told),
            *(
                steps.start(steps.digest_and_send, stand.url, stand.folder, post.port, PARKS, now)
                for _ in range(random.choice((1, 1, 2)))
            ),
        ]
        for process in at_work:
            # One in four may end by itself, so that there is something to lose.
            span = random.choice((0.03, 0.12, 0.4, None))
            process.join(random.uniform(0.0, span) if span else 60)
            if process.exitcode is None:
                process.kill()
            process.join()
            done += process.exitcode == KILLED
            process.close()
    post.behave()
    drain(stand, post, now + timedelta(hours=1))
    tally = settle(stand, post, done)
    tally.wrong += [f"{key} was committed and is gone" for key in forgotten(stand, told)]
    return tally


def forgotten(stand: Stand, told: Path) -> Iterator[str]:
    """Yield the articles whose commit was told and that the store does not hold."""
    store = open_store(stand.url)
    with store.reading() as session:
        held = {f"doc:{entry.headline.split()[1]}" for entry in ledger.entries(session)}
    store.close()
    with suppress(FileNotFoundError):
        yield from sorted(set(told.read_text().split()) - held)


def sending_scene(stands: Stands, post: Post, point: str, hit: int) -> Tally:
    """Play one scene of sending on a store of its own."""
    post.mails.clear()
    with stands.stand("readers", with_readers) as stand:
        return dies_while_sending(stand, post, point, hit)
