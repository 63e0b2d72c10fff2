// The same work with tokio, on its current_thread runtime.
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

type Result<T> = std::io::Result<T>;

// So many may connect at once; more would overflow the listener's queue.
const AT_ONCE: usize = 250;

async fn listen_anywhere() -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    socket.listen(4096) // its own is 1024
}

// ---- the demo ----

async fn respond(mut stream: TcpStream, number: u64, delay: Duration) -> Result<()> {
    stream.write_all(format!("start {number}\n").as_bytes()).await?;
    tokio::time::sleep(delay).await;
    stream.write_all(format!("end {number}\n").as_bytes()).await
}

async fn serve(listener: TcpListener, delay: Duration) -> Result<()> {
    for number in 1.. {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(respond(stream, number, delay));
    }
    Ok(())
}

async fn client(
    address: std::net::SocketAddr,
    permit: OwnedSemaphorePermit,
) -> Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    drop(permit);
    let mut buffer = [0; 32];
    let mut lines = 0;
    loop {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Ok(lines == 2);
        }
        std::io::stdout().write_all(&buffer[..n])?; // line by line: it has a buffer of a line
        lines += buffer[..n].iter().filter(|&&byte| byte == b'\n').count();
    }
}

async fn demo(clients: u64, delay: Duration) -> Result<u64> {
    let listener = listen_anywhere().await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener, delay));
    let limit = delay + Duration::from_secs(30);
    let mut tasks = Vec::new();
    let connecting = Arc::new(Semaphore::new(AT_ONCE));
    for _ in 0..clients {
        let permit = connecting.clone().acquire_owned().await.expect("never closed");
        tasks.push(tokio::spawn(timeout(limit, client(address, permit))));
    }
    let mut completed = 0;
    for task in tasks {
        completed += task.await??? as u64;
    }
    Ok(completed)
}

// ---- echo and copy ----

async fn copy_all<R, W>(mut from: R, mut to: W, size: usize) -> Result<()>
where
    R: AsyncReadExt + Unpin,
    W: AsyncWriteExt + Unpin,
{
    let mut buffer = vec![0; size];
    loop {
        let n = from.read(&mut buffer).await?;
        if n == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..n]).await?;
    }
}

async fn echo() -> Result<u64> {
    let listener = listen_anywhere().await?;
    eprintln!("tokio: listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let (reader, writer) = stream.into_split();
            copy_all(reader, writer, 1024).await
        });
    }
}

async fn pair(listener: &TcpListener) -> Result<(TcpStream, TcpStream)> {
    let one = TcpStream::connect(listener.local_addr()?).await?; // the one that writes
    one.set_nodelay(true)?;
    let (other, _) = listener.accept().await?;
    Ok((one, other))
}

// The one of tests/bench/checksum.c.
#[derive(Default, PartialEq)]
struct Checksum {
    sum: u64,
    sum_of_sums: u64,
    held: Vec<u8>, // less than a word
}

impl Checksum {
    // Returns what is left: less than a word.
    fn add_words<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let words = bytes.chunks_exact(8);
        let rest = words.remainder();
        for word in words {
            self.sum = self.sum.wrapping_add(u64::from_ne_bytes(word.try_into().unwrap()));
            self.sum_of_sums = self.sum_of_sums.wrapping_add(self.sum);
        }
        rest
    }

    fn add(&mut self, mut bytes: &[u8]) {
        if !self.held.is_empty() {
            let n = bytes.len().min(8 - self.held.len());
            let mut word = std::mem::take(&mut self.held);
            word.extend_from_slice(&bytes[..n]);
            self.held = self.add_words(&word).to_vec();
            bytes = &bytes[n..];
        }
        if !bytes.is_empty() {
            self.held = self.add_words(bytes).to_vec();
        }
    }
}

async fn send(mut to: TcpStream, mut left: u64, size: usize) -> Result<Checksum> {
    let piece = vec![b'x'; size];
    let mut sum = Checksum::default();
    while left > 0 {
        let n = left.min(size as u64);
        sum.add(&piece[..n as usize]);
        to.write_all(&piece[..n as usize]).await?;
        left -= n;
    }
    to.shutdown().await?;
    Ok(sum)
}

// Returns what has arrived, as it was sent.
async fn copy(wanted: u64, size: usize) -> Result<(u64, Instant)> {
    let listener = listen_anywhere().await?;
    let (sender, copier_in) = pair(&listener).await?;
    let (copier_out, mut receiver) = pair(&listener).await?;
    let start = Instant::now();
    let sending = tokio::spawn(send(sender, wanted, size));
    tokio::spawn(copy_all(copier_in, copier_out, size));
    let mut buffer = vec![0; size];
    let mut arrived = 0;
    let mut sum = Checksum::default();
    loop {
        let n = receiver.read(&mut buffer).await?;
        if n == 0 {
            let same = sending.await?? == sum;
            return Ok((if same { arrived } else { 0 }, start));
        }
        sum.add(&buffer[..n]);
        arrived += n as u64;
    }
}

// ---- main ----

fn status_of(name: &str) -> Result<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(name)).unwrap_or("");
    Ok(line.split_whitespace().nth(1).unwrap_or("0").to_string())
}

fn report(start: Instant, clients: u64, completed: u64, bytes: u64) -> Result<()> {
    eprintln!(
        "{{\"peer\":\"tokio\",\"clients\":{clients},\"completed\":{completed},\
         \"bytes\":{bytes},\"wall_s\":{:.6},\"max_rss_kib\":{},\"threads\":{},\
         \"voluntary_switches\":{}}}",
        start.elapsed().as_secs_f64(),
        status_of("VmHWM:")?,
        status_of("Threads:")?,
        status_of("voluntary_ctxt_switches:")?,
    );
    Ok(())
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| {
        eprintln!("tokio: '{text}' is not a number");
        std::process::exit(2)
    })
}

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut start = Instant::now();
    let (mut clients, mut completed, mut wanted, mut arrived) = (0, 0, 0, 0);
    match words[..] {
        ["version"] => {
            println!("{}", env!("TOKIO_VERSION"));
            return Ok(());
        }
        ["echo"] => completed = runtime.block_on(echo())?,
        ["demo", n, seconds] => {
            clients = number(n) as u64;
            completed = runtime.block_on(demo(clients, Duration::from_secs_f64(number(seconds))))?;
        }
        ["copy", bytes, size] => {
            wanted = number(bytes) as u64;
            (arrived, start) = runtime.block_on(copy(wanted, number(size) as usize))?;
        }
        _ => {
            eprintln!("usage: tokio version | demo N SECONDS | echo | copy BYTES BUFFER");
            std::process::exit(2);
        }
    }
    report(start, clients, completed, arrived)?;
    std::process::exit((completed != clients || arrived != wanted) as i32)
}
