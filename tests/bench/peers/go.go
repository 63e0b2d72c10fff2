// The same work in Go: a goroutine for each connection, on one thread at a time. Copies do
// without io.Copy, which would splice through a pipe. Its checksum is that of its library.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var (
	clients, completed, arrived int64
	delay                       time.Duration
)

func die(what string, err error) {
	fmt.Fprintf(os.Stderr, "go: cannot %s: %v\n", what, err)
	os.Exit(1)
}

func check(err error, what string) {
	if err != nil {
		die(what, err)
	}
}

func listenAnywhere() net.Listener {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	check(err, "listen")
	return listener
}

// ---- the demo ----

func respond(connection net.Conn, number int64) {
	defer connection.Close()
	_, err := fmt.Fprintf(connection, "start %d\n", number)
	check(err, "write a line")
	time.Sleep(delay)
	_, err = fmt.Fprintf(connection, "end %d\n", number)
	check(err, "write a line")
}

func serve(listener net.Listener) {
	for number := int64(1); ; number++ {
		connection, err := listener.Accept()
		check(err, "accept")
		go respond(connection, number)
	}
}

// So many may connect at once; more would overflow the listener's queue.
var connecting = make(chan bool, 250)

func client(address string, done chan<- bool) {
	connecting <- true
	deadline := time.Now().Add(delay + 30*time.Second)
	dialer := net.Dialer{Deadline: deadline}
	connection, err := dialer.Dial("tcp4", address)
	check(err, "connect")
	check(connection.SetReadDeadline(deadline), "set a time-out")
	<-connecting
	defer connection.Close()
	buffer := make([]byte, 32)
	lines := 0
	for {
		n, err := connection.Read(buffer)
		if err == io.EOF {
			break
		}
		check(err, "read from the server")
		os.Stdout.Write(buffer[:n])
		lines += bytes.Count(buffer[:n], []byte("\n"))
	}
	done <- lines == 2
}

func demo() {
	listener := listenAnywhere()
	go serve(listener)
	done := make(chan bool)
	for i := int64(0); i < clients; i++ {
		go client(listener.Addr().String(), done)
	}
	for i := int64(0); i < clients; i++ {
		if <-done {
			completed++
		}
	}
}

// ---- echo ----

// Until the end of the stream; returns how much.
func copyAll(to io.Writer, from io.Reader, size int) int64 {
	buffer := make([]byte, size)
	total := int64(0)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return total
			}
			total += int64(n)
		}
		if err != nil {
			return total
		}
	}
}

func echo() {
	listener := listenAnywhere()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		<-stop
		os.Exit(0)
	}()
	fmt.Fprintf(os.Stderr, "go: listening on %s\n", listener.Addr())
	for {
		connection, err := listener.Accept()
		check(err, "accept")
		go func() {
			defer connection.Close()
			copyAll(connection, connection, 1024)
		}()
	}
}

// ---- copy ----

func pair(listener net.Listener) (net.Conn, net.Conn) {
	one, err := net.Dial("tcp4", listener.Addr().String())
	check(err, "connect")
	other, err := listener.Accept()
	check(err, "accept")
	return one, other
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func send(to net.Conn, wanted int64, size int, checksum chan<- uint32) {
	defer to.Close()
	piece := make([]byte, size)
	sum := uint32(0)
	for wanted > 0 {
		if wanted < int64(size) {
			piece = piece[:wanted]
		}
		sum = crc32.Update(sum, castagnoli, piece)
		_, err := to.Write(piece)
		check(err, "send")
		wanted -= int64(len(piece))
	}
	checksum <- sum
}

func runCopy(wanted int64, size int) time.Time {
	listener := listenAnywhere()
	sender, in := pair(listener)
	out, receiver := pair(listener)
	start := time.Now()
	sent := make(chan uint32, 1)
	go send(sender, wanted, size, sent)
	go func() {
		defer out.Close()
		copyAll(out, in, size)
	}()
	buffer := make([]byte, size)
	sum := uint32(0)
	for {
		n, err := receiver.Read(buffer)
		arrived += int64(n)
		sum = crc32.Update(sum, castagnoli, buffer[:n])
		if err == io.EOF && sum != <-sent {
			die("copy", errors.New("the checksums differ"))
		}
		if err == io.EOF {
			return start
		}
		check(err, "read")
	}
}

// ---- main ----

func statusOf(name string) string {
	status, err := os.ReadFile("/proc/self/status")
	check(err, "read /proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, name) {
			return strings.Fields(line)[1]
		}
	}
	return "0"
}

func report(wall time.Duration) {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage), "ask what the run cost")
	fmt.Fprintf(os.Stderr, `{"peer":"go","clients":%d,"completed":%d,"bytes":%d,`+
		`"wall_s":%.6f,"max_rss_kib":%s,"threads":%s,"voluntary_switches":%d}`+"\n",
		clients, completed, arrived, wall.Seconds(), statusOf("VmHWM:"),
		statusOf("Threads:"), usage.Nvcsw)
}

func number(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	check(err, "understand "+text)
	return value
}

func main() {
	runtime.GOMAXPROCS(1)
	start := time.Now()
	wanted := int64(0)
	switch {
	case len(os.Args) == 2 && os.Args[1] == "version":
		fmt.Println(strings.TrimPrefix(runtime.Version(), "go"))
		return
	case len(os.Args) == 2 && os.Args[1] == "echo":
		echo()
	case len(os.Args) == 4 && os.Args[1] == "demo":
		clients = int64(number(os.Args[2]))
		delay = time.Duration(number(os.Args[3]) * float64(time.Second))
		demo()
	case len(os.Args) == 4 && os.Args[1] == "copy":
		wanted = int64(number(os.Args[2]))
		start = runCopy(wanted, int(number(os.Args[3])))
	default:
		fmt.Fprintln(os.Stderr, "usage: go version | demo N SECONDS | echo | copy BYTES BUFFER")
		os.Exit(2)
	}
	report(time.Since(start))
	if completed != clients || arrived != wanted {
		os.Exit(1)
	}
}
