"""Python's ftplib through all it offers, plain and over TLS, against the address that is named."""

import ftplib
import hashlib
import io
import os
import ssl
import sys

HOST, PORT = sys.argv[1], int(sys.argv[2])


def fetch(ftp, name, rest=None):
    out = io.BytesIO()
    ftp.retrbinary("RETR " + name, out.write, rest=rest)
    return out.getvalue()


def tour(ftp):
    ftp.connect(HOST, PORT, timeout=20)
    ftp.login()
    if isinstance(ftp, ftplib.FTP_TLS):
        ftp.prot_p()
    content = os.urandom(3_000_001)
    for passive in (True, False):
        ftp.set_pasv(passive)
        ftp.storbinary("STOR big", io.BytesIO(content))
        assert ftp.size("big") == len(content)
        assert fetch(ftp, "big") == content
        assert fetch(ftp, "big", 1_000_000) == content[1_000_000:]
    ftp.set_pasv(True)
    digest = hashlib.sha256(content).hexdigest()
    assert digest in ftp.sendcmd("HASH big")
    ftp.storbinary("APPE big", io.BytesIO(b"more"))
    assert fetch(ftp, "big") == content + b"more"
    ftp.storbinary("STOR big", io.BytesIO(b"end"), rest=10)
    assert fetch(ftp, "big") == content[:10] + b"end"
    ftp.mkd('a "folder"')
    ftp.cwd('a "folder"')
    assert ftp.pwd() == '/a "folder"'
    ftp.storbinary("STOR empty", io.BytesIO())
    assert ftp.nlst() == ["empty"]
    facts = dict(ftp.mlsd(facts=["type", "size"]))
    assert facts["empty"] == {"type": "file", "size": "0"}, facts
    lines = []
    ftp.dir(lines.append)
    assert len(lines) == 1 and lines[0].startswith("-rw"), lines
    ftp.rename("empty", "../moved")
    ftp.cwd("..")
    ftp.rmd('a "folder"')
    ftp.storlines("STOR text", io.BytesIO(b"one\ntwo\n"))
    lines = []
    ftp.retrlines("RETR text", lines.append)
    assert lines == ["one", "two"], lines
    ftp.voidcmd("TYPE I")
    assert ftp.size("text") == 8
    for name in ("moved", "text", "big"):
        ftp.delete(name)
    ftp.quit()


context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
tour(ftplib.FTP())
tour(ftplib.FTP_TLS(context=context))
