//! Golden files: outputs that tests compare, in `tests/expected` of the workspace.

use std::{env, fs, path::Path};

/// Asserts that `text` equals the golden file `name`. With `HOTROW_BLESS=1`, writes the file instead;
/// review its diff.
///
/// # Panics
/// If the two differ, or the file cannot be read or written.
pub fn assert_golden(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/expected").join(name);
    if env::var_os("HOTROW_BLESS").is_some() {
        fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let expected = fs::read_to_string(&file);
    let expected = expected.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert!(
        text == expected,
        "the text differs from tests/expected/{name}; HOTROW_BLESS=1 accepts it:\n{text}"
    );
}
