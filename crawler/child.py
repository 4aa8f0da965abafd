"""Visit a batch of parks in a process of its own: the plan comes in by stdin, what happens goes out by stdout.

Start-up costs a second, so one child takes many parks. Parks that share a host come one after the other, all others at
the same time. The parent keeps stdin open; when it closes, the parent has died and the child ends with it.
"""

import asyncio
import json
import logging
import os
import resource
import signal
import sys
import threading
from typing import Any

#: A visit that is told to stop waits so long for the page it is at.
_STOP_GRACE_S = 20


def _leave(*_: object) -> None:
    """End without a word: nothing has begun yet that could be ended in good order."""
    os._exit(1)


# Importing Scrapy takes seconds; a Ctrl-C meanwhile must not end in its traceback.
for _number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(_number, _leave)

from scrapy.crawler import AsyncCrawlerRunner  # noqa: E402
from scrapy.settings import Settings  # noqa: E402
from scrapy.utils.reactor import install_reactor  # noqa: E402

from crawler.guard import GuardedResolver  # noqa: E402
from crawler.spiders.page import PageSpider  # noqa: E402

# Scrapy would import this in the middle of a crawl, where it takes longer the deeper the stack is.
from crawler.waiting import PatientHandler  # noqa: E402, F401
from storage.database import in_words  # noqa: E402


def main() -> None:
    """Read one line of plan, carry it out."""
    plan = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    told = plan["log_level"] == "DEBUG"
    logging.basicConfig(
        level="DEBUG" if told else "WARNING",
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # What Scrapy says of failures it says in tracebacks; the visit's outcome says the same in a sentence.
    logging.getLogger("scrapy").setLevel("DEBUG" if told else "CRITICAL")
    if plan.get("ca_file"):
        os.environ["SSL_CERT_FILE"] = plan["ca_file"]
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet.defer import Deferred
    from twisted.internet.task import react

    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    # Below a spider's own settings: a park may opt out of verification.
    settings.setdict(plan["settings"], priority="project")
    settings.set("PARKWATCH_PROGRESS", True, priority="cmdline")
    if plan.get("pages"):
        settings.set("EXTENSIONS", {}, priority="cmdline")
    settings.set("PARKWATCH_WARN_OF_SEEDS", False, priority="cmdline")  # the parent told of them
    _bound_memory(settings.getint("PARKWATCH_MEMORY_MIB"))
    runner = AsyncCrawlerRunner(settings)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _stop, runner)
        if plan.get("pages"):
            await runner.crawl(PageSpider, urls=plan["pages"])
            return
        await asyncio.gather(*(_one_after_the_other(runner, slugs, plan["arguments"]) for slugs in plan["chains"]))

    def start(reactor: Any) -> Deferred[Any]:
        GuardedResolver(reactor, settings.getlist("PARKWATCH_PRIVATE_NETWORKS")).install_on_reactor()
        return Deferred.fromFuture(asyncio.ensure_future(run()))

    react(start)


def _bound_memory(mebibytes: int) -> None:
    """Let what takes too much fail where it is, rather than the whole machine.

    The bound is on data and the stacks of threads; address space that allocators set aside unused is left out.
    """
    if mebibytes:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = mebibytes * 2**20
        resource.setrlimit(
            resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )


async def _one_after_the_other(runner: AsyncCrawlerRunner, slugs: list[str], arguments: dict[str, str]) -> None:
    for slug in slugs:
        if _STOPPING:
            return
        try:
            await runner.crawl(slug, **arguments)
        except Exception as error:  # one park's failure must not end its neighbours
            logging.getLogger("parkwatch").debug("visit of %s", slug, exc_info=True)
            event = {"park": slug, "event": "ended", "outcome": "failed", "reason": in_words(error), "changes": 0}
            print(json.dumps(event), flush=True)


_STOPPING: "list[asyncio.Future[Any]]" = []


def _stop(runner: AsyncCrawlerRunner) -> None:
    """End in good order at the first signal, at once at the second, and in any case soon."""
    if _STOPPING:
        os._exit(1)
    _STOPPING.append(asyncio.ensure_future(runner.stop()))
    last = threading.Timer(_STOP_GRACE_S, os._exit, (1,))
    last.daemon = True
    last.start()


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    try:
        main()
    except BaseException as error:
        if _STOPPING or isinstance(error, KeyboardInterrupt):
            os._exit(1)  # what breaks while everything is being stopped is no news
        raise
