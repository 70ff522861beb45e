//! A lingering close: a connection that is closed without losing the last answer.
//!
//! A socket that is closed with unread bytes in its buffer is reset, and a reset makes the client
//! discard what it has not read yet. An answer that was sent before the whole request was read
//! would be lost. So while the client may still be sending, only the sending half is closed at
//! first. Further bytes are read and dropped until the client closes, or a bound on bytes or time
//! is reached.

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

/// Maximum number of bytes that are read and dropped: many times what a client sends before it
/// looks for an answer.
const LINGER_BYTES_MAX: usize = 64 << 20;

/// Size of the buffer for dropped bytes, on the stack.
const BUFFER_LEN: usize = 8 * 1024;

/// Reads of one poll; after them, other connections are polled.
const READS_PER_POLL: usize = 16;

/// Whether a client may still be sending a request that was answered. The connection and its
/// request handler share it.
#[derive(Default)]
pub(super) struct UnreadInput(AtomicBool);

impl UnreadInput {
    /// The state of a client that has not sent its request yet.
    pub(super) fn pending() -> Arc<UnreadInput> {
        Arc::new(UnreadInput(AtomicBool::new(true)))
    }

    /// Bytes have arrived that belong to no answered request.
    fn set_pending(&self) {
        // Relaxed, here and below: both sides run in the task of the connection.
        self.0.store(true, Ordering::Relaxed);
    }

    /// The request was read completely and answered.
    pub(super) fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn is_pending(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream that performs a lingering close if its client may still be sending.
pub(super) struct Lingering<S> {
    stream: S,
    unread: Arc<UnreadInput>,
    time_max: Duration,
    bytes_left: usize,
    is_shut: bool,
    /// Ends the lingering; set by the first poll that has to wait.
    end: Option<Pin<Box<Sleep>>>,
}

impl<S> Lingering<S> {
    /// Wraps `stream`, which lingers for at most `time_max`.
    pub(super) fn new(stream: S, unread: Arc<UnreadInput>, time_max: Duration) -> Lingering<S> {
        let bytes_left = LINGER_BYTES_MAX;
        Lingering { stream, unread, time_max, bytes_left, is_shut: false, end: None }
    }
}

impl<S: AsyncRead + Unpin> Lingering<S> {
    /// Reads and drops bytes. Ready when the client has closed, is not sending, or a bound is
    /// reached.
    fn poll_drop_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..READS_PER_POLL {
            let mut buffer = [0; BUFFER_LEN];
            let mut buffer = ReadBuf::new(&mut buffer);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.unread.set_pending();
                    self.bytes_left = self.bytes_left.saturating_sub(buffer.filled().len());
                    if self.bytes_left == 0 {
                        return Poll::Ready(());
                    }
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending if !self.unread.is_pending() => return Poll::Ready(()),
                Poll::Pending => return self.poll_end(cx),
            }
        }
        // The timer is polled here too: a client that sends without a pause must not prevent it.
        let ended = self.poll_end(cx);
        if ended.is_pending() {
            cx.waker().wake_by_ref();
        }
        ended
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let time_max = self.time_max;
        self.end.get_or_insert_with(|| Box::pin(sleep(time_max))).as_mut().poll(cx)
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
            self.unread.set_pending();
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

    const TIME_MAX: Duration = Duration::from_secs(5);

    /// A connection with no unread input must be closed at once.
    #[tokio::test(start_paused = true)]
    async fn a_connection_without_unread_input_closes_at_once() {
        let (mut client, server) = duplex(64);
        let unread = Arc::new(UnreadInput::default());
        let mut server = Lingering::new(server, Arc::clone(&unread), TIME_MAX);
        client.write_all(b"request").await.unwrap();
        server.read_exact(&mut [0; 7]).await.unwrap();
        unread.clear();
        let began = tokio::time::Instant::now();
        server.shutdown().await.unwrap();
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    /// A client that neither sends nor closes must not keep its connection for ever.
    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_closed_after_the_maximum_time() {
        let (mut client, server) = duplex(64);
        let mut server = Lingering::new(server, Arc::default(), TIME_MAX);
        client.write_all(b"half").await.unwrap();
        server.read_exact(&mut [0; 4]).await.unwrap();
        let began = tokio::time::Instant::now();
        server.shutdown().await.unwrap();
        assert!((TIME_MAX..TIME_MAX * 2).contains(&began.elapsed()), "{:?}", began.elapsed());
    }

    /// A client that never stops sending is closed at the maximum number of bytes.
    #[tokio::test(start_paused = true)]
    async fn an_endless_client_is_closed_after_the_maximum_number_of_bytes() {
        let (mut client, server) = duplex(1 << 16);
        let mut server = Lingering::new(server, UnreadInput::pending(), TIME_MAX);
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
