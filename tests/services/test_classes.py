"""A class on one link: the same rules in SQLite and in a real Redis; no vote twice, none lost, nothing left behind."""

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import which

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pages.services.classes import classroom, sqlite_store
from pages.services.classes.classroom import (
    CLAIM,
    HERE,
    LARGEST_PLACE,
    LASTS,
    LONGEST_SENTENCE,
    LONGEST_WORD,
    MOST_OPENED,
    MOST_WRONG,
    Classroom,
    Counts,
    Place,
    Right,
    TooManyError,
)
from pages.services.classes.codes import ALPHABET, LENGTH, new_code, read_code
from pages.services.classes.question import Question, choice, read, written
from pages.services.classes.redis_store import RedisStore
from pages.services.classes.sqlite_store import SqliteStore
from pages.services.classes.store import StoreAwayError, StoreFullError, UnknownClassError
from pages.services.classes.stores import open_store
from tests.waiting import until

ROOT = Path(__file__).parents[2]
THREE = Question("heads", (choice("a"), choice("b"), choice("c")), right=1)
WORD = Question("start", text="The old")


class Clock:
    """A clock that is set by hand, beginning now: Redis has one of its own."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def start_redis(port: int) -> subprocess.Popen[bytes]:
    """A real server on this machine; without one the test is skipped, and fails where CI is set."""
    server = which("redis-server")
    if server is None:
        message = "no redis-server (Debian's package of this name)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    quiet = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning")
    process = subprocess.Popen([server, "--port", str(port), *quiet], stdout=subprocess.DEVNULL)

    def answers() -> bool:
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", port)) == 0

    until(answers)
    return process


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def redis_port() -> Iterator[int]:
    """A real server on this machine, for these tests alone."""
    port = free_port()
    process = start_redis(port)
    yield port
    process.terminate()
    process.wait()


@pytest.fixture(params=["sqlite", "redis"])
def room(request, tmp_path) -> Classroom:
    """A classroom over each store, with a clock of its own."""
    clock = Clock()
    if request.param == "sqlite":
        return Classroom(SqliteStore(tmp_path / "data" / "classes.sqlite3", clock), clock)
    url = f"redis://127.0.0.1:{request.getfixturevalue('redis_port')}"
    redis.Redis.from_url(url).flushall()
    return Classroom(RedisStore(url, clock), clock)


def test_what_the_teacher_shows_is_what_everybody_finds(room):
    right, _ticket = room.open()
    before = room.state(right.code)
    place = Place("heads", {"text": "le chat “dort” 👩‍🚀 = &", "layer": "2"}, "arcs")
    shown = room.show(right, place)
    now = room.state(right.code)
    assert (now.place, now.shown, now.question) == (place, shown, None)
    assert now.shown > before.shown
    assert room.find(right.code, "10.0.0.1") == now


def test_a_code_has_six_characters_of_which_none_looks_like_another(room):
    codes = {new_code() for _ in range(200)}
    assert all(len(code) == LENGTH == 6 and set(code) <= set(ALPHABET) for code in codes)
    assert len(codes) == 200
    for alike in ("0OQ", "1IL", "2Z", "5S", "8B", "6G", "UV"):
        assert len(set(alike) & set(ALPHABET)) <= 1, alike
    assert read_code(" k7 9-pwx\n") == "K79PWX"
    assert [read_code(no) for no in ("", "K79PW", "K79PWXY", "K79PW0", "' OR 1=1", "é" * 6)] == [""] * 6


def test_closed_over_and_unknown_codes_look_alike(room):
    closed, over = room.open()[0], room.open()[0]
    room.close(closed)
    room.clock.now += LASTS + 1
    for code in (closed.code, over.code, "AAAAAA"):
        with pytest.raises(UnknownClassError) as refusal:
            room.state(code)
        assert str(refusal.value) == ""
        for forbidden in (
            lambda code=code: room.vote(code, "m", 1, "0"),
            lambda code=code: room.send(code, "m", "a"),
            lambda code=code: room.here(code, "m"),
            lambda code=code: room.show(Right(code), Place("heads")),
            lambda code=code: room.claim(code, "ticket"),
            lambda code=code: room.right(code, "secret"),
        ):
            with pytest.raises(UnknownClassError):
                forbidden()


def test_the_teacher_s_right_is_a_secret_that_the_store_does_not_hold(room):
    right, ticket = room.open()
    assert room.claim(right.code, "another") is None
    secret = room.claim(right.code, ticket)
    assert secret and len(secret) > 40
    assert room.claim(right.code, ticket) is None, "a ticket is good once"
    assert room.right(right.code, secret) == right
    other = room.open()[0]
    assert room.right(other.code, secret) is None, "another class's secret"
    assert [room.right(right.code, no) for no in ("", "x", secret[:-1], ticket)] == [None] * 4
    kept = json.dumps([room.store.entries(right.code, group) for group in ("teachers", "tickets")])
    assert secret not in kept
    assert ticket not in kept
    room.close(right)
    with pytest.raises(UnknownClassError):
        room.right(right.code, secret)


def test_a_ticket_is_good_for_a_minute(room):
    right, ticket = room.open()
    room.clock.now += CLAIM + 1
    assert room.claim(right.code, ticket) is None


def test_of_all_votes_of_a_member_in_a_round_the_first_counts(room):
    right, _ = room.open()
    asked = room.ask(right, THREE)
    assert room.vote(right.code, "m", asked.number, "1")
    assert not room.vote(right.code, "m", asked.number, "2")
    assert room.own_vote(right.code, "m", asked.number) == "1"
    assert room.tally(right.code, asked.number) == {"1": 1}


@pytest.mark.parametrize("answer", ["3", "-1", "", "01", "one", "1; DROP TABLE entry", "9" * 10_000])
def test_what_is_no_choice_is_no_vote(room, answer):
    right, _ = room.open()
    assert not room.vote(right.code, "m", room.ask(right, THREE).number, answer)
    assert not room.vote(right.code, "", 1, "1"), "without a member"
    assert not room.vote(right.code, "m", 2, "1"), "in a round that is not on"


def test_a_word_is_cut_and_counts_whatever_its_case(room):
    right, _ = room.open()
    number = room.ask(right, WORD).number
    for member, word in enumerate(["King", "king ", "  queen", "x" * 1_000_000, "  "]):
        room.vote(right.code, str(member), number, word)
    assert room.tally(right.code, number) == {"king": 2, "queen": 1, "x" * LONGEST_WORD: 1}


def test_after_the_reveal_no_vote_counts_and_a_second_round_begins_anew(room):
    right, _ = room.open()
    first = room.ask(right, THREE)
    room.vote(right.code, "m", first.number, "0")
    room.reveal(right)
    assert not room.vote(right.code, "late", first.number, "1")
    assert room.state(right.code).question.revealed
    second = room.ask(right, THREE)
    assert second.number == first.number + 1
    assert not room.vote(right.code, "late", first.number, "1"), "the first round is over"
    assert room.vote(right.code, "m", second.number, "1")
    room.put_away(right)
    assert room.state(right.code).question is None
    assert not room.vote(right.code, "other", second.number, "1")
    assert [dict(line.votes) for line in room.summary(right).lines] == [{"0": 1}, {"1": 1}]


def test_one_sentence_of_a_member_waits_and_it_is_cut(room):
    right, _ = room.open()
    assert room.send(right.code, "m", " a  long " + "x" * 1_000_000)
    assert not room.send(right.code, "m", "another")
    assert not room.send(right.code, "n", " \n ")
    assert room.is_waiting(right.code, "m")
    room.clock.now += 1
    assert room.send(right.code, "b", "second")
    assert [len(one.text) for one in room.sentences(right)] == [LONGEST_SENTENCE, 6]
    assert room.take_sentence(right, "b", use=True) == "second"
    assert room.take_sentence(right, "b", use=True) is None
    assert room.take_sentence(right, "m", use=False)
    assert room.send(right.code, "m", "may come again")
    assert room.summary(right).sentences == ("second",)


def test_those_present_are_counted_until_they_have_not_been_heard_of_for_a_while(room):
    right, _ = room.open()
    number = room.ask(right, THREE).number
    for member in ("a", "b", "b", "c"):
        assert room.here(right.code, member)
    room.vote(right.code, "a", number, "0")
    room.send(right.code, "b", "x")
    assert room.counts(right.code) == Counts(3, 1, 1)
    room.gone(right.code, "c")
    room.clock.now += HERE + 1
    room.here(right.code, "a")
    assert room.counts(right.code) == Counts(1, 1, 1)


def test_what_members_do_changes_nothing_that_is_shown(room):
    """Or thirty votes would have thirty phones drawn thirty times."""
    right, _ = room.open()
    number = room.ask(right, THREE).number
    before = room.store.versions(right.code)
    room.here(right.code, "m")
    room.vote(right.code, "m", number, "0")
    room.send(right.code, "m", "x")
    after = room.store.versions(right.code)
    assert (after.shown, after.heard) == (before.shown, before.heard + 3)
    room.here(right.code, "m")
    assert room.store.versions(right.code) == after, "one who is still here is no news"


def test_who_guesses_codes_is_told_to_wait_and_others_are_not(room):
    right, _ = room.open()
    for _ in range(MOST_WRONG):
        with pytest.raises(UnknownClassError):
            room.find("AAAAAA", "10.0.0.1")
    with pytest.raises(TooManyError):
        room.find("AAAAAA", "10.0.0.1")
    with pytest.raises(UnknownClassError):
        room.find("AAAAAA", "10.0.0.2")
    assert room.find(right.code, "10.0.0.1"), "who has the right code beside a guesser joins"


def test_one_address_opens_so_many_classes_and_no_more(room):
    for _ in range(MOST_OPENED):
        room.open("10.0.0.1")
    with pytest.raises(TooManyError):
        room.open("10.0.0.1")
    assert room.open("10.0.0.2")


def test_of_what_is_too_large_for_a_class_the_long_settings_are_left_out(room):
    right, _ = room.open()
    room.show(right, Place("generation", {"text": "a", "long": "x" * LARGEST_PLACE}))
    assert room.state(right.code).place.said == {"text": "a"}


def test_two_classes_know_nothing_of_each_other(room):
    one, other = room.open()[0], room.open()[0]
    room.vote(one.code, "m", room.ask(one, THREE).number, "0")
    room.ask(other, THREE)
    assert room.tally(other.code, 1) == {}
    room.close(one)
    assert room.state(other.code).question


votes = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("012")), max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(votes, st.randoms(use_true_random=False))
def test_no_vote_counts_twice_and_none_is_lost_in_whatever_order_they_come(room, cast, chance):
    """What counts is each member's first; members may come in any order."""
    right, _ = room.open(str(chance.random()))
    number = room.ask(right, THREE).number
    first: dict[str, str] = {}
    for member, answer in cast:
        assert room.vote(right.code, member, number, answer) == (member not in first)
        first.setdefault(member, answer)
    assert room.tally(right.code, number) == Counter(first.values())
    again = room.ask(right, THREE).number
    members = list(first.items())
    chance.shuffle(members)
    for member, answer in members:
        assert room.vote(right.code, member, again, answer)
    assert room.tally(right.code, again) == room.tally(right.code, number)


