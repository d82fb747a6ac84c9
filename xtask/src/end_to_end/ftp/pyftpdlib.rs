//! The tests that pyftpdlib, a server of its own, is tested with.

use super::{Ftp, Outcome, Stage, run};
use crate::end_to_end::{ensure, expect_code};
use crate::failure::{During as _, Failure};
use std::fs;
use std::process::Command;

/// Runs them by pytest, with a plugin that has them meet our server. Python comes from
/// `FERRY_PYTHON`, which `.ci/run` provides with the packages in their fixed versions.
pub(super) fn functional_tests(stage: &Stage) -> Result<Outcome, Failure> {
    let python = std::env::var_os("FERRY_PYTHON").unwrap_or_else(|| "python3".into());
    let mut add = stage.server_verb("user");
    add.args(["add", "user", "--rights", "write"]).env("FERRY_PASSWORD", "12345");
    expect_code(&mut add, 0)?;
    let ftp = Ftp::open_at(stage, &stage.folder("share")?, "0")?;
    let plugins = stage.folder("plugins")?;
    let plugin = include_str!("pyftpdlib_door.py");
    fs::write(plugins.join("pyftpdlib_door.py"), plugin).during("plugin")?;
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"]);
    pytest.args(["-p", "pyftpdlib_door", "--pyargs", "pyftpdlib.test.test_functional"]);
    pytest.env("PYTHONPATH", &plugins).env("PYTHONDONTWRITEBYTECODE", "1");
    pytest.env("FERRY_FTP", format!("127.0.0.1:{}", ftp.address.port()));
    let told = run(pytest.current_dir(&ftp.share))?;
    let told = String::from_utf8_lossy(&told);
    ensure(told.contains(" passed"), || format!("no test passed: {told}"))?;
    Ok(Outcome::Passed)
}
