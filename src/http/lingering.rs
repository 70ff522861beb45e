//! A connection that can be closed without taking back what was sent last.
//!
//! A socket that is closed while bytes lie in it unread is reset, and a reset makes the other side
//! throw away what it has not read yet: a refusal that was sent before the whole request was read
//! would be lost. So where the client may still be sending, only the sending half is closed at first,
//! and what comes is read and dropped until the client closes, or a bound of bytes and time is met.
//! Servers call this a lingering close.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// The most that is read and dropped: many times what a client sends before it looks for an answer.
const LINGER_BYTES_MAX: usize = 64 << 20;

/// Room for what is read and dropped, on the stack.
const PIECE_LEN: usize = 8 * 1024;

/// Reads of one poll, after which other connections get their turn.
const READS_A_POLL: usize = 16;

/// Whether a client may still be sending a request that was answered, shared by a connection and by
/// what answers its requests.
#[derive(Default)]
pub(super) struct Owed(AtomicBool);

impl Owed {
    /// Of a client that has a whole request still to send.
    pub(super) fn of_a_request() -> Arc<Owed> {
        Arc::new(Owed(AtomicBool::new(true)))
    }

    /// Bytes have come that no answer accounts for yet.
    fn note_bytes(&self) {
        // Relaxed, here and below: both sides run in the task of the connection.
        self.0.store(true, Ordering::Relaxed);
    }

    /// The request that they belong to was read whole and answered.
    pub(super) fn note_answered(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn is_open(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream that is closed in two steps where its client may still be sending.
pub(super) struct Lingering<S> {
    stream: S,
    owed: Arc<Owed>,
    time: Duration,
    bytes: usize,
    is_shut: bool,
    /// Set while what comes is dropped.
    end: Option<Pin<Box<Sleep>>>,
}

impl<S> Lingering<S> {
    /// `stream`, which lingers for `time` at the most.
    pub(super) fn new(stream: S, owed: Arc<Owed>, time: Duration) -> Lingering<S> {
        Lingering { stream, owed, time, bytes: LINGER_BYTES_MAX, is_shut: false, end: None }
    }
}

impl<S: AsyncRead + Unpin> Lingering<S> {
    /// Drops what comes. Ready when the client has closed, or nothing is to be waited for.
    fn poll_drop_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..READS_A_POLL {
            let mut piece = [0; PIECE_LEN];
            let mut piece = ReadBuf::new(&mut piece);
            match Pin::new(&mut self.stream).poll_read(cx, &mut piece) {
                Poll::Ready(Ok(())) if !piece.filled().is_empty() => {
                    self.owed.note_bytes();
                    self.bytes = self.bytes.saturating_sub(piece.filled().len());
                    if self.bytes == 0 {
                        return Poll::Ready(());
                    }
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending if !self.owed.is_open() => return Poll::Ready(()),
                Poll::Pending => return self.poll_end(cx),
            }
        }
        // A client that sends faster than this reads must not keep the time from running out.
        let ended = self.poll_end(cx);
        if ended.is_pending() {
            cx.waker().wake_by_ref();
        }
        ended
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let time = self.time;
        self.end.get_or_insert_with(|| Box::pin(sleep(time))).as_mut().poll(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if before < buf.filled().len() {
            self.owed.note_bytes();
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_shut {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.is_shut = true;
        }
        self.poll_drop_rest(cx).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const TIME: Duration = Duration::from_secs(5);

    /// A connection that ends in order must not be kept for a client that has nothing more to send.
    #[tokio::test(start_paused = true)]
    async fn where_nothing_is_owed_nothing_is_waited_for() {
        let (mut client, server) = duplex(64);
        let owed = Arc::new(Owed::default());
        let mut server = Lingering::new(server, Arc::clone(&owed), TIME);
        client.write_all(b"request").await.unwrap();
        server.read_exact(&mut [0; 7]).await.unwrap();
        owed.note_answered();
        let began = tokio::time::Instant::now();
        server.shutdown().await.unwrap();
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    /// A client that neither sends nor closes is waited for, and not for ever.
    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_waited_for_until_the_time_is_up() {
        let (mut client, server) = duplex(64);
        let mut server = Lingering::new(server, Arc::default(), TIME);
        client.write_all(b"half").await.unwrap();
        server.read_exact(&mut [0; 4]).await.unwrap();
        let began = tokio::time::Instant::now();
        server.shutdown().await.unwrap();
        assert!((TIME..TIME * 2).contains(&began.elapsed()), "{:?}", began.elapsed());
    }

    /// A client that sends without end is cut off by the bound of bytes, even within the time.
    #[tokio::test(start_paused = true)]
    async fn an_endless_client_is_cut_off() {
        let (mut client, server) = duplex(1 << 16);
        let mut server = Lingering::new(server, Owed::of_a_request(), TIME);
        let sending = tokio::spawn(async move {
            let (piece, mut sent) = (vec![0; 1 << 16], 0);
            while client.write_all(&piece).await.is_ok() {
                sent += piece.len();
            }
            sent
        });
        server.shutdown().await.unwrap();
        drop(server);
        let sent = sending.await.unwrap();
        assert!((LINGER_BYTES_MAX..LINGER_BYTES_MAX + (1 << 18)).contains(&sent), "{sent}");
    }
}
