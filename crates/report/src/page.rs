//! Updates the generated blocks of a page.
//!
//! ```text
//! <!-- BEGIN generated:ranking reference/quick -->
//! this text is replaced
//! <!-- END generated:ranking -->
//! ```
//!
//! The text outside blocks is written by hand and is never changed.

use std::{error::Error, fmt};

const BEGIN: &str = "<!-- BEGIN generated:";
const END: &str = "<!-- END generated:";
const CLOSE: &str = " -->";

/// Renders every block of the page again.
///
/// `render` receives the text after `generated:`: the name of the block and its arguments. To
/// refresh a fresh page changes nothing.
///
/// # Errors
/// [`PageError`] if a block is not closed, or if `render` fails.
pub fn refresh<E: fmt::Display>(
    page: &str,
    mut render: impl FnMut(&str) -> Result<String, E>,
) -> Result<String, PageError> {
    let mut fresh = String::new();
    let mut open: Option<&str> = None;
    for (index, line) in page.lines().enumerate() {
        let error = |reason: String| PageError { line: index + 1, reason };
        match (marked(line, BEGIN), marked(line, END), open) {
            (Some(_), _, Some(name)) => {
                return Err(error(format!("block {name} is still open here")));
            }
            (Some(block), _, None) => {
                let text = render(block).map_err(|reason| error(reason.to_string()))?;
                push_lines(&mut fresh, line, &text);
                open = Some(name_of(block));
            }
            (_, Some(name), Some(opened)) if name == opened => {
                push_lines(&mut fresh, "", line);
                open = None;
            }
            (_, Some(name), _) => {
                return Err(error(format!("block {name} ends here, but it is not open")));
            }
            (None, None, Some(_)) => {}
            (None, None, None) => {
                fresh.push_str(line);
                fresh.push('\n');
            }
        }
    }
    match open {
        Some(name) => {
            let reason = format!("block {name} is not closed");
            Err(PageError { line: page.lines().count(), reason })
        }
        None => Ok(fresh),
    }
}

/// Adds both, with a blank line between the marker and the text: Markdown does not render a table
/// directly below a comment.
fn push_lines(page: &mut String, first: &str, second: &str) {
    let second = second.trim_end();
    page.push_str(&format!("{first}\n{}{second}\n", if first.is_empty() { "" } else { "\n" }));
}

fn marked<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    line.trim_end().strip_prefix(mark)?.strip_suffix(CLOSE)
}

fn name_of(block: &str) -> &str {
    block.split(' ').next().unwrap_or(block)
}

/// An error in a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageError {
    /// The line number, from 1.
    pub line: usize,
    /// The reason.
    pub reason: String,
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.reason)
    }
}

impl Error for PageError {}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "by hand\n<!-- BEGIN generated:answer box -->\nold\nolder\n\
        <!-- END generated:answer -->\nby hand too\n";

    fn upper(block: &str) -> Result<String, String> {
        match block {
            "unknown" => Err("no such block".to_owned()),
            block => Ok(block.to_uppercase()),
        }
    }

    /// Only the block changes. The second time nothing changes, or every page would look stale.
    #[test]
    fn blocks_are_replaced_and_prose_is_not() {
        let fresh = refresh(PAGE, upper).unwrap();
        assert_eq!(
            fresh,
            "by hand\n<!-- BEGIN generated:answer box -->\n\nANSWER BOX\n\n\
             <!-- END generated:answer -->\nby hand too\n"
        );
        assert_eq!(refresh(&fresh, upper).unwrap(), fresh);
    }

    /// Without an error, a marker that was deleted by mistake would make the block replace the
    /// prose up to the next marker.
    #[test]
    fn a_missing_marker_is_rejected_with_its_line() {
        let rejected = |page: &str| refresh(page, upper).unwrap_err().to_string();
        let unclosed = PAGE.replace("<!-- END generated:answer -->\n", "");
        assert_eq!(rejected(&unclosed), "5: block answer is not closed");
        assert_eq!(rejected(&format!("{unclosed}{PAGE}")), "7: block answer is still open here");
        let crossed = PAGE.replace("END generated:answer", "END generated:ranking");
        assert_eq!(rejected(&crossed), "5: block ranking ends here, but it is not open");
        assert_eq!(
            rejected("<!-- END generated:answer -->"),
            "1: block answer ends here, but it is not open"
        );
        assert_eq!(rejected("<!-- BEGIN generated:unknown -->"), "1: no such block");
    }
}
