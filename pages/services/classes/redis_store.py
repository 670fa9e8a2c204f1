"""Classes in Redis or Valkey, for several replicas of the server: each change is one script, whole or not at all."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from pages.services import turns
from pages.services.classes.store import StoreAwayError, StoreFullError, UnknownClassError, Versions

PATIENCE = 0.5  # seconds: a reader waits for no store
LEFT_OVER = 60  # seconds that a class which is over may stay in memory
UNKNOWN = b"unknown"

# KEYS[1] is the class. Its groups are keys of their own, which its set of groups lists.
KNOWN = """
local ends = redis.call('HGET', KEYS[1], 'ends')
if not ends or tonumber(ends) <= tonumber(ARGV[1]) then return 'unknown' end
"""
CREATE = """
local ends = redis.call('HGET', KEYS[1], 'ends')
if ends and tonumber(ends) > tonumber(ARGV[1]) then return 0 end
for _, group in ipairs(redis.call('SMEMBERS', KEYS[2])) do redis.call('DEL', KEYS[1] .. ':' .. group) end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'ends', ARGV[2], 'shown', 1, 'heard', 0, unpack(ARGV, 4))
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
return 1
"""
FIELDS = KNOWN + "return redis.call('HGETALL', KEYS[1])"
UPDATE = (
    KNOWN
    + """
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return redis.call('HINCRBY', KEYS[1], 'shown', 1)
"""
)
PUT = (
    KNOWN
    + """
local group, member, value, keep, field, wanted, expires = unpack(ARGV, 2)
if field ~= '' and redis.call('HGET', KEYS[1], field) ~= wanted then return 0 end
local there = redis.call('HEXISTS', KEYS[3], member)
if there == 0 or keep == '' then redis.call('HSET', KEYS[3], member, value) end
if there == 1 then return 0 end
redis.call('SADD', KEYS[2], group)
redis.call('PEXPIREAT', KEYS[2], redis.call('PEXPIRETIME', KEYS[1]))
redis.call('PEXPIREAT', KEYS[3], redis.call('PEXPIRETIME', KEYS[1]))
redis.call('HINCRBY', KEYS[1], 'heard', 1)
return 1
"""
)
ENTRIES = KNOWN + "return redis.call('HGETALL', KEYS[3])"
TAKE = (
    KNOWN
    + """
local value = redis.call('HGET', KEYS[3], ARGV[2])
if not value then return false end
redis.call('HDEL', KEYS[3], ARGV[2])
redis.call('HINCRBY', KEYS[1], 'heard', 1)
return value
"""
)
VERSIONS = KNOWN + "return redis.call('HMGET', KEYS[1], 'shown', 'heard')"
DELETE = """
for _, group in ipairs(redis.call('SMEMBERS', KEYS[2])) do redis.call('DEL', KEYS[1] .. ':' .. group) end
return redis.call('DEL', KEYS[1], KEYS[2])
"""
ATTEMPTS = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return n
"""


class RedisStore:
    """A store in Redis 7 or Valkey, or later. A field's name begins with `=` there, beside `ends`, `shown`, `heard`."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        patience: dict[str, Any] = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        self._redis = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 1), **patience)
        scripts = (CREATE, FIELDS, UPDATE, PUT, ENTRIES, TAKE, VERSIONS, DELETE, ATTEMPTS)
        self._scripts = {text: self._redis.register_script(text) for text in scripts}

    def create(self, code: str, fields: Mapping[str, str], *, ends: float) -> bool:
        expires = int(1000 * (ends + LEFT_OVER))
        return bool(self._run(CREATE, code, repr(ends), expires, *_flat(fields)))

    def fields(self, code: str) -> dict[str, str]:
        found = _pairs(self._run(FIELDS, code))
        return {name[1:]: value for name, value in found.items() if name.startswith("=")}

    def update(self, code: str, fields: Mapping[str, str]) -> int:
        return int(self._run(UPDATE, code, *_flat(fields)))

    def put(
        self,
        code: str,
        group: str,
        member: str,
        value: str,
        *,
        keep: bool = False,
        given: tuple[str, str] | None = None,
    ) -> bool:
        field, wanted = (f"={given[0]}", given[1]) if given else ("", "")
        return bool(self._run(PUT, code, group, member, value, "keep" * keep, field, wanted, group=group))

    def entries(self, code: str, group: str) -> dict[str, str]:
        return _pairs(self._run(ENTRIES, code, group=group))

    def take(self, code: str, group: str, member: str) -> str | None:
        found = self._run(TAKE, code, member, group=group)
        return None if found is None else found.decode()

    def versions(self, code: str) -> Versions:
        shown, heard = self._run(VERSIONS, code)
        return Versions(int(shown), int(heard))

    def delete(self, code: str) -> None:
        self._run(DELETE, code)

    def attempts(self, key: str, *, window: int) -> int:
        with _answering():
            return int(self._scripts[ATTEMPTS](keys=[f"glassbox:attempts:{key}"], args=[window]))

    def _run(self, script: str, code: str, *arguments: str | int, group: str = "") -> Any:
        """Run a script on a class; raises UnknownClassError where the script says so."""
        keys = [_key(code), f"{_key(code)}::groups", f"{_key(code)}:{group}"]
        with _answering():
            found = self._scripts[script](keys=keys, args=[repr(self.clock()), *arguments])
        if found == UNKNOWN:
            raise UnknownClassError
        return found


def _key(code: str) -> str:
    """Of one class all keys lie on one machine of a cluster: that is what the braces are for."""
    return f"glassbox:{{{code}}}"


def _flat(fields: Mapping[str, str]) -> list[str]:
    return [part for name, value in fields.items() for part in (f"={name}", value)]


def _pairs(flat: list[bytes]) -> dict[str, str]:
    words = [part.decode() for part in flat]
    return dict(zip(words[::2], words[1::2], strict=True))


@contextmanager
def _answering() -> Iterator[None]:
    try:
        with turns.given_up():  # it may be silent for as long as we are patient
            yield
    except exceptions.OutOfMemoryError as error:
        raise StoreFullError(str(error)) from error
    except exceptions.ResponseError as error:
        full = "OOM" in str(error) or "MISCONF" in str(error)  # memory, or the disk under its snapshots
        raise (StoreFullError if full else StoreAwayError)(str(error)) from error
    except (exceptions.RedisError, OSError) as error:
        raise StoreAwayError(str(error)) from error
