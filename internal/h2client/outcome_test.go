package h2client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/h2client"
	"github.com/meshhop/meshhop/internal/h2peer"
)

// TestOutcomes: what is said of a request that failed, for each way in which the peer can make
// it fail. Only what the peer has not processed says so.
func TestOutcomes(t *testing.T) {
	reset := func(code uint32) func(*h2peer.Peer, uint32) {
		return func(p *h2peer.Peer, id uint32) { p.Frame(h2peer.Reset, 0, id, h2peer.Number(code)) }
	}
	away := func(last, code uint32) func(*h2peer.Peer, uint32) {
		return func(p *h2peer.Peer, _ uint32) { p.Frame(h2peer.GoAway, 0, 0, h2peer.Number(last, code)) }
	}
	begin := func(p *h2peer.Peer, id uint32) { p.Frame(h2peer.Headers, h2peer.EndHeaders, id, h2peer.Status200) }
	for _, row := range []struct {
		name        string
		answer      func(p *h2peer.Peer, id uint32)
		op          string
		unprocessed bool
		want        string
	}{
		{"REFUSED_STREAM", reset(7), "read response", true, "the endpoint reset the stream: REFUSED_STREAM"},
		{"CANCEL", reset(8), "read response", false, "the endpoint reset the stream: CANCEL"},
		{"INTERNAL_ERROR", reset(2), "read response", false, "INTERNAL_ERROR"},
		{"PROTOCOL_ERROR", reset(1), "read response", false, "PROTOCOL_ERROR"},
		{"ENHANCE_YOUR_CALM", reset(11), "read response", false, "ENHANCE_YOUR_CALM"},
		{"HTTP_1_1_REQUIRED", reset(13), "read response", false, "HTTP_1_1_REQUIRED"},
		{"unknown code", reset(4711), "read response", false, "error code 0x1267"},
		{"GOAWAY", away(0, 0), "read response", true, "GOAWAY"},
		{"GOAWAY with a code", away(0, 11), "read response", true, "ENHANCE_YOUR_CALM"},
		{"GOAWAY of a later stream, and end", func(p *h2peer.Peer, _ uint32) {
			p.Frame(h2peer.GoAway, 0, 0, h2peer.Number(1, 0))
			p.Close()
		}, "read response", false, "GOAWAY"},
		{"end", func(p *h2peer.Peer, _ uint32) { p.Close() }, "read response", false, "EOF"},
		{"no status", func(p *h2peer.Peer, id uint32) {
			p.Frame(h2peer.Headers, h2peer.EndHeaders|h2peer.EndStream, id, "\x00\x01a\x01b")
		}, "parse response", false, "missing status"},
		{"CANCEL in the body", func(p *h2peer.Peer, id uint32) {
			begin(p, id)
			p.Frame(h2peer.Data, 0, id, "begun")
			reset(8)(p, id)
		}, "read response body", false, "the endpoint reset the stream: CANCEL"},
		{"REFUSED_STREAM in the body", func(p *h2peer.Peer, id uint32) {
			begin(p, id)
			p.Frame(h2peer.Data, 0, id, "begun")
			reset(7)(p, id)
		}, "read response body", false, "the endpoint reset the stream: REFUSED_STREAM"},
		{"end in the body", func(p *h2peer.Peer, id uint32) {
			begin(p, id)
			p.Frame(h2peer.Data, 0, id, "begun")
			p.Close()
		}, "read response body", false, "EOF"},
	} {
		t.Run(row.name, func(t *testing.T) {
			tr := listen(t, h2client.Config{}, func(p *h2peer.Peer, _ int) {
				p.Greet()
				if id, _, err := p.Await(h2peer.Headers); err == nil {
					row.answer(p, id)
					p.Drain()
				}
			})
			e := fails(t, tr, get(t, t.Context()))
			if e.Op != row.op || e.Unprocessed != row.unprocessed || !strings.Contains(e.Error(), row.want) {
				t.Errorf("%s, unprocessed %t: %v", e.Op, e.Unprocessed, e)
			}
			if strings.HasPrefix(row.want, "the endpoint reset") != e.Reset() && row.op == "read response body" {
				t.Errorf("a reset: %t", e.Reset())
			}
		})
	}
}

