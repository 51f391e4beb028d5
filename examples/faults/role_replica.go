package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/meshhop/meshhop/proxy/serve"
)

// roleVariable in the environment makes this program a replica, which listens
// at the port that is its value.
const roleVariable = "MESHHOP_FAULTS_REPLICA"

// The modes of a replica, which it is told on its standard input.
const (
	healthy = "healthy"
	slow    = "slow"  // answers after slowness
	failing = "500"   // answers so
	resets  = "reset" // resets the connection instead of answering
	cuts    = "cut"   // resets it in the middle of an answer
	deaf    = "deaf"  // never answers
	full    = "full"  // accepts no connections, and its queue is short
	ping    = "ping"  // no mode: to be answered, after all that was printed before
)

const slowness = 200 * time.Millisecond

// requestID is the header that tells requests apart.
const requestID = "Request-Id"

// answerBytes is how long an answer is.
const answerBytes = 1000

// A replica answers requests and prints a line for each, before it does
// anything else about it, so that what it received is known even if it dies.
type replica struct {
	queue *queue
	mode  atomic.Value // string

	mu      sync.Mutex
	changed chan struct{} // closed when the mode changes
}

// playReplica is this program as a replica.
func playReplica(port string, orders io.Reader) error {
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		return err
	}
	r := &replica{queue: &queue{TCPListener: l.(*net.TCPListener), open: make(chan struct{})}, changed: make(chan struct{})}
	close(r.queue.open)
	r.mode.Store(healthy)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	server := serve.New(r, serve.Config{})
	served := make(chan error, 1)
	go func() { served <- server.Serve(r.queue) }()
	go func() {
		// Whoever started this program may be gone without a signal.
		defer stop()
		r.obey(orders)
	}()
	fmt.Println("ready")
	<-ctx.Done()
	end, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(end); err != nil {
		return err
	}
	return <-served
}

func (r *replica) obey(orders io.Reader) {
	for lines := bufio.NewScanner(orders); lines.Scan(); {
		switch order := lines.Text(); order {
		case ping:
			fmt.Println("pong")
		default:
			r.become(order)
		}
	}
}

func (r *replica) become(mode string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mode.Store(mode)
	close(r.changed)
	r.changed = make(chan struct{})
	if err := r.queue.shut(mode == full); err != nil {
		fmt.Fprintln(os.Stderr, "replica:", err)
	}
	fmt.Println("mode", mode)
}

func (r *replica) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	fmt.Printf("%s %s\n", in.Method, in.Header.Get(requestID)) // one write
	if _, err := io.Copy(io.Discard, in.Body); err != nil {
		return
	}
	switch r.mode.Load().(string) {
	case slow:
		time.Sleep(slowness)
	case failing:
		http.Error(w, "failing", http.StatusInternalServerError)
		return
	case resets:
		reset(w, "")
		return
	case cuts:
		reset(w, "HTTP/1.1 200 OK\r\nContent-Length: "+strconv.Itoa(answerBytes)+"\r\n\r\n"+strings.Repeat("x", answerBytes/2))
		return
	case deaf:
		r.mu.Lock()
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-in.Context().Done():
		}
		reset(w, "")
		return
	case full:
		w.Header().Set("Connection", "close") // no new one can be made
	}
	w.Header().Set("Content-Length", strconv.Itoa(answerBytes))
	_, _ = w.Write(bytes.Repeat([]byte{'x'}, answerBytes))
}

// reset resets the connection, after some bytes.
func reset(w http.ResponseWriter, after string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	if after != "" {
		_, _ = io.WriteString(conn, after)
		time.Sleep(5 * time.Millisecond) // or the reset may overtake them
	}
	if linger, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = linger.SetLinger(0)
	}
}