def test_votes_from_many_threads_at_once_are_all_counted_once(room):
    right, _ = room.open()
    number = room.ask(right, THREE).number
    cast = [(str(i % 20), str(i % 3)) for i in range(80)]
    with ThreadPoolExecutor(8) as threads:
        accepted = list(threads.map(lambda vote: room.vote(right.code, vote[0], number, vote[1]), cast))
    assert sum(accepted) == 20 == sum(room.tally(right.code, number).values())


def test_nothing_of_a_closed_class_is_left(room, tmp_path):
    right, _ = room.open()
    room.show(right, Place("heads", {"text": "a-secret-text"}))
    room.send(right.code, "m", "a-secret-sentence")
    room.ask(right, THREE)
    room.close(right)
    if isinstance(room.store, SqliteStore):
        left = b"".join(path.read_bytes() for path in room.store.path.parent.iterdir())
        assert b"secret" not in left
        assert right.code.encode() not in left
    else:
        assert [key for key in room.store._redis.scan_iter() if right.code.encode() in key] == []


def test_a_class_that_is_over_leaves_memory_by_itself(redis_port):
    store = RedisStore(f"redis://127.0.0.1:{redis_port}")
    right, _ = Classroom(store).open()
    room = Classroom(store)
    room.send(right.code, "m", "x")
    keys = [key for key in store._redis.scan_iter() if right.code.encode() in key]
    assert len(keys) == 4  # the class, its groups, tickets and sentences
    assert all(LASTS < store._redis.ttl(key) <= LASTS + 60 for key in keys)


