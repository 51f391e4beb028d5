package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// The bombs attack: little that is made to cost much, in the collector's memory or
// in what the hop answers to requests that lead nowhere.

// bombs is how much of it there is.
type bombs struct {
	atOnce  int // uploads
	unread  int // callers that do not read their answers
	priced  int // requests of which the price is taken
	pricing bool
}

func bombsOf(full bool) bombs {
	b := bombs{atOnce: 16, unread: 600, priced: 500, pricing: true}
	if full {
		b.priced = 5000
	}
	return b
}

func bombsAttack() *attack {
	return &attack{
		name:  "bombs",
		about: "uploads to the collector and requests that lead nowhere, made to cost much",
		make: func(ctx context.Context, s *scene, out io.Writer) ([]string, error) {
			return bombsOf(s.full).make(ctx, s, out)
		},
	}
}

func (b bombs) make(ctx context.Context, s *scene, out io.Writer) ([]string, error) {
	broken, err := b.uploads(ctx, s, out)
	if err != nil {
		return broken, err
	}
	fmt.Fprintln(out)
	more, err := b.refusals(ctx, s, out)
	return append(broken, more...), err
}

const (
	// answerBytes is how long an answer of the hop's own may be.
	answerBytes = 8 << 10
	// unreadMemory is by how much answers that nobody reads may have it grow.
	unreadMemory = 64 << 20
	// seenPrice is how many times the price of a good request a refusal may cost
	// that had to be refused before, and newPrice what any other one may.
	seenPrice = 3.0
	newPrice  = time.Millisecond
)

const bombsHop = `routers:
- protocol: http
  label: attacked
  dtab: |
    /svc     => /nowhere ;
    /svc/web => /$/inet/%[1]s ;
  servers: [{ip: 127.0.0.1, port: PORT}]
`

// bomb is a request that leads nowhere.
type bomb struct {
	name string
	dtab func(i int) string
	seen bool // it is the same each time
}

func requestBombs() []bomb {
	labels := func(n, of int, separator, format string) string {
		texts := make([]string, n)
		for i := range texts {
			texts[i] = strings.ReplaceAll(format, "N", fmt.Sprint(i))
			texts[i] = strings.ReplaceAll(texts[i], "M", fmt.Sprint(i+1))
		}
		return strings.Repeat(strings.Join(texts, separator)+separator, of)
	}
	escapes := "/svc=>/a/\\x01" + strings.Repeat("y", 6900)
	branches := ";/a=>" + strings.TrimSuffix(labels(60, 1, "|", "/bN"), "|")
	same := func(dtab string) func(int) string { return func(int) string { return dtab } }
	numbered := func(dtab string) func(int) string {
		return func(i int) string { return fmt.Sprintf("%s;/never/n%d=>/x", strings.TrimSuffix(dtab, ";"), i) }
	}
	rewrites := strings.Repeat("/svc=>/a;", 200) + strings.Repeat("/a=>/b;", 200) + strings.Repeat("/b=>/c;", 200) + "/c=>/x"
	doubling := labels(90, 1, ";", "/aN=>/aM|/aM") + "/svc=>/a0"
	return []bomb{
		{"a name that is not there", same(""), true},
		{"long labels, 60 branches", numbered(escapes + branches), false},
		{"the same each time", same(escapes + branches), true},
		{"600 rewrites", numbered(rewrites), false},
		{"the same each time", same(rewrites), true},
		{"90 names that double", numbered(doubling), false},
		{"the same each time", same(doubling), true},
	}
}

func (b bomb) request(i int, keep bool) string {
	text := "GET / HTTP/1.1\r\nHost: x\r\n"
	if dtab := b.dtab(i); dtab != "" {
		text += "l5d-dtab: " + dtab + "\r\n"
	}
	if !keep {
		text += "Connection: close\r\n"
	}
	return text + "\r\n"
}

