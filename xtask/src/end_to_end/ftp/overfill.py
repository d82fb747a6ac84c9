"""Sends more than a small disk holds to the port that is named: the reply must be 552."""

import ftplib
import sys

ftp = ftplib.FTP()
ftp.connect("127.0.0.1", int(sys.argv[1]), timeout=20)
ftp.login()
for verb in ("STOR", "APPE", "STOU"):
    ftp.voidcmd("TYPE I")
    data = ftp.transfercmd(verb + " large")
    try:
        for _ in range(64):
            data.sendall(b"7" * 131072)
    except OSError:
        pass  # The server takes no more.
    data.close()
    reply = ftp.getmultiline()
    assert reply.startswith("552"), reply
ftp.quit()