def test_a_class_that_is_over_leaves_the_file_when_the_next_begins(tmp_path):
    clock = Clock()
    store = SqliteStore(tmp_path / "classes.sqlite3", clock)
    room = Classroom(store, clock)
    right, _ = room.open()
    room.send(right.code, "m", "x")
    clock.now += LASTS + 1
    room.open()
    assert store._connection
    rows = store._connection.execute("SELECT code FROM class UNION SELECT code FROM entry").fetchall()
    assert len(rows) == 1
    assert (right.code,) not in rows


def rows_of(store: SqliteStore) -> list[tuple[str]]:
    assert store._connection
    return store._connection.execute("SELECT code FROM class UNION SELECT code FROM entry").fetchall()


def test_a_class_that_is_over_leaves_the_file_by_itself_and_the_next_one_in_its_turn(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_store, "SOON", 0.0)
    clock = Clock()
    store = SqliteStore(tmp_path / "classes.sqlite3", clock)
    room = Classroom(store, clock)
    for lasts in (0.3, 0.6):
        monkeypatch.setattr(classroom, "LASTS", lasts)
        right, _ = room.open()
        room.send(right.code, "m", "x")
    clock.now += 0.4
    until(lambda: len(rows_of(store)) == 1)
    clock.now += 0.4
    until(lambda: rows_of(store) == [])
    wal = tmp_path / "classes.sqlite3-wal"
    until(lambda: not wal.exists() or wal.stat().st_size == 0)


