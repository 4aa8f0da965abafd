"""What people write: settings, parks and layouts, and the sentences that errors end in."""

from pathlib import Path

import pytest

from crawler.checking import SeedError
from crawler.layouts import load_layout
from crawler.seeds import BUNDLED, load_park, load_parks
from monitor.park_folder import ParkFolder
from monitor.reference import settings_file
from monitor.settings import SeedsSection, SettingsError, all_keys, load_settings
from storage.database import open_store
from tests.conftest import Desk
from tests.tricksite import TrickSite


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_environment_wins_over_the_file_and_the_file_over_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "parkwatch.toml").write_text("[crawl]\ndelay = 5\nconcurrency = 2\n")
    monkeypatch.setenv("PARKWATCH_CRAWL__DELAY", "7")
    settings = load_settings()
    assert (settings.crawl.delay, settings.crawl.concurrency, settings.crawl.timeout) == (7, 2, 30)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[crawl]\ndelai = 5\n", "parkwatch.toml: unknown key 'crawl.delai', did you mean 'delay'?"),
        ("[mial]\nhost = 'x'\n", "parkwatch.toml: unknown key 'mial'"),
        ("[crawl]\ndelay = 'slow'\n", "parkwatch.toml: crawl.delay: write a number (found 'slow')"),
        ("[crawl]\ndelay = -1\n", "parkwatch.toml: crawl.delay: write 0 or more (found '-1')"),
        ("crawl = 5\n", "parkwatch.toml: crawl: write a table of keys (found '5')"),
        ("[crawl]\ntls_verify = 'no.pem'\n", "parkwatch.toml: crawl.tls_verify: write true, false or the path of"),
        (
            "[mail]\nsecurity = 'ssl'\n",
            "parkwatch.toml: mail.security: write 'starttls', 'tls' or 'none' (found 'ssl')",
        ),
        ("[mail]\nsender = 'P <p@example.org>'\n", "parkwatch.toml: mail.sender: write a bare mail address"),
        ("[crawl\n", "parkwatch.toml: is not TOML: "),
    ],
)
def test_a_wrong_settings_file_is_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "parkwatch.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_a_variable_that_names_no_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARKWATCH_CRAWL__DELEY", "1")
    with pytest.raises(SettingsError, match="PARKWATCH_CRAWL__DELEY names no setting, did you mean"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("CRAWL__DELAY", "slow", "the variable PARKWATCH_CRAWL__DELAY: crawl.delay: write a number (found 'slow')"),
        ("CRAWL", "{}", "the variable PARKWATCH_CRAWL names a section: write PARKWATCH_CRAWL__DELAY and the like"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str) -> None:
    monkeypatch.setenv(f"PARKWATCH_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value) == sentence


def test_a_variable_does_not_hide_a_wrong_value_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parkwatch.toml").write_text("[crawl]\ndelay = 'slow'\n")
    monkeypatch.setenv("PARKWATCH_CRAWL__DELAY", "7")
    with pytest.raises(SettingsError, match=r"parkwatch.toml: crawl.delay: write a number"):
        load_settings()


@pytest.mark.parametrize(("value", "meant"), [("false", False), ("true", True), ("parkwatch.toml", "parkwatch.toml")])
def test_tls_verify_is_a_word_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, meant: bool | str
) -> None:
    (tmp_path / "parkwatch.toml").touch()
    monkeypatch.setenv("PARKWATCH_CRAWL__TLS_VERIFY", value)
    assert load_settings().crawl.tls_verify == meant


def test_the_file_that_init_writes_is_a_settings_file(tmp_path: Path) -> None:
    (tmp_path / "parkwatch.toml").write_text(settings_file())
    defaults = load_settings()
    lines = [line.removeprefix("# ") for line in settings_file().splitlines()]
    keys = [line for line in lines if line.startswith("[") or (" = " in line and "_file = " not in line)]
    (tmp_path / "parkwatch.toml").write_text("\n".join(keys))
    assert len(keys) == len(list(all_keys())) - 2 + len(type(defaults).model_fields)
    assert load_settings() == defaults


GOOD_PARK = 'name = "X"\nlistings = ["http://x.example/"]\nlayouts = ["tjuda"]\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD_PARK + 'langauge = "en"\n', "unknown key 'langauge', did you mean 'language'?"),
        ('name = "X"\nlayouts = ["tjuda"]\n', "'listings' is missing"),
        (GOOD_PARK.replace("http", "ftp"), "listings.0: write a whole address"),
        (GOOD_PARK + 'time_zone = "Asia/Nowhere"\n', "time_zone: write a time zone such as Asia/Shanghai"),
        (GOOD_PARK + 'cadence = "often"\n', "cadence: write a span such as 30m, 6h or 1d"),
        (GOOD_PARK + 'language = "english"\n', "language: write en or zh"),
        (GOOD_PARK + 'encoding = "klingon"\n', "encoding: write the name of an encoding such as gb18030"),
        (GOOD_PARK + 'tls_verify = "ca.pem"\n', "tls_verify: write true or false, without quotes (found 'ca.pem')"),
        (GOOD_PARK + 'hosts = ["http://y.example/"]\n', "hosts: write bare hosts such as news.example.org"),
        (GOOD_PARK.replace('["tjuda"]', "[]"), "layouts: write at least 1"),
        ("name = \n", "is not TOML"),
    ],
)
def test_a_wrong_park_file_names_file_and_key(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(SeedError) as caught:
        load_park(path)
    assert str(caught.value).startswith(f"{path}: {sentence}")


@pytest.mark.parametrize("name", ["Wu Qing.toml", "Wuqing.toml", "-wuqing.toml"])
def test_a_park_files_name_is_a_word_for_the_command_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(GOOD_PARK)
    parks, errors = load_parks(tmp_path)
    [error] = errors.values()
    assert parks == {}
    assert str(error).startswith(f"{tmp_path / name}: the file's name is the park's slug: write it in small letters")


def test_a_running_process_notices_parks_that_come_change_and_go(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text(GOOD_PARK)
    folder = ParkFolder(SeedsSection(parks=tmp_path))
    assert sorted(folder.parks()) == ["one", "two"]
    (tmp_path / "three.toml").write_text(GOOD_PARK + 'cadence = "30m"\n')
    (tmp_path / "one.toml").write_text("name = \n")
    (tmp_path / "two.toml").unlink()
    assert {slug: park.cadence_minutes for slug, park in folder.parks().items()} == {"three": 30}
    assert list(folder.errors) == ["one"]
    (tmp_path / "three.toml").unlink()
    (tmp_path / "one.toml").unlink()
    tmp_path.rmdir()
    assert sorted(folder.parks()) == ["three"], "a folder that cannot be read takes no park away"


def test_a_folder_without_a_park_is_told(desk: Desk) -> None:
    for verb in ("crawl", "parks", "run"):
        assert said(desk, verb) == (2, f"parkwatch: {desk.folder}/parks: holds no park file: see docs/adding-a-park.md")
    assert f"no park file in {desk.folder}/parks" in desk.must("status")


LAYOUT = """
title = "T"
[recognise]
[listing]
articles = ['/n/']
[article.headline]
locators = [{ selector = "h1" }]
[article.date_published]
locators = [{ meta = "PubDate" }]
[article.body]
locators = [{ selector = "#b" }]
"""


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('"h1"', '":has("', "article.headline.locators.0.selector: the selector cannot be read"),
        ("'/n/'", "'(['", "listing.articles.0: the pattern cannot be read"),
        ("title", "titel", "unknown key 'titel', did you mean 'title'?"),
        (
            'selector = "#b"',
            'selektor = "#b"',
            "unknown key 'article.body.locators.0.selektor', did you mean 'selector'?",
        ),
        ('{ selector = "h1" }', "{}", "article.headline.locators.0: a locator needs exactly one of"),
    ],
)
def test_a_wrong_layout_names_file_and_key(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    (tmp_path / "layout.toml").write_text(LAYOUT.replace(before, after))
    with pytest.raises(SeedError) as caught:
        load_layout(tmp_path)
    assert f"layout.toml: {sentence}" in str(caught.value)


@pytest.mark.long
def test_a_wrong_layout_costs_its_own_parks_alone(desk: Desk, site: TrickSite) -> None:
    (desk.folder / "layouts" / "ours").mkdir(parents=True)
    wrong = desk.folder / "layouts" / "ours" / "layout.toml"
    wrong.write_text(LAYOUT.replace('"h1"', '":has("'))
    desk.variables["PARKWATCH_SEEDS__LAYOUTS"] = str(desk.folder / "layouts")
    site.serve_stories(2, 1)
    site.park(desk.folder)
    (desk.folder / "parks" / "ours.toml").write_text(GOOD_PARK.replace("tjuda", "ours"))
    code, sentence = said(desk, "crawl")
    assert code == 1
    assert sentence.startswith(f"parkwatch: {desk.folder}/parks/ours.toml: layouts: {wrong}: article.headline.loc")
    assert len(desk.rows("articles")) == 2
    desk.must("subscribe", "analyst@example.org")
    assert "1 of 2 parks not seen whole" in desk.must("digest")
    assert said(desk, "crawl", "ours")[0] == 2
    assert said(desk, "reextract") == (1, sentence)
    assert said(desk, "layouts", "check") == (2, sentence.replace(f"{desk.folder}/parks/ours.toml: layouts: ", ""))


def test_a_layouts_revision_is_of_its_rules_not_its_title(tmp_path: Path) -> None:
    revisions = []
    for text in (LAYOUT, LAYOUT.replace('"T"', '"Other"'), LAYOUT.replace("#b", "#c")):
        (tmp_path / "layout.toml").write_text(text)
        revisions.append(load_layout(tmp_path).revision)
    assert revisions[0] == revisions[1] != revisions[2]


def test_the_bundled_parks_are_good() -> None:
    parks, errors = load_parks(BUNDLED / "parks")
    assert (errors, sorted(parks)) == ({}, ["dalian", "exploring-tianjin", "wuqing"])


def said(desk: Desk, *arguments: str) -> tuple[int, str]:
    done = desk.run(*arguments)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.strip().splitlines()[-1]


def test_every_error_ends_in_one_sentence_and_its_exit_code(desk: Desk) -> None:
    (desk.folder / "parks" / "typo.toml").write_text(GOOD_PARK + 'nmae = "x"\n')
    assert said(desk, "crawl", "typo") == (
        2,
        f"parkwatch: {desk.folder}/parks/typo.toml: unknown key 'nmae', did you mean 'name'?",
    )
    assert said(desk, "crawl", "nowhere")[0] == 2
    (desk.folder / "parks" / "other.toml").write_text(GOOD_PARK.replace("tjuda", "tjuad"))
    assert said(desk, "crawl", "other") == (
        2,
        f"parkwatch: {desk.folder}/parks/other.toml: layouts: there is no layout 'tjuad', did you mean 'tjuda'?",
    )
    assert said(desk, "crawl")[0] == 1
    assert said(desk, "articles", "--since", "yesterday") == (
        2,
        "parkwatch: --since yesterday: write a day such as 2024-01-31",
    )
    assert said(desk, "subscribe", "nobody") == (2, "parkwatch: 'nobody' is no mail address")
    assert said(desk, "digest")[0] == 2
    assert said(desk, "diff", "99")[0] == 2
    assert said(desk, "extract", "nothing.html")[0] == 2
    assert said(desk, "frobnicate")[0] == 2
    (desk.folder / "page.html").write_text("<html><body><p>words</p></body></html>")
    assert said(desk, "extract", "page.html")[0] == 1
    assert said(desk, "--settings", "none.toml", "articles")[0] == 2
    desk.variables["PARKWATCH_STORE__URL"] = "sqlite:///elsewhere.db"
    assert said(desk, "articles") == (
        3,
        "parkwatch: there is no store at elsewhere.db: create one with 'parkwatch init'",
    )
    desk.variables["PARKWATCH_STORE__URL"] = "postgresql+psycopg2://u:secret@127.0.0.1:9/x"
    code, sentence = said(desk, "articles")
    assert (code, "secret" in sentence) == (3, False)


def test_init_keeps_what_is_there_and_a_closed_store_opens_again(desk: Desk) -> None:
    (desk.folder / "parkwatch.toml").write_text("[crawl]\ndelay = 9\n")
    assert "stays as it is" in desk.must("init")
    assert (desk.folder / "parkwatch.toml").read_text() == "[crawl]\ndelay = 9\n"
    open_store(f"sqlite:///{desk.folder / 'parkwatch.db'}").close()


def test_every_verb_has_help() -> None:
    desk = Desk(Path.cwd())
    listed = desk.must("--help")
    for verb in ("crawl", "backfill", "digest", "verify", "demo", "parks"):
        assert verb in listed
        assert len(desk.must(verb, "--help").splitlines()) > 5
