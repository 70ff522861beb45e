//! The text of a recorded history, however it is wrapped: in gzip, or behind a byte-order mark.
//!
//! Every format is read through this, so each may be wrapped in either way. Gzip is known by its
//! first bytes and not by the name of the file, and what it unpacks to has a maximum, so that a small
//! file cannot fill memory or go on for ever. What is no text at all is refused by name.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use super::ReadError;

/// The most bytes that a packed history may unpack to. A larger one can be unpacked beforehand.
pub const UNPACKED_MAX: u64 = 256 << 20;

/// Bytes that are looked at to see what a text is.
const HEAD: u64 = 4096;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// First bytes of files that are no text, and what to do about each.
const NO_TEXT: [(&[u8], &str); 6] = [
    (b"\xff\xfe", "it is UTF-16: save it as UTF-8"),
    (b"\xfe\xff", "it is UTF-16: save it as UTF-8"),
    (b"JEPSEN", "it is a test.jepsen, which is binary: give the history.edn beside it"),
    (b"PK\x03\x04", "it is a zip archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "it is packed by zstd: unpack it first"),
    (b"\xfd7zXZ\x00", "it is packed by xz: unpack it first"),
];

/// What the first bytes of a text show it to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Lines of JSON, which is our own format.
    Json,
    /// Values of EDN.
    Edn,
    /// Lines of words.
    Log,
}

const GZIP: &[u8] = b"\x1f\x8b";

/// Bytes, behind those that were looked at.
type Rewound<R> = Chain<Cursor<Vec<u8>>, R>;

/// A text, unpacked and without its byte-order mark.
pub(super) struct Input<R> {
    text: Rewound<Stream<R>>,
}

enum Stream<R> {
    Plain(R),
    Packed(Box<BufReader<Unpacked<R>>>),
    /// It cannot be read on, and the next attempt says why.
    Failed(Option<io::Error>),
}

impl<R: BufRead> Input<R> {
    /// Looks at the first bytes of `input`. If something is wrong with them, a read says so.
    pub(super) fn of(input: R) -> Input<R> {
        Input::within(input, UNPACKED_MAX)
    }

    fn within(mut input: R, unpacked_max: u64) -> Input<R> {
        match head(&mut input) {
            (bytes, None) if bytes.starts_with(GZIP) => {
                let packed = MultiGzDecoder::new(Cursor::new(bytes).chain(input));
                let mut unpacked = BufReader::new(Unpacked { packed, unpacked_max, unpacked: 0 });
                let (bytes, failed) = head(&mut unpacked);
                Input::rewound(bytes, failed, Stream::Packed(Box::new(unpacked)))
            }
            (bytes, failed) => Input::rewound(bytes, failed, Stream::Plain(input)),
        }
    }

    fn rewound(mut bytes: Vec<u8>, failed: Option<io::Error>, rest: Stream<R>) -> Input<R> {
        let no_text = NO_TEXT.iter().find(|(magic, _)| bytes.starts_with(magic));
        let rest = match (no_text, failed) {
            (Some((_, reason)), _) => {
                bytes.clear();
                Stream::Failed(Some(io::Error::new(io::ErrorKind::InvalidData, *reason)))
            }
            (None, Some(error)) => Stream::Failed(Some(error)),
            (None, None) => rest,
        };
        if bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        Input { text: Cursor::new(bytes).chain(rest) }
    }

    /// What the text is, as far as its first bytes show.
    pub(super) fn format(&self) -> Format {
        let bytes = self.text.get_ref().0.get_ref().trim_ascii_start();
        match bytes.split_first() {
            Some((b'{', rest)) if rest.trim_ascii_start().starts_with(b"\"") => Format::Json,
            Some((b'{' | b'[' | b'(' | b'#' | b';', _)) => Format::Edn,
            _ => Format::Log,
        }
    }
}

/// The first bytes, and why there are no more, if that is not their end or their maximum.
fn head(input: &mut impl Read) -> (Vec<u8>, Option<io::Error>) {
    let mut bytes = Vec::new();
    let failed = input.take(HEAD).read_to_end(&mut bytes).err();
    (bytes, failed)
}

