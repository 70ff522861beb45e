//! A page of prose with blocks in it that are computed.
//!
//! ```text
//! <!-- BEGIN generated:ranking reference/quick -->
//! replaced as a whole
//! <!-- END generated:ranking -->
//! ```
//!
//! What stands between blocks is written by hand and never touched.

use std::{error::Error, fmt};

const BEGIN: &str = "<!-- BEGIN generated:";
const END: &str = "<!-- END generated:";
const CLOSE: &str = " -->";

/// The page with every block rendered anew.
///
/// `render` is given what follows `generated:`, the name of the block and what else is written
/// there. Rendering what was rendered gives the same page again.
///
/// # Errors
/// [`PageError`] where blocks are not closed, or where `render` fails.
pub fn refresh<E: fmt::Display>(
    page: &str,
    mut render: impl FnMut(&str) -> Result<String, E>,
) -> Result<String, PageError> {
    let mut fresh = String::new();
    let mut open: Option<&str> = None;
    for (index, line) in page.lines().enumerate() {
        let refused = |reason: String| PageError { line: index + 1, reason };
        match (marked(line, BEGIN), marked(line, END), open) {
            (Some(_), _, Some(name)) => {
                return Err(refused(format!("block {name} is still open here")));
            }
            (Some(block), _, None) => {
                let text = render(block).map_err(|error| refused(error.to_string()))?;
                push_lines(&mut fresh, line, &text);
                open = Some(name_of(block));
            }
            (_, Some(name), Some(opened)) if name == opened => {
                push_lines(&mut fresh, "", line);
                open = None;
            }
            (_, Some(name), _) => {
                return Err(refused(format!("block {name} ends here and is not the one open")));
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

/// A blank line between marker and text, since Markdown does not look for tables beside comments.
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

/// What is wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageError {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong there.
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

    /// Only the block changes, and a second time nothing does: else every check would be stale.
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

    /// A marker lost in editing would swallow the prose up to the next one.
    #[test]
    fn a_lost_marker_is_refused_by_line() {
        let refused = |page: &str| refresh(page, upper).unwrap_err().to_string();
        let unclosed = PAGE.replace("<!-- END generated:answer -->\n", "");
        assert_eq!(refused(&unclosed), "5: block answer is not closed");
        assert_eq!(refused(&format!("{unclosed}{PAGE}")), "7: block answer is still open here");
        let crossed = PAGE.replace("END generated:answer", "END generated:ranking");
        assert_eq!(refused(&crossed), "5: block ranking ends here and is not the one open");
        assert_eq!(
            refused("<!-- END generated:answer -->"),
            "1: block answer ends here and is not the one open"
        );
        assert_eq!(refused("<!-- BEGIN generated:unknown -->"), "1: no such block");
    }
}
