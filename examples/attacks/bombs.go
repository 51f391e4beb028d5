package main

import (
	"context"
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
	// seenPrice is how many times the processor's time of a good request a refusal
	// may cost that was refused before, and newPrice that of any other one. That is
	// 1 ms where a good request takes 0.1 ms, as on a machine of 2025; busy and
	// slower ones take longer for both.
	seenPrice = 3.0
	newPrice  = 10.0
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
	host func(i int) string
	dtab func(i int) string
	// seen: it is the same each time.
	seen bool
	// unread: it is also sent by callers that do not read.
	unread bool
}

func requestBombs() []bomb {
	plain := func(int) string { return "x" }
	long := func(i int) string { return fmt.Sprintf("n%d-%s", i, strings.Repeat("x", 7000)) }
	none := func(int) string { return "" }
	bombs := []bomb{
		{"a name that is not there", plain, none, true, false},
		{"names that are not there", func(i int) string { return fmt.Sprintf("n%d", i) }, none, false, false},
		{"long names that are not there", long, none, false, true},
	}
	for _, d := range []struct {
		name, dtab string
		unread     bool
	}{
		{"label of 600, 8 branches", "/svc=>/a/" + strings.Repeat("y", 600) + branches(8), true},
		{"escaped label of 100, 16 branches", `/svc=>/a/\x01` + strings.Repeat("y", 100) + branches(16), false},
		{"label of 6900, 60 branches", "/svc=>/a/" + strings.Repeat("y", 6900) + branches(60), true},
		{"escaped label of 6900, 60 branches", `/svc=>/a/\x01` + strings.Repeat("y", 6900) + branches(60), false},
		{"600 entries", rewrites() + "/c=>/x", false},
		{"90 names that double", doubling(90), false},
	} {
		bombs = append(bombs,
			bomb{d.name, plain, func(i int) string { return fmt.Sprintf("%s;/never/n%d=>/x", d.dtab, i) }, false, d.unread},
			bomb{"the same each time", plain, func(int) string { return d.dtab }, true, false})
	}
	return bombs
}

// branches has /a become n names.
func branches(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("/b%d", i)
	}
	return ";/a=>" + strings.Join(names, "|")
}

// doubling has each of n names become two times the next.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("/svc=>/a0")
	for i := range n {
		fmt.Fprintf(&b, ";/a%d=>/a%d|/a%d", i, i+1, i+1)
	}
	return b.String()
}

func (b bomb) request(i int, keep bool) string {
	text := "GET / HTTP/1.1\r\nHost: " + b.host(i) + "\r\n"
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
	t := newCheck(out, "request", "bytes", "answer", "bytes of it", "CPU", "of a good one", "memory")
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
	t.row("", "a good one", fmt.Sprint(len(good)), "200", "", microseconds(reference), "1", "")
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
		if got.status != 502 && got.status != 431 {
			why = fmt.Sprintf("%d: %.200q", got.status, got.body)
		}
		times := float64(price) / float64(max(reference, 1))
		if b.pricing && reference > 0 {
			bound := newPrice
			if one.seen {
				bound = seenPrice
			}
			why = first(why, atMost("times the CPU of a good one", times, bound))
		}
		t.row(why, one.name, fmt.Sprint(len(one.request(0, true))), fmt.Sprint(got.status), fmt.Sprint(got.bytes), microseconds(price), fmt.Sprintf("%.1f", times), "")
	}
	if err := h.stop(); err != nil {
		return t.broken, err
	}
	for _, one := range requestBombs() {
		if !one.unread {
			continue
		}
		if err := b.unreadAnswers(ctx, s, backend, one, t); err != nil {
			return t.broken, fmt.Errorf("%s: %w", one.name, err)
		}
	}
	return t.broken, nil
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
func (b bombs) unreadAnswers(ctx context.Context, s *scene, backend *web, one bomb, t *check) error {
	h, err := openHop(ctx, s, fmt.Sprintf(bombsHop, path(backend.addr)))
	if err != nil {
		return err
	}
	before, most := h.memory()
	conns := make([]net.Conn, 0, b.unread)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for i := range b.unread {
		conn, err := (&net.Dialer{Timeout: requestLimit}).DialContext(ctx, "tcp", h.addr)
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
		if _, err := io.WriteString(conn, one.request(i, true)); err != nil {
			return err
		}
	}
	// Whoever else asks is served, and after those that came before.
	if got, err := exchange(h.addr, get("/", "web")); err != nil || got.status != 200 {
		return fmt.Errorf("a good request beside them: %d, %w", got.status, err)
	}
	for range 10 {
		now, _ := h.memory()
		most = max(most, now)
		time.Sleep(50 * time.Millisecond)
	}
	t.row(atMost("bytes of memory more", most-before, unreadMemory),
		fmt.Sprintf("%d unread: %s", b.unread, one.name), fmt.Sprint(b.unread*len(one.request(0, true))), "", "", "", "", mebibytes(most-before))
	return h.stop()
}
