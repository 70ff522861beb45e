//! What a run was measured on, so that its numbers can be judged and made again.

use std::{env, fs, path::Path, time::SystemTime};

use serde::{Deserialize, Serialize};

use super::{ReadError, SCHEMA};
use crate::machine::{self, Cores, LoadAverage};

/// The machine, the build and the command of one run. What could not be found out is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// The version of this file and of the rows beside it.
    pub schema: u32,
    /// The run, as in its rows.
    pub run: String,
    /// Milliseconds from 1970 to the start of the run.
    pub started_at_unix_ms: u64,
    /// As it was typed.
    pub command: String,
    /// What scripts, orders and latencies were drawn from.
    pub seed: u64,
    /// Whether the run was stopped before its end.
    pub partial: bool,
    /// Cores that this process may use.
    pub cores: usize,
    /// The cores of the machine, and what keeps this process from using all of them.
    #[serde(default)]
    pub core_limits: Option<Cores>,
    /// As the processor names itself.
    pub cpu_model: Option<String>,
    /// Operating system and architecture.
    pub os: String,
    /// Version of the kernel.
    pub kernel: Option<String>,
    /// What the machine says of being a virtual one.
    pub hypervisor: Option<String>,
    /// The version of hotrow.
    pub hotrow: String,
    /// The compiler that built it.
    pub rustc: String,
    /// `release` or `debug`.
    pub profile: String,
    /// The commit that it was built from, with `-dirty` if there was more.
    pub commit: Option<String>,
    /// The machine, as its user named it or it names itself.
    #[serde(default)]
    pub machine: String,
    /// What was to be measured, in one line.
    #[serde(default)]
    pub plan: String,
    /// How often the run was taken up again.
    #[serde(default)]
    pub resumed: u32,
    /// What was found out of the machine before the run.
    #[serde(default)]
    pub examination: Vec<machine::Finding>,
    /// When the run began.
    pub load_before: Option<LoadAverage>,
    /// When the run had ended.
    pub load_after: Option<LoadAverage>,
}

impl Environment {
    /// Looks around before a run.
    pub fn before(command: String, seed: u64) -> Environment {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let started_at = u64::try_from(since_1970.unwrap_or_default().as_millis());
        let started_at_unix_ms = started_at.unwrap_or(u64::MAX);
        Environment {
            schema: SCHEMA,
            run: format!("{started_at_unix_ms}-{seed}"),
            started_at_unix_ms,
            command,
            seed,
            partial: false,
            cores: machine::cores().usable,
            core_limits: Some(machine::cores()),
            cpu_model: machine::cpu_model(),
            os: format!("{} {}", env::consts::OS, env::consts::ARCH),
            kernel: machine::kernel(),
            hypervisor: machine::hypervisor(),
            hotrow: env!("CARGO_PKG_VERSION").to_owned(),
            rustc: env!("HOTROW_RUSTC").to_owned(),
            profile: env!("HOTROW_PROFILE").to_owned(),
            commit: Some(env!("HOTROW_COMMIT").to_owned()).filter(|commit| !commit.is_empty()),
            machine: machine::name().unwrap_or_default(),
            plan: String::new(),
            resumed: 0,
            examination: Vec::new(),
            load_before: machine::load_average(),
            load_after: None,
        }
    }

    /// Why a run of this environment cannot be taken up again in the environment `now`.
    pub fn differs_from(&self, now: &Environment) -> Option<String> {
        let told = [
            ("plan", &self.plan, &now.plan),
            ("machine", &self.machine, &now.machine),
            ("profile", &self.profile, &now.profile),
            ("hotrow", &self.hotrow, &now.hotrow),
            ("compiler", &self.rustc, &now.rustc),
        ];
        let other = told.into_iter().find(|(_, then, now)| then != now);
        if let Some((what, then, now)) = other {
            return Some(format!("begun with {what} `{then}`, and this is `{now}`"));
        }
        if self.cores != now.cores {
            let (then, now) = (self.cores, now.cores);
            return Some(format!("begun with {then} cores to use, and these are {now}"));
        }
        (self.commit != now.commit).then(|| "begun by a program of another commit".to_owned())
    }

    /// Whether rates of the two can be set beside each other; if not, what is not the same.
    pub fn incomparable_with(&self, other: &Environment) -> Option<String> {
        let (ours, theirs) = (self.cores, other.cores);
        if ours != theirs {
            return Some(format!("{ours} cores and {theirs}"));
        }
        let named = |cpu: &Option<String>| cpu.clone().unwrap_or_else(|| "unknown".to_owned());
        let (ours, theirs) = (named(&self.cpu_model), named(&other.cpu_model));
        if ours != theirs {
            return Some(format!("processors `{ours}` and `{theirs}`"));
        }
        let (ours, theirs) = (&self.profile, &other.profile);
        (ours != theirs).then(|| format!("{ours} and {theirs} builds"))
    }

    /// Adds what is known only at the end.
    pub fn after(self, partial: bool) -> Environment {
        Environment { partial, load_after: machine::load_average(), ..self }
    }

    /// The environment as an indented JSON text.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("every field is a number, a text or none") + "\n"
    }

    /// Reads the environment of a file.
    ///
    /// # Errors
    /// [`ReadError`] names the line, or says that the file is newer than this program.
    pub fn read(file: &Path) -> Result<Environment, ReadError> {
        let text = fs::read(file).map_err(|error| ReadError::of_file(file, &error))?;
        let refused = |line, reason| ReadError { file: file.to_owned(), line, reason };
        let environment: Environment = serde_json::from_slice(&text).map_err(|error| {
            let line = u64::try_from(error.line()).unwrap_or(0);
            refused(line, error.to_string())
        })?;
        match environment.schema {
            SCHEMA => Ok(environment),
            other => Err(refused(0, format!("schema {other} is not the {SCHEMA} that is known"))),
        }
    }
}
