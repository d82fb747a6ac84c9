//! The tests that pyftpdlib, a server of its own, is tested with.

use super::{DEADLINE, Ftp, Outcome, Stage};
use crate::end_to_end::{ensure, expect_code};
use crate::failure::{During as _, Failure};
use crate::process;
use std::fs;
use std::process::Command;

/// Runs them by pytest, plain and over TLS, with a plugin that has them meet our server. Python comes from
/// `FERRY_PYTHON`, which `.ci/run` provides with the packages in their fixed versions.
pub(super) fn functional_tests(stage: &Stage) -> Result<Outcome, Failure> {
    let python = std::env::var_os("FERRY_PYTHON").unwrap_or_else(|| "python3".into());
    let mut add = stage.server_verb("user");
    add.args(["add", "user", "--rights", "write"]).env("FERRY_PASSWORD", "12345");
    expect_code(&mut add, 0)?;
    let share = stage.folder("share")?;
    let plugins = stage.folder("plugins")?;
    let plugin = include_str!("pyftpdlib_door.py");
    fs::write(plugins.join("pyftpdlib_door.py"), plugin).during("plugin")?;
    for is_encrypted in [false, true] {
        // A server each, since the tests of wrong passwords make an address wait for its logins.
        let ftp = Ftp::open_at(stage, &share, "0")?;
        let mut pytest = Command::new(&python);
        pytest.args(["-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"]);
        pytest.args(["-p", "pyftpdlib_door", "--pyargs", "pyftpdlib.test.test_functional"]);
        pytest.env("PYTHONPATH", &plugins).env("PYTHONDONTWRITEBYTECODE", "1");
        pytest.env("FERRY_FTP", format!("127.0.0.1:{}", ftp.address.port()));
        if is_encrypted {
            pytest.env("FERRY_FTP_TLS", "1");
        }
        let finished = process::run(pytest.current_dir(&ftp.share), DEADLINE)?;
        let told = String::from_utf8_lossy(&finished.stdout);
        let has_passed = finished.code() == 0 && told.contains(" passed");
        ensure(has_passed, || format!("encrypted: {is_encrypted}: {told}"))?;
    }
    Ok(Outcome::Passed)
}
