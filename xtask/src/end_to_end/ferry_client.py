"""A client of Ferry/1 in plain Python, written from protocol/PROTOCOL.md alone, to prove that the page suffices."""

import base64
import hashlib
import os
import socket
import ssl
import struct

from blake3_plain import blake3

HEADER = struct.Struct(">2sBBHHII")  # magic, version, flags, kind, reserved, request number, length
ENTRY = struct.Struct(">BBQqH")  # kind, flags, size, modified, permission bits; the name follows
SEGMENT, SMALL_PUT, TO_END = 262_144, 1_048_576, 2**64 - 1
HELLO, LOGIN, LIST, NEXT_PAGE, WALK, STAT = 0x01, 0x02, 0x10, 0x11, 0x12, 0x13
GET, PUT, DATA, PUT_END, PUT_CANCEL = 0x20, 0x21, 0x22, 0x23, 0x24
MAKE_DIRECTORY, RENAME, REMOVE, DIGEST, SYNC, PING, SEARCH, BYE = 0x30, 0x31, 0x32, 0x35, 0x37, 0x40, 0x55, 0x42
WELCOME, LOGGED_IN, PAGE, ENTRY_IS, CONTENT, GO_ON = 0x8001, 0x8002, 0x8010, 0x8013, 0x8020, 0x8021
CONTENT_END, STORED, DONE, PROGRESS, DIGEST_IS, SYNCED, PONG = 0x8023, 0x8024, 0x8030, 0x8031, 0x8035, 0x8037, 0x8040
GO_AWAY, BUSY, ERROR = 0x80F0, 0x80F1, 0x80FF
UNSUPPORTED, BAD_NAME, NOT_FOUND, EXISTS, NO_PART = 3, 5, 20, 21, 44
FILE, FOLDER, TREE, REFUSE = 1, 2, 3, 1


class Mismatch(Exception):
    """The server did not do what PROTOCOL.md says."""


class Refused(Exception):
    """An `error` about one request; the connection goes on."""

    def __init__(self, body):
        self.status, self.side, self.may_retry = struct.unpack(">HBB", body[:4])
        super().__init__(f"status {self.status}: {body[6:].decode()}")


class Busy(Exception):
    """The request was not tried; its argument is the time in seconds to wait before it is sent again."""


def check(is_right, what):
    if not is_right:
        raise Mismatch(what)


def string(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(value)) + value


def take_string(body, at):
    (length,) = struct.unpack_from(">H", body, at)
    check(at + 2 + length <= len(body), "a string runs past its body")
    return body[at + 2 : at + 2 + length], at + 2 + length


