//! The text of a recorded history, which may be compressed by gzip or begin with a byte-order mark.
//!
//! Every format is read through this module. Gzip is recognized by the first bytes and not by the
//! file name. The unpacked size has a maximum, so that a small file cannot fill memory or take for
//! ever. A binary file is rejected, and the error names its format.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use super::ReadError;

/// Most bytes that a compressed history may unpack to. A larger one has to be unpacked beforehand.
pub const UNPACKED_MAX: u64 = 256 << 20;

/// Bytes that are read to recognize a format.
const HEAD: u64 = 4096;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// First bytes of files that are not text, each with its error.
const NOT_TEXT: [(&[u8], &str); 6] = [
    (b"\xff\xfe", "the file is UTF-16: save it as UTF-8"),
    (b"\xfe\xff", "the file is UTF-16: save it as UTF-8"),
    (b"JEPSEN", "the file is a test.jepsen, which is binary: give the history.edn beside it"),
    (b"PK\x03\x04", "the file is a zip archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "the file is compressed by zstd: unpack it first"),
    (b"\xfd7zXZ\x00", "the file is compressed by xz: unpack it first"),
];

/// The format that the first bytes of a text show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Lines of JSON, the format of hotrow.
    Json,
    /// Values of EDN.
    Edn,
    /// Lines of words.
    Log,
}

const GZIP: &[u8] = b"\x1f\x8b";

/// The rest of the input, after the first bytes that were already read.
type Rewound<R> = Chain<Cursor<Vec<u8>>, R>;

/// A text, unpacked and without its byte-order mark.
pub(super) struct Input<R> {
    text: Rewound<Stream<R>>,
}

enum Stream<R> {
    Plain(R),
    Packed(Box<BufReader<Unpacked<R>>>),
    /// Reading failed. The next read returns the error.
    Failed(Option<io::Error>),
}

impl<R: BufRead> Input<R> {
    /// Reads the first bytes of `input`. If this fails, the next read returns the error.
    pub(super) fn new(input: R) -> Input<R> {
        Input::with_limit(input, UNPACKED_MAX)
    }

    fn with_limit(mut input: R, unpacked_max: u64) -> Input<R> {
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
        let not_text = NOT_TEXT.iter().find(|(magic, _)| bytes.starts_with(magic));
        let rest = match (not_text, failed) {
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

    /// Returns the format that the first bytes show.
    pub(super) fn format(&self) -> Format {
        let bytes = self.text.get_ref().0.get_ref().trim_ascii_start();
        match bytes.split_first() {
            Some((b'{', rest)) if rest.trim_ascii_start().starts_with(b"\"") => Format::Json,
            Some((b'{' | b'[' | b'(' | b'#' | b';', _)) => Format::Edn,
            _ => Format::Log,
        }
    }
}

/// Returns the first bytes, and the error if reading failed before the end or the maximum.
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

/// The unpacked bytes of a compressed text, up to a maximum.
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
            None => malformed(format!("the gzip data is damaged or truncated: {error}")),
        })?;
        self.unpacked += read as u64;
        if self.unpacked_max < self.unpacked {
            let reason = format!(
                "the file unpacks to more than {} bytes: unpack it first",
                self.unpacked_max
            );
            return Err(malformed(reason));
        }
        Ok(read)
    }
}

/// Returns a malformed line if the text is invalid, and an I/O error otherwise.
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
        let read = Input::new(bytes).read_to_string(&mut text);
        read.map(|_| text).map_err(|error| error.to_string())
    }

    /// A compressed file and one with a byte-order mark are the same history.
    #[test]
    fn a_compressed_or_marked_text_reads_as_the_plain_text() {
        let text = "0\t:invoke\n".repeat(10_000);
        let marked = [BYTE_ORDER_MARK, text.as_bytes()].concat();
        for bytes in
            [text.clone().into_bytes(), marked.clone(), packed(text.as_bytes()), packed(&marked)]
        {
            assert_eq!(read(&bytes).as_ref(), Ok(&text));
        }
        let halves = [packed(&text.as_bytes()[..9]), packed(&text.as_bytes()[9..])].concat();
        assert_eq!(read(&halves), Ok(text), "consecutive gzip files are one text");
        assert_eq!(read(b""), Ok(String::new()));
    }

    /// The error names the format, and says what to do.
    #[test]
    fn a_file_that_is_not_text_is_rejected_by_name() {
        for (magic, reason) in NOT_TEXT {
            let error = read(&[magic, b"more\n".as_slice()].concat()).unwrap_err();
            assert_eq!(error, reason);
        }
        let whole = packed(b"0\t:invoke\n");
        let reason = "the gzip data is damaged or truncated: ";
        assert!(read(&whole[..whole.len() - 9]).unwrap_err().starts_with(reason));
        assert!(read(b"\x1f\x8bhello, this is none").unwrap_err().starts_with(reason));
    }

    /// A small file that unpacks to a large one must not fill memory.
    #[test]
    fn a_decompression_bomb_is_rejected() {
        let bomb = packed(&vec![b'\n'; 100_000]);
        assert!(bomb.len() < 500, "{}", bomb.len());
        let read = |unpacked_max| {
            let mut input = Input::with_limit(bomb.as_slice(), unpacked_max);
            io::copy(&mut input, &mut io::sink())
        };
        assert_eq!(read(100_000).unwrap(), 100_000);
        let error = read(99_999).unwrap_err();
        let reason = "the file unpacks to more than 99999 bytes: unpack it first";
        assert_eq!(located(error, 7).to_string(), format!("line 7: {reason}"));
    }
}