// refusals are requests that lead nowhere: how long the answer is, what it costs,
// and what it costs when it is not read.
func (b bombs) refusals(ctx context.Context, s *scene, out io.Writer) ([]string, error) {
	backend, err := newWeb(200, 0)
	if err != nil {
		return nil, err
	}
	defer backend.close()
	t := newCheck(out, "request", "bytes", "answer", "bytes of it", "CPU", "of a good one")
	h, err := openHop(ctx, s, fmt.Sprintf(bombsHop, path(backend.addr)))
	if err != nil {
		return nil, err
	}
	good := "GET / HTTP/1.1\r\nHost: web\r\n\r\n"
	if _, err := b.price(h, 50, func(int) string { return good }); err != nil {
		return nil, err
	}
	reference, err := b.price(h, 4*b.priced, func(int) string { return good })
	if err != nil {
		return nil, err
	}
	t.row("", "a good one", fmt.Sprint(len(good)), "200", "", microseconds(reference), "1")
	for _, one := range requestBombs() {
		got, err := exchange(h.addr, one.request(-1, false))
		if err != nil {
			return t.broken, fmt.Errorf("%s: %w", one.name, err)
		}
		price, err := b.price(h, b.priced, func(i int) string { return one.request(i, true) })
		if err != nil {
			return t.broken, fmt.Errorf("%s: %w", one.name, err)
		}
		why := atMost("bytes of the answer", got.bytes, answerBytes)
		if got.status != 502 && got.status != 400 {
			why = fmt.Sprintf("%d: %.200q", got.status, got.body)
		}
		times := float64(price) / float64(max(reference, 1))
		if b.pricing && reference > 0 {
			if one.seen {
				why = first(why, atMost("times the CPU of a good one", times, seenPrice))
			} else {
				why = first(why, atMost("us of CPU", price.Microseconds(), newPrice.Microseconds()))
			}
		}
		t.row(why, one.name, fmt.Sprint(len(one.request(0, true))), fmt.Sprint(got.status), fmt.Sprint(got.bytes), microseconds(price), fmt.Sprintf("%.1f", times))
	}
	if err := b.unreadAnswers(ctx, h, t); err != nil {
		return t.broken, err
	}
	return t.broken, h.stop()
}

func microseconds(d time.Duration) string { return fmt.Sprintf("%d us", d.Microseconds()) }

// price is the processor's time that n requests, one after another on one
// connection, cost the hop, each.
func (b bombs) price(h *ownHop, n int, request func(int) string) (time.Duration, error) {
	c := &caller{addr: h.addr}
	defer c.close()
	begun := h.cpu()
	for i := range n {
		if _, _, err := c.send("GET", request(i)); err != nil {
			return 0, fmt.Errorf("request %d: %w", i, err)
		}
	}
	return (h.cpu() - begun) / time.Duration(n), nil
}

// unreadAnswers are callers with small windows that send and do not read.
func (b bombs) unreadAnswers(ctx context.Context, h *ownHop, t *check) error {
	worst := requestBombs()[1]
	before, _ := h.memory()
	most := before
	conns := make([]net.Conn, 0, b.unread)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for i := range b.unread {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", h.addr)
		if err != nil {
			return err
		}
		conns = append(conns, conn)
		if tcp, ok := conn.(*net.TCPConn); ok {
			if err := tcp.SetReadBuffer(2 << 10); err != nil {
				return err
			}
		}
		if err := conn.SetWriteDeadline(time.Now().Add(requestLimit)); err != nil {
			return err
		}
		if _, err := io.WriteString(conn, worst.request(i, true)); err != nil {
			return err
		}
	}
	for range 20 {
		now, _ := h.memory()
		most = max(most, now)
		time.Sleep(100 * time.Millisecond)
	}
	t.row(atMost("bytes of memory more", most-before, unreadMemory),
		fmt.Sprintf("%d that nobody reads", b.unread), fmt.Sprint(b.unread*len(worst.request(0, true))), "", "", fmt.Sprintf("%s more", mebibytes(most-before)))
	// Whoever else asks is served.
	if got, err := exchange(h.addr, get("/", "web")); err != nil || got.status != 200 {
		return errors.Join(err, fmt.Errorf("a good request beside them: %d", got.status))
	}
	return nil
}
