"""Sends the first bytes of a file, waits until the server has them, and ends as a program that is
killed does.

Arguments: host, port, file, name, count of bytes, and "tls" or "plain"."""

import ftplib
import os
import sys
import time

host, port, path, name, count, how = sys.argv[1:]
ftp = ftplib.FTP_TLS() if how == "tls" else ftplib.FTP()
ftp.connect(host, int(port), timeout=60)
ftp.login("anonymous", "x")
if how == "tls":
    ftp.prot_p()
ftp.voidcmd("TYPE I")
data = ftp.transfercmd("STOR " + name)
left = int(count)
with open(path, "rb") as file:
    while left > 0:
        piece = file.read(min(left, 1 << 20))
        data.sendall(piece)
        left -= len(piece)
while f"{count} bytes so far" not in ftp.sendcmd("STAT"):
    time.sleep(0.01)
os._exit(0)