impl<R: BufRead> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.text.read(buffer)
    }
}

impl<R: BufRead> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.text.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.text.consume(amount);
    }
}

impl<R: BufRead> Read for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(input) => input.read(buffer),
            Stream::Packed(unpacked) => unpacked.read(buffer),
            Stream::Failed(error) => error.take().map_or(Ok(0), Err),
        }
    }
}

impl<R: BufRead> BufRead for Stream<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Stream::Plain(input) => input.fill_buf(),
            Stream::Packed(unpacked) => unpacked.fill_buf(),
            Stream::Failed(error) => error.take().map_or(Ok(&[]), Err),
        }
    }

    fn consume(&mut self, amount: usize) {
        match self {
            Stream::Plain(input) => input.consume(amount),
            Stream::Packed(unpacked) => unpacked.consume(amount),
            Stream::Failed(_) => {}
        }
    }
}

/// What a packed text unpacks to, up to a maximum.
struct Unpacked<R> {
    packed: MultiGzDecoder<Rewound<R>>,
    unpacked_max: u64,
    unpacked: u64,
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let malformed = |reason| io::Error::new(io::ErrorKind::InvalidData, reason);
        let read = self.packed.read(buffer).map_err(|error| match error.raw_os_error() {
            Some(_) => error,
            None => malformed(format!("its gzip data is broken or cut off: {error}")),
        })?;
        self.unpacked += read as u64;
        if self.unpacked_max < self.unpacked {
            let reason =
                format!("it unpacks to more than {} bytes: unpack it first", self.unpacked_max);
            return Err(malformed(reason));
        }
        Ok(read)
    }
}

/// Tells a text that is wrong at this line from a world that is in the way.
pub(super) fn located(error: io::Error, line: u64) -> ReadError {
    match error.kind() {
        io::ErrorKind::InvalidData => ReadError::malformed(line, error.to_string()),
        _ => ReadError::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<String, String> {
        let mut text = String::new();
        let read = Input::of(bytes).read_to_string(&mut text);
        read.map(|_| text).map_err(|error| error.to_string())
    }

    /// A file is the same history, however it was saved.
    #[test]
    fn a_wrapped_text_is_read_as_the_text() {
        let text = "0\t:invoke\n".repeat(10_000);
        let marked = [BYTE_ORDER_MARK, text.as_bytes()].concat();
        for bytes in
            [text.clone().into_bytes(), marked.clone(), packed(text.as_bytes()), packed(&marked)]
        {
            assert_eq!(read(&bytes).as_ref(), Ok(&text));
        }
        let halves = [packed(&text.as_bytes()[..9]), packed(&text.as_bytes()[9..])].concat();
        assert_eq!(read(&halves), Ok(text), "gzip files one behind another are one text");
        assert_eq!(read(b""), Ok(String::new()));
    }

    /// One line says what is wrong, and says what to do.
    #[test]
    fn what_is_no_text_is_named() {
        for (magic, reason) in NO_TEXT {
            let error = read(&[magic, b"more\n".as_slice()].concat()).unwrap_err();
            assert_eq!(error, reason);
        }
        let whole = packed(b"0\t:invoke\n");
        let reason = "its gzip data is broken or cut off: ";
        assert!(read(&whole[..whole.len() - 9]).unwrap_err().starts_with(reason));
        assert!(read(b"\x1f\x8bhello, this is none").unwrap_err().starts_with(reason));
    }

    /// A small file that unpacks to a large one must end before memory does.
    #[test]
    fn a_bomb_ends_with_one_line() {
        let bomb = packed(&vec![b'\n'; 100_000]);
        assert!(bomb.len() < 500, "{}", bomb.len());
        let read = |unpacked_max| {
            let mut input = Input::within(bomb.as_slice(), unpacked_max);
            io::copy(&mut input, &mut io::sink())
        };
        assert_eq!(read(100_000).unwrap(), 100_000);
        let error = read(99_999).unwrap_err();
        let reason = "it unpacks to more than 99999 bytes: unpack it first";
        assert_eq!(located(error, 7).to_string(), format!("line 7: {reason}"));
    }
}