def test_a_class_that_ended_while_no_server_ran_leaves_the_file_when_it_is_opened(tmp_path):
    clock, path = Clock(), tmp_path / "classes.sqlite3"
    right, _ = Classroom(SqliteStore(path, clock), clock).open()
    clock.now += LASTS + 1
    store = SqliteStore(path, clock)
    with pytest.raises(UnknownClassError):
        store.versions(right.code)
    assert rows_of(store) == []


def test_a_question_is_read_as_it_was_written():
    asked = Question("heads", (choice("{token}, {share:.1%}", token=b"\xff ", share=0.25), choice("b", n=3)), right=1)
    assert read(written(asked)) == asked


# Failures


def test_a_full_disk_is_said_and_what_was_kept_is_still_read(tmp_path):
    store = SqliteStore(tmp_path / "classes.sqlite3")
    room = Classroom(store)
    right, _ = room.open()
    room.show(right, Place("heads", {"text": "a"}))
    assert store._connection
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFullError):
        for _ in range(200):
            room.show(right, Place("tokens", {"text": "x" * 15_000}))
    assert room.state(right.code).place.said["text"] in {"a", "x" * 15_000}
    room.show(right, Place("block", {"text": "b"}))  # a new connection knows of no limit: there is room again
    assert room.state(right.code).place.chapter == "block"


@pytest.mark.parametrize("where", ["a folder", "no database"])
def test_a_file_that_cannot_be_a_store_is_said_and_is_no_traceback(tmp_path, where):
    path = tmp_path / "classes.sqlite3"
    if where == "a folder":
        path.mkdir()
    else:
        path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreAwayError):
        Classroom(SqliteStore(path)).open()


def test_a_redis_that_goes_away_is_said_and_one_that_comes_back_is_used():
    port = free_port()
    process = start_redis(port)
    store = RedisStore(f"redis://127.0.0.1:{port}")
    room = Classroom(store)
    right, _ = room.open()
    process.kill()
    process.wait()
    for call in (lambda: room.state(right.code), lambda: room.open(), lambda: room.vote(right.code, "m", 1, "0")):
        with pytest.raises(StoreAwayError):
            call()
    process = start_redis(port)
    try:
        assert room.state(room.open()[0].code)
        store._redis.config_set("maxmemory", 1)
        with pytest.raises(StoreFullError):
            room.open()
    finally:
        process.kill()
        process.wait()


VOTER = """
import sys
from pathlib import Path
from pages.services.classes.classroom import Classroom
from pages.services.classes.sqlite_store import SqliteStore
room = Classroom(SqliteStore(Path(sys.argv[1])))
for member in range(100_000):
    room.vote(sys.argv[2], str(member), 1, str(member % 3))
    print(member, flush=True)
"""


def test_a_process_that_is_killed_between_two_writes_loses_none_that_it_acknowledged(tmp_path):
    path = tmp_path / "classes.sqlite3"
    room = Classroom(SqliteStore(path))
    right, _ = room.open()
    room.ask(right, THREE)
    command = [sys.executable, "-c", VOTER, str(path), right.code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as voter:
        assert voter.stdout
        acknowledged = [int(voter.stdout.readline()) for _ in range(25)]
        voter.kill()
        acknowledged += [int(line) for line in voter.stdout.read().split("\n") if line.strip()]
    kept = {int(member) for member in room.store.entries(right.code, "votes 1")}
    assert set(acknowledged) <= kept
    assert len(kept - set(acknowledged)) <= 1
    assert room.vote(right.code, "after", 1, "0"), "the file is whole"


def test_the_setting_names_a_file_or_redis_and_nothing_else(tmp_path):
    store = open_store(str(tmp_path / "x" / "classes.sqlite3"))
    assert isinstance(store, SqliteStore)
    assert not store.path.parent.exists(), "nothing is made before it is used"
    assert isinstance(open_store("redis://127.0.0.1:1/3"), RedisStore)
    usual = open_store("")
    assert isinstance(usual, SqliteStore)
    assert usual.path.name == "classes.sqlite3"
    with pytest.raises(SystemExit, match=r"GLASSBOX_CLASS_STORE='postgres'") as refusal:
        open_store("postgres://user:password@host/db")
    assert "password" not in str(refusal.value)
