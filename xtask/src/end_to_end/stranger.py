"""A stranger's run against a Ferry server, by a client that was written from protocol/PROTOCOL.md alone.

Use: stranger.py HOST PORT FINGERPRINT [USER PASSWORD]

It logs in (as the guest without USER), lists, makes a folder, puts small and large files, resumes a cut upload, gets files whole and in
part, compares every byte and digest, provokes refusals, and removes what it made. It exits with 0 if all of that went as the page says,
with 1 and a line that says what did not, with 64 when it is called wrongly. It needs the right to write, and nothing but Python.
"""

import os
import struct
import sys
import time

from blake3_plain import blake3
from ferry_client import (
    BAD_NAME, BYE, Busy, DIGEST, DIGEST_IS, DONE, ENTRY, ENTRY_IS, EXISTS, FILE, Ferry, LIST,
    MAKE_DIRECTORY, Mismatch, NOT_FOUND, NO_PART, PING, PONG, REMOVE, RENAME, Refused, SEARCH, STAT,
    SYNC, SYNCED, TREE, UNSUPPORTED, WALK, check, string,
)


def connect(address, login):
    ferry = Ferry(*address)
    ferry.log_in(*login)
    return ferry


def try_names(ferry, folder):
    """Folders, names of every sort, and what is refused."""
    ferry.ask(MAKE_DIRECTORY, os.urandom(16) + string(folder + b"/a/b") + b"\1", DONE)
    strange = folder + b"/a/ it's\n-\xff \xe6\x97\xa5"
    modified = 1_700_000_000_123_456_789
    check(ferry.put(strange, b"strange", modified) is False, "a new file was there")
    check(ferry.put(strange, b"strange") is True, "equal content was not there")
    ferry.gets_refused(EXISTS, lambda: ferry.put(strange, b"other"))
    content, seen, bits = ferry.get(strange)
    check((content, seen) == (b"strange", modified), "time or content was not kept")
    check(bits & 0o700 == 0o600, "permission bits were not kept")
    listed, walked = ferry.entries(LIST, folder + b"/a"), ferry.entries(WALK, folder)
    name = strange.rsplit(b"/", 1)[1]
    check(set(listed) == {b"b", name}, f"the listing shows {sorted(listed)}")
    check(set(walked) == {b"a", b"a/b", b"a/" + name}, f"the walk shows {sorted(walked)}")
    check(listed[name] == (FILE, 7, modified, bits), "the listing's entry is another")
    ferry.ask(RENAME, os.urandom(16) + string(strange) + string(folder + b"/new") + b"\0", DONE)
    entry = ENTRY.unpack_from(ferry.ask(STAT, string(folder + b"/new"), ENTRY_IS))
    check(entry[0] == FILE and entry[2] == 7, "the renamed file is another")
    ferry.is_refused(NOT_FOUND, STAT, string(strange))
    for bad in (b"/..", b"//", b"/a\0", b"/.ferry-part-", b"/" + 256 * b"n", b"/x/"):
        ferry.is_refused(BAD_NAME, STAT, string(bad))
    ferry.gets_refused(BAD_NAME, lambda: ferry.put(b"/..", b"its content is read to its end"))
    ferry.is_refused(UNSUPPORTED, SEARCH, b"whatever")
    ferry.ask(PING, b"", PONG)


def try_content(ferry, folder, address, login):
    """Empty, small and large files, parts of files, and an upload that is cut and goes on."""
    large = bytes(range(256)) * 4096 + b"the rest of a large file" * 20_000
    half = len(large) // 2 + 1
    transfer = ferry.put(folder + b"/large", large, stop_at=half)
    ferry.stream.close()
    ferry = connect(address, login)
    check(b"large" not in ferry.entries(LIST, folder), "half a file is visible")
    resume(ferry, folder + b"/large", large, transfer)
    check(ferry.get(folder + b"/large")[0] == large, "another large file came back")
    check(ferry.get(folder + b"/large", half, 300_000)[0] == large[half : half + 300_000], "another part came back")
    body = ferry.ask(DIGEST, string(folder + b"/large") + struct.pack(">QQ", 0, half), DIGEST_IS)
    check(body[:8] + body[16:] == struct.pack(">Q", len(large)) + blake3(large[:half]), "another digest")
    ferry.put(folder + b"/empty", b"")
    check(ferry.get(folder + b"/empty")[0] == b"", "an empty file came back filled")
    check(ferry.ask(SYNC, b"", SYNCED) == ferry.epoch, "the server was started anew, or a sync failed")
    return ferry


def resume(ferry, path, content, transfer):
    """Goes on with a cut upload, once the server has noticed the cut."""
    for _ in range(10):
        try:
            ferry.put(path, content, transfer=transfer)
        except Busy as busy:
            time.sleep(min(busy.args[0], 5))
        except Refused as refusal:
            check(refusal.status == NO_PART, f"{refusal} to a resume")
            ferry.put(path, content)
            return
        else:
            check(ferry.held > 0, "a resume began from nothing")
            return
    raise Mismatch("the server does not let a cut upload go")


def main(arguments):
    if len(arguments) not in (3, 5):
        print(__doc__, file=sys.stderr)
        return 64
    address, login = (arguments[0], int(arguments[1]), arguments[2]), arguments[3:]
    try:
        ferry = connect(address, login)
        folder = b"/stranger-" + os.urandom(4).hex().encode()
        try_names(ferry, folder)
        ferry = try_content(ferry, folder, address, login)
        ferry.ask(REMOVE, os.urandom(16) + string(folder) + bytes([TREE]), DONE)
        ferry.is_refused(NOT_FOUND, STAT, string(folder))
        ferry.ask(BYE, b"", DONE)
    except (Mismatch, Refused, Busy, OSError, struct.error) as wrong:
        print(f"stranger: {type(wrong).__name__}: {wrong}", file=sys.stderr)
        return 1
    print("stranger: all as PROTOCOL.md says")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
