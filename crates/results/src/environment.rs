//! The environment of a run: what is needed to judge its numbers and to repeat it.

use std::{env, fs, path::Path, time::SystemTime};

use serde::{Deserialize, Serialize};

use super::{
    ReadError, SCHEMA,
    schema1::{self, SCHEMA_1},
};
use hotrow_machine as machine;
use hotrow_machine::{Cores, LoadAverage};

/// The machine, the build and the command of a run. Unknown facts are `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// The version of this file and of the rows beside it.
    pub schema: u32,
    /// The identifier of the run, as in its rows.
    pub run: String,
    /// Milliseconds from 1970 to the start of the run.
    pub started_at_unix_ms: u64,
    /// The command line.
    pub command: String,
    /// The seed of request sequences, orders and latencies.
    pub seed: u64,
    /// Whether the run was stopped before its end.
    pub partial: bool,
    /// Cores that this process may use.
    pub cores: usize,
    /// The cores of the machine, and the limits on how many of them this process may use.
    #[serde(default)]
    pub core_limits: Option<Cores>,
    /// The name that the processor reports.
    pub cpu_model: Option<String>,
    /// Operating system and architecture.
    pub os: String,
    /// Version of the kernel.
    pub kernel: Option<String>,
    /// The name of the virtual machine; `None` if the machine does not say that it is one.
    pub hypervisor: Option<String>,
    /// The version of hotrow.
    pub hotrow: String,
    /// The compiler that built it.
    pub rustc: String,
    /// `release` or `debug`.
    pub profile: String,
    /// The commit that it was built from, with `-dirty` if there were uncommitted changes.
    pub commit: Option<String>,
    /// The name of the machine: the user's, or else the host name.
    #[serde(default)]
    pub machine: String,
    /// The plan, in one line.
    #[serde(default)]
    pub plan: String,
    /// How often the run was resumed.
    #[serde(default)]
    pub resumed: u32,
    /// The findings about the machine before the run.
    #[serde(default)]
    pub examination: Vec<machine::Finding>,
    /// The load at the start of the run.
    pub load_before: Option<LoadAverage>,
    /// The load at the end of the run.
    pub load_after: Option<LoadAverage>,
}

/// What the program was built from.
#[derive(Debug, Clone, Copy)]
pub struct Build {
    /// Version of hotrow.
    pub hotrow: &'static str,
    /// Version of the compiler.
    pub rustc: &'static str,
    /// `release` or `debug`.
    pub profile: &'static str,
    /// The commit, with `-dirty` after it if files had changed; empty if unknown.
    pub commit: &'static str,
}

impl Environment {
    /// Collects the environment before a run.
    pub fn before(command: String, seed: u64, build: Build) -> Environment {
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
            hotrow: build.hotrow.to_owned(),
            rustc: build.rustc.to_owned(),
            profile: build.profile.to_owned(),
            commit: Some(build.commit.to_owned()).filter(|commit| !commit.is_empty()),
            machine: machine::name().unwrap_or_default(),
            plan: String::new(),
            resumed: 0,
            examination: Vec::new(),
            load_before: machine::load_average(),
            load_after: None,
        }
    }

    /// Returns why a run of this environment cannot be resumed in the environment `now`.
    pub fn differs_from(&self, now: &Environment) -> Option<String> {
        if self.schema != now.schema {
            return Some(format!(
                "the run has schema {}, and this hotrow writes schema {}: use another folder",
                self.schema, now.schema
            ));
        }
        let parts = [
            ("plan", &self.plan, &now.plan),
            ("machine", &self.machine, &now.machine),
            ("profile", &self.profile, &now.profile),
            ("hotrow", &self.hotrow, &now.hotrow),
            ("compiler", &self.rustc, &now.rustc),
        ];
        let other = parts.into_iter().find(|(_, then, now)| then != now);
        if let Some((what, then, now)) = other {
            return Some(format!("the run began with {what} `{then}`, and now it is `{now}`"));
        }
        if self.cores != now.cores {
            let (then, now) = (self.cores, now.cores);
            return Some(format!(
                "the run began with {then} usable cores, and now there are {now}"
            ));
        }
        let other_commit = || "the run began with a build of another commit".to_owned();
        (self.commit != now.commit).then(other_commit)
    }

    /// Returns why rates of the two environments cannot be compared, if they cannot.
    pub fn incomparable_with(&self, other: &Environment) -> Option<String> {
        let (ours, theirs) = (self.cores, other.cores);
        if ours != theirs {
            return Some(format!("{ours} cores and {theirs}"));
        }
        let name_of = |cpu: &Option<String>| cpu.clone().unwrap_or_else(|| "unknown".to_owned());
        let (ours, theirs) = (name_of(&self.cpu_model), name_of(&other.cpu_model));
        if ours != theirs {
            return Some(format!("processors `{ours}` and `{theirs}`"));
        }
        let (ours, theirs) = (&self.profile, &other.profile);
        (ours != theirs).then(|| format!("{ours} and {theirs} builds"))
    }

    /// Adds the facts that are known only at the end of the run.
    pub fn after(self, partial: bool) -> Environment {
        Environment { partial, load_after: machine::load_average(), ..self }
    }

    /// Returns the environment as indented JSON.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("a struct with named fields always serializes") + "\n"
    }

    /// Reads an environment from a file.
    ///
    /// # Errors
    /// [`ReadError`] names the line, or says that the schema is unknown.
    pub fn read(file: &Path) -> Result<Environment, ReadError> {
        let text = fs::read(file).map_err(|error| ReadError::of_file(file, &error))?;
        let rejected = |line, reason| ReadError { file: file.to_owned(), line, reason };
        let mut environment: Environment = serde_json::from_slice(&text).map_err(|error| {
            let line = u64::try_from(error.line()).unwrap_or(0);
            rejected(line, error.to_string())
        })?;
        match environment.schema {
            SCHEMA => Ok(environment),
            SCHEMA_1 => {
                for found in &mut environment.examination {
                    found.name = schema1::finding(&found.name).to_owned();
                }
                Ok(environment)
            }
            other => Err(rejected(
                0,
                format!("schema {other} is unknown: this hotrow reads {SCHEMA_1} and {SCHEMA}"),
            )),
        }
    }
}