// TestNoPeer: to a server that does not speak HTTP/2 no connection can be made, and the reason
// is said.
func TestNoPeer(t *testing.T) {
	for _, row := range []struct {
		name   string
		script func(p *h2peer.Peer)
		want   string
	}{
		{"HTTP/1", func(p *h2peer.Peer) { io.WriteString(p, "HTTP/1.1 400 Bad Request\r\n\r\n") }, `does not speak HTTP/2: it sent "HTTP/1.1 400 Bad Request"`},
		{"a few bytes", func(p *h2peer.Peer) { io.WriteString(p, "HTTP/1") }, `does not speak HTTP/2: it sent "HTTP/1"`},
		{"something", func(p *h2peer.Peer) { io.WriteString(p, "220 mail ready\r\n") }, `does not speak HTTP/2: it sent "220 mail ready"`},
		{"nothing", func(p *h2peer.Peer) {}, "closed the connection before it said that it speaks HTTP/2"},
		{"acknowledgement first", func(p *h2peer.Peer) { p.Frame(h2peer.Settings, h2peer.Ack, 0, ""); p.Drain() }, "does not speak HTTP/2"},
	} {
		t.Run(row.name, func(t *testing.T) {
			tr := listen(t, h2client.Config{}, func(p *h2peer.Peer, _ int) {
				p.Preface()
				row.script(p)
				_, _, _, _, _ = p.Next() // or what the client sent would make the system reset the connection
			})
			e := fails(t, tr, get(t, t.Context()))
			if e.Op != "connect" || !strings.Contains(e.Error(), row.want) {
				t.Errorf("%s: %v", e.Op, e)
			}
			if s := tr.Stats(); s.ConnectFailures != 1 || s.Connects != 0 || s.Open != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestCallerLeaves: the peer is told (vector 443), before the response and in the middle of it.
func TestCallerLeaves(t *testing.T) {
	for _, during := range []bool{false, true} {
		code, began := make(chan string, 1), make(chan struct{})
		tr := listen(t, h2client.Config{}, func(p *h2peer.Peer, _ int) {
			p.Greet()
			id, _, _ := p.Await(h2peer.Headers)
			if during {
				p.Frame(h2peer.Headers, h2peer.EndHeaders, id, h2peer.Status200)
			}
			close(began)
			_, payload, _ := p.Await(h2peer.Reset)
			code <- string(payload)
			p.Drain()
		})
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("the caller left")
		if !during {
			go func() {
				<-began
				cancel(why)
			}()
		}
		resp, err := tr.RoundTrip(get(t, ctx))
		if during {
			if err != nil {
				t.Fatal(err)
			}
			cancel(why)
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		if !errors.Is(err, why) || !errors.Is(err, context.Canceled) {
			t.Errorf("during %t: %v", during, err)
		}
		if got := <-code; got != h2peer.Number(8) {
			t.Errorf("during %t: code %x, want CANCEL", during, got)
		}
		cancel(nil)
	}
}

// stalled is a body of which nothing comes until it is let go.
type stalled struct{ let chan struct{} }

func (s stalled) Read([]byte) (int, error) { <-s.let; return 0, io.EOF }
func (s stalled) Close() error             { return nil }

// TestStalledBody: a caller that sends nothing holds up neither the error nor the response, nor
// the end of that.
func TestStalledBody(t *testing.T) {
	for _, row := range []struct {
		name   string
		answer func(p *h2peer.Peer, id uint32)
		want   string
	}{
		{"reset", func(p *h2peer.Peer, id uint32) { p.Frame(h2peer.Reset, 0, id, h2peer.Number(7)) }, "REFUSED_STREAM"},
		{"end", func(p *h2peer.Peer, id uint32) { p.Close() }, "EOF"},
		{"200", func(p *h2peer.Peer, id uint32) {
			p.Frame(h2peer.Headers, h2peer.EndHeaders, id, h2peer.Status200)
			p.Frame(h2peer.Data, h2peer.EndStream, id, "ok")
		}, ""},
		{"404", func(p *h2peer.Peer, id uint32) {
			p.Frame(h2peer.Headers, h2peer.EndHeaders, id, "\x8d")
			p.Frame(h2peer.Data, h2peer.EndStream, id, "ok")
		}, ""},
		{"404 without a body", func(p *h2peer.Peer, id uint32) {
			p.Frame(h2peer.Headers, h2peer.EndHeaders|h2peer.EndStream, id, "\x8d")
		}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			tr := listen(t, h2client.Config{}, func(p *h2peer.Peer, _ int) {
				p.Greet()
				if id, _, err := p.Await(h2peer.Headers); err == nil {
					row.answer(p, id)
					p.Drain()
				}
			})
			let, done := make(chan struct{}), make(chan struct{})
			defer close(let)
			r := get(t, t.Context())
			r.Method, r.Body, r.ContentLength = http.MethodPost, stalled{let}, -1
			go func() {
				defer close(done)
				if row.want != "" {
					if e := fails(t, tr, r); !strings.Contains(e.Error(), row.want) {
						t.Errorf("%v", e)
					}
					return
				}
				answered(t, tr, r)
			}()
			soon(t, done, "the end of the request")
		})
	}
}
