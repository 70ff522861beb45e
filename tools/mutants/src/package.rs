//! Copies the package, weaves all mutants in, and builds it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    configuration::{Built, Configuration, Error, Suite},
    generated::Mutant,
    weave::{Functions, Woven},
};

/// The first line of every copy: allows all that the compiler warns of or denies in a mutant.
const ALLOW: &str = "#![allow(warnings, arithmetic_overflow, unconditional_panic, unsafe_code)]";

/// The module that woven functions call at run time.
const RUNTIME: &str = include_str!("mutant.rs.in");

/// Rounds of compiling and dropping mutants that do not compile. Type errors hide borrow errors.
const ROUNDS_MAX: usize = 30;

/// The source folders of the crates with mutants. Each has the runtime as a module of its own.
const LIBRARIES: [&str; 2] = ["src", "crates/verify/src"];

/// The source of the package, and the functions with mutants.
pub struct Source {
    root: PathBuf,
    /// All mutants. The number of a mutant is its index here.
    pub mutants: Vec<Mutant>,
    /// Files with mutants.
    files: BTreeMap<String, (String, Functions)>,
}

/// A copy of the package, built in one configuration.
pub struct Copy {
    /// Its folder.
    pub folder: PathBuf,
    /// Its suites.
    pub suites: Vec<Suite>,
    /// Mutants that do not compile in it.
    pub dropped: BTreeSet<u32>,
}

impl Source {
    /// The package at `root`, with `mutants`.
    pub fn new(root: &Path, mutants: Vec<Mutant>) -> Result<Source, String> {
        let mut numbers = BTreeMap::<&str, Vec<u32>>::new();
        for (number, mutant) in (0..).zip(&mutants) {
            numbers.entry(&mutant.file).or_default().push(number);
        }
        let mut files = BTreeMap::new();
        for (file, numbers) in numbers {
            let text = read(&root.join(file))?;
            let functions = Functions::new(&text, &numbers, &mutants)
                .map_err(|error| format!("{file}: {error}"))?;
            files.insert(file.to_owned(), (text, functions));
        }
        Ok(Source { root: root.to_owned(), mutants, files })
    }

    /// For each function with mutants its file, its first mutant and all of its mutants.
    pub fn functions(&self) -> impl Iterator<Item = (&str, u32, &[u32])> {
        self.files.iter().flat_map(|(file, (_, functions))| {
            functions.groups().map(|(first, mutants)| (&**file, first, mutants))
        })
    }

    /// Builds a copy with all mutants that compile in `configuration`.
    pub fn build_woven(&self, configuration: Configuration, work: &Path) -> Result<Copy, String> {
        let folder = work.join("tree").join(configuration.name());
        self.lay_out(&folder)?;
        let mut dropped = BTreeSet::new();
        for _ in 0..ROUNDS_MAX {
            let woven = self.write_woven(&folder, &dropped)?;
            match configuration.build(&folder, &work.join(configuration.name()))? {
                Built::Suites(suites) => return Ok(Copy { folder, suites, dropped }),
                Built::Errors(errors) => drop_broken(&errors, &woven, &mut dropped)?,
            }
        }
        Err(format!("{} does not compile after {ROUNDS_MAX} rounds", configuration.name()))
    }

    /// Builds `copy` with only the change of mutant `number`. `None` if it does not compile.
    pub fn build_alone(
        &self,
        number: u32,
        configuration: Configuration,
        copy: &Copy,
        work: &Path,
    ) -> Result<Option<Vec<Suite>>, String> {
        let mutant = &self.mutants[number as usize];
        let path = copy.folder.join(&mutant.file);
        let woven = read(&path)?;
        write(&path, &mutant.apply(&self.files[&mutant.file].0))?;
        let built = configuration.build(&copy.folder, &work.join(configuration.name()))?;
        write(&path, &woven)?;
        Ok(match built {
            Built::Suites(suites) => Some(suites),
            Built::Errors(_) => None,
        })
    }

    /// Copies the package to `folder`, except files that are there unchanged.
    fn lay_out(&self, folder: &Path) -> Result<(), String> {
        let output = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .current_dir(&self.root)
            .output()
            .map_err(|error| format!("git ls-files: {error}"))?;
        for file in String::from_utf8_lossy(&output.stdout).lines() {
            let (from, to) = (self.root.join(file), folder.join(file));
            let Ok(text) = fs::read(&from) else { continue };
            let is_written_later =
                LIBRARIES.iter().any(|library| file == format!("{library}/lib.rs"))
                    || self.files.contains_key(file);
            if !is_written_later && fs::read(&to).ok().as_ref() != Some(&text) {
                fs::create_dir_all(to.parent().expect("every file is in a folder"))
                    .and_then(|()| fs::write(&to, text))
                    .map_err(|error| format!("{}: {error}", to.display()))?;
            }
        }
        let runtime = RUNTIME.replace("COUNT", &self.mutants.len().to_string());
        for library in LIBRARIES {
            let root = read(&self.root.join(library).join("lib.rs"))?;
            let (docs, code) = root.split_at(root.find("\npub mod").unwrap_or_default());
            let (from, to) =
                (folder.join(library).join("lib.rs"), folder.join(library).join("mutant.rs"));
            write(&from, &format!("{docs}\n{ALLOW}\nmod mutant;{code}"))?;
            write(&to, &runtime)?;
        }
        Ok(())
    }

    fn write_woven(
        &self,
        folder: &Path,
        dropped: &BTreeSet<u32>,
    ) -> Result<BTreeMap<&str, Woven>, String> {
        let mut all = BTreeMap::new();
        for (file, (text, functions)) in &self.files {
            let woven = functions.weave(text, &self.mutants, |number| dropped.contains(&number));
            write(&folder.join(file), &woven.text)?;
            all.insert(&**file, woven);
        }
        Ok(all)
    }
}

/// Drops the mutants at which `errors` point: for each error those at its first place in a mutant.
fn drop_broken(
    errors: &[Error],
    woven: &BTreeMap<&str, Woven>,
    dropped: &mut BTreeSet<u32>,
) -> Result<(), String> {
    let before = dropped.len();
    for error in errors {
        let mutant = error.places.iter().find_map(|(file, line)| {
            let lines = &woven.get(&**file)?.lines;
            lines.iter().find(|(_, lines)| lines.contains(line)).map(|(number, _)| *number)
        });
        dropped.extend(mutant);
    }
    match before < dropped.len() {
        true => Ok(()),
        false => Err(format!("errors outside of all mutants:\n{}", errors[0].rendered)),
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes the file if its text is new, so that cargo rebuilds only what has changed.
fn write(path: &Path, text: &str) -> Result<(), String> {
    if fs::read_to_string(path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    let folder = path.parent().expect("every file is in a folder");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}
