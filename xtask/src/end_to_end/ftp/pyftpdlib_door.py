"""Runs pyftpdlib's own functional tests against a server that listens already: a pytest plugin.

Where the server listens comes in FERRY_FTP, its shared folder is the current folder, and it has the
account that the tests use. With FERRY_FTP_TLS their client encrypts both connections, as that of
pyftpdlib's own tests of TLS does, which need another library. What tests demand of a reply is its
code: the words are pyftpdlib's.
Tests that reach into pyftpdlib's own objects, or want what this server does otherwise, are left out
below, each family with its reason."""

import ftplib
import os
import re

import pytest

HOST, PORT = os.environ["FERRY_FTP"].rsplit(":", 1)
IS_ENCRYPTED = "FERRY_FTP_TLS" in os.environ

LEFT_OUT = {
    "the test configures pyftpdlib's own handlers": [
        "TestThrottleBandwidth", "TestTimeouts", "TestConfigurableOptions", "TestCallbacks",
        "TestFtpRetrieveDataNoSendfile", "TestFtpStoreDataNoSendfile", "TestFtpRetrieveDataCustomIO",
        "TestFtpStoreDataWithCustomIO", "ThreadedFTPTests", "test_ioloop_fileno", "test_active_conn_error",
        "test_port_race_condition",
    ],
    "the account is changed by a new connection, not by REIN or a second USER": [
        "test_anon_auth", "test_rein", "test_user", "test_auth_cmds", "test_no_auth_cmds",
        "test_stou_orphaned_file", "test_rein_during_transfer", "test_user_during_transfer",
    ],
    "a connection to the client is made once something is to be carried": [
        "TestIPv6MixedEnvironment.test_eprt_v4",
    ],
    "QUIT during a transfer is answered behind its result": ["test_quit_during_transfer"],
    "the words of a whole reply are compared": ["test_arg_cmds", "test_no_arg_cmds", "test_eprt"],
    "a data port must be asked for before STOU": ["test_stou"],
    "STAT knows patterns here": ["test_stat"],
    "pyftpdlib takes options that say nothing": ["test_allo", "test_type", "test_opts_feat",
                                                  "test_site_help"],
    "a folder has a time here, too": ["test_mdtm"],
    "other facts are known here": ["test_mlsd_all_facts"],
    "the words of a refusal are compared": [
        "TestIPv4Environment.test_port_v4", "TestIPv4Environment.test_eprt_v4",
        "TestIPv6Environment.test_eprt_v6",
    ],
}


if IS_ENCRYPTED:
    LEFT_OUT["left out of pyftpdlib's own tests of TLS"] = ["test_oob_abor"]


class Secured(ftplib.FTP_TLS):
    """Protects the data connections after the login, too."""

    def login(self, *arguments, **named):
        super().login(*arguments, **named)
        self.prot_p()


class Door:
    """Stands where the tests start a server of their own."""

    def __init__(self, addr=None):
        self.host, self.port = (addr or (HOST,))[0] or HOST, int(PORT)

    def start(self):
        """It runs already."""

    def stop(self):
        """It goes on for the next test."""


def codes_only(raises):
    """Leaves of an expected message what speaks of the code."""

    def checked(*kinds, match=None, **more):
        code = re.match(r"\^?(\d{3})", match or "")
        if code is not None:
            more["match"] = code.group(1)
        return raises(*kinds, **more)

    return checked


def pytest_collection_modifyitems(config, items):
    from pyftpdlib.test import test_functional

    pytest.raises = codes_only(pytest.raises)
    # A login costs time here; some tests wait as long for what must not come.
    test_functional.GLOBAL_TIMEOUT = 5
    for thing in vars(test_functional).values():
        if isinstance(thing, type) and hasattr(thing, "server_class"):
            thing.server_class = Door
            if IS_ENCRYPTED:
                thing.client_class = Secured
    for item in items:
        kind, test = item.cls.__name__, item.originalname
        known = {kind, test, f"{kind}.{test}"}
        for reason, names in LEFT_OUT.items():
            if known & set(names):
                item.add_marker(pytest.mark.skip(reason=reason))