class Ferry:
    """One connection: a request is sent, then its answers are read, so that every rule of order is kept."""

    def __init__(self, host, port, fingerprint):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the fingerprint stands in
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols(["ferry/1"])
        self.stream = context.wrap_socket(socket.create_connection((host, port), 60))
        check(self.stream.selected_alpn_protocol() == "ferry/1", "the server does not speak ferry/1")
        seen = fingerprint_of(self.stream.getpeercert(binary_form=True))
        wanted = "".join(c for c in fingerprint.lower() if c not in "-: ")
        check(seen == wanted, f"the server's key is {seen}, not {wanted}")
        self.number = 0
        body = self.ask(HELLO, string("stranger 1.0") + struct.pack(">Q", 0), WELCOME)
        self.server, at = take_string(body, 0)
        _, at = take_string(body, at)
        self.text, at = take_string(body, at)
        _, segment, _, small_put, _ = struct.unpack(">QIHQI", body[at:])
        check((segment, small_put) == (SEGMENT, SMALL_PUT), "limits of another version")

    def log_in(self, user="", password=""):
        body = self.ask(LOGIN, string(user) + string(password), LOGGED_IN)
        name, at = take_string(body, 0)
        check(name.decode() == user, "logged in as somebody else")
        directory, at = take_string(body, at + 34)
        check(directory == b"/", "the session does not begin in the root")
        self.epoch = body[at:]
        check(len(self.epoch) == 24, "the login tells no epoch")

    def send(self, kind, body=b""):
        self.stream.sendall(HEADER.pack(b"\x46\xfe", 1, 0, kind, 0, self.number, len(body)) + body)

    def request(self, kind, body=b""):
        self.number += 1
        self.send(kind, body)

    def receive(self, count):
        parts = bytearray()
        while len(parts) < count:
            part = self.stream.recv(min(count - len(parts), 1 << 18))
            check(part, "the server closed the connection")
            parts += part
        return bytes(parts)

    def answer(self):
        """The next answer to the newest request that is not progress: its kind and body."""
        while True:
            magic, version, flags, kind, reserved, number, length = HEADER.unpack(self.receive(HEADER.size))
            check((magic, version, flags, reserved) == (b"\x46\xfe", 1, 0, 0), "a header that is none")
            check(length <= (SEGMENT + 8 if kind == DATA else 73_728), "a body that is too long")
            body = self.receive(length)
            check(number != 0 or kind not in (ERROR, BUSY, GO_AWAY), f"the server gives up: {body!r}")
            check(number == self.number, f"an answer to {number} where {self.number} is due")
            if kind == BUSY:
                raise Busy(struct.unpack(">I", body[:4])[0] / 1000)
            if kind == ERROR:
                raise Refused(body)
            if kind != PROGRESS:
                return kind, body

    def expect(self, wanted):
        kind, body = self.answer()
        check(kind == wanted, f"kind {kind:#06x} where {wanted:#06x} is due")
        return body

    def ask(self, kind, body, wanted):
        self.request(kind, body)
        return self.expect(wanted)

    def entries(self, kind, path):
        """All entries of a listing or walk: name -> (kind, size, modified, bits)."""
        found, body = {}, self.ask(kind, string(path), PAGE)
        while True:
            is_last, count = struct.unpack(">BH", body[:3])
            at = 3
            for _ in range(count):
                entry, _, size, modified, bits = ENTRY.unpack_from(body, at)
                name, at = take_string(body, at + ENTRY.size)
                found[name] = (entry, size, modified, bits)
            check(at == len(body), "a page that goes on after its entries")
            if is_last:
                return found
            body = self.ask(NEXT_PAGE, b"", PAGE)

    def put(self, path, content, modified=0, transfer=None, stop_at=None):
        """Stores `content`. With `transfer` it resumes that upload; with `stop_at` it leaves off there, as a cut line would."""
        resume, one_id = transfer is not None, transfer or os.urandom(16)
        body = one_id + one_id + string(path)  # of the operation and of the transfer; a repeat has the same
        self.request(PUT, body + struct.pack(">QqHBBB", len(content), modified, 0o640, REFUSE, resume, False))
        at = 0
        if len(content) > SMALL_PUT:
            at, held = struct.unpack(">Q32s", self.expect(GO_ON))
            check(held == blake3(content[:at]), "the part held is not the beginning of the file")
        self.held = at
        end = len(content) if stop_at is None else stop_at
        while at < end:
            piece = content[at : min(end, at + SEGMENT - at % SEGMENT)]
            self.send(DATA, struct.pack(">Q", at) + piece)
            at += len(piece)
        if stop_at is not None:
            return one_id
        self.send(PUT_END, blake3(content))
        digest, was_there, _ = struct.unpack(">32sBB", self.expect(STORED))
        check(digest == blake3(content), "another digest was stored")
        return bool(was_there)

    def get(self, path, offset=0, length=TO_END):
        body = self.ask(GET, string(path) + struct.pack(">QQ", offset, length), CONTENT)
        _, left, modified, bits = struct.unpack(">QQqH", body)
        content = bytearray()
        while left > 0:
            body = self.expect(DATA)
            check(struct.unpack(">Q", body[:8])[0] == offset + len(content), "content at another offset")
            content += body[8:]
            left -= len(body) - 8
        check(left == 0, "more content than was announced")
        check(self.expect(CONTENT_END) == blake3(bytes(content)), "the content was altered on the way")
        return bytes(content), modified, bits

    def is_refused(self, status, kind, body=b""):
        self.request(kind, body)
        self.gets_refused(status, self.answer)

    def gets_refused(self, status, act):
        try:
            act()
        except Refused as refusal:
            check(refusal.status == status, f"{refusal} where status {status} is due")
            return
        raise Mismatch(f"no refusal where status {status} is due")


def fingerprint_of(certificate):
    """SHA-256 of the certificate's SubjectPublicKeyInfo, in base32."""

    def element(at):
        """Where a DER element's content begins and ends."""
        length, begin = certificate[at + 1], at + 2
        if length & 0x80:
            begin += length & 0x7F
            length = int.from_bytes(certificate[at + 2 : begin], "big")
        return begin, begin + length

    at, _ = element(element(0)[0])  # into Certificate, into tbsCertificate
    skipped = 6 if certificate[at] == 0xA0 else 5  # version, serial, signature, issuer, validity, subject
    for _ in range(skipped):
        _, at = element(at)
    digest = hashlib.sha256(certificate[at : element(at)[1]]).digest()
    return base64.b32encode(digest).decode().rstrip("=").lower()
