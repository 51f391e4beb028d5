package h1_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// editing is a HeaderEdit.
type editing struct {
	omit []string
	add  [][2]string
}

func (e *editing) Omits(name string) bool { return slices.Contains(e.omit, name) }

func (e *editing) Field(i int) (name, value string, ok bool) {
	if i >= len(e.add) {
		return "", "", false
	}
	return e.add[i][0], e.add[i][1], true
}

// TestHeaderEdit: the header that is written is that of the request without the omitted
// and with the added fields. The request's own header does not change.
func TestHeaderEdit(t *testing.T) {
	for _, c := range []struct {
		name   string
		header http.Header
		close  bool
		omit   []string
		add    [][2]string
		want   []string
	}{
		{name: "no edit", header: http.Header{"A": {"1"}}, want: []string{"A: 1", "Host: example.test"}},
		{name: "omitted", header: http.Header{"A": {"1", "2"}, "B": {"3"}}, omit: []string{"A"}, want: []string{"B: 3", "Host: example.test"}},
		{name: "added", header: http.Header{"B": {"3"}}, add: [][2]string{{"A", "1"}, {"A", "2"}}, want: []string{"A: 1", "A: 2", "B: 3", "Host: example.test"}},
		{name: "replaced, in lower case", header: http.Header{"L5d-Ctx-Trace": {"old"}}, omit: []string{"L5d-Ctx-Trace"},
			add: [][2]string{{"L5d-Ctx-Trace", "new"}}, want: []string{"Host: example.test", "l5d-ctx-trace: new"}},
		{name: "added although omitted", add: [][2]string{{"A", "1"}}, omit: []string{"A"}, want: []string{"A: 1", "Host: example.test"}},
		{name: "a connection that is closed is so whatever is omitted", close: true, header: http.Header{"Connection": {"close"}},
			omit: []string{"Connection"}, want: []string{"Connection: close", "Host: example.test"}},
		{name: "a connection that is added", close: true, add: [][2]string{{"Connection", "close"}}, want: []string{"Connection: close", "Host: example.test"}},
		{name: "framing is ours", add: [][2]string{{"Content-Length", "5"}, {"Host", "evil"}, {"Transfer-Encoding", "chunked"}}, want: []string{"Host: example.test"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			heads := make(chan string, 1)
			ps := newPeers(t, func(p *peer) {
				heads <- p.head()
				p.send("HTTP/1.1 204 No Content\r\n\r\n")
			})
			req := newRequest(t, "GET", nil)
			if c.header != nil {
				req.Header = c.header
			}
			req.Close = c.close
			before := req.Header.Clone()
			x := &relay.Exchange{}
			if c.omit != nil || c.add != nil {
				x.Edit = &editing{c.omit, c.add}
			}
			roundTrip(t, sending{to(t, ps.addr), x}, req)
			lines := strings.Split(strings.TrimSuffix(<-heads, "\r\n\r\n"), "\r\n")[1:]
			if got := slices.Sorted(slices.Values(lines)); !slices.Equal(got, c.want) {
				t.Errorf("lines %q, want %q", got, c.want)
			}
			for name, values := range before {
				if !slices.Equal(values, req.Header[name]) {
					t.Errorf("the request's %s became %q", name, req.Header[name])
				}
			}
		})
	}
}

// TestRefusedEdits: an edit cannot add fields that are not valid.
func TestRefusedEdits(t *testing.T) {
	for _, field := range [][2]string{{"A", "b\r\nC: d"}, {"A b", "c"}, {"", "c"}, {"content-length", "5"}, {"A", "\x00"}} {
		ps := responding(t, "")
		_, err := to(t, ps.addr).Send(newRequest(t, "GET", nil), &relay.Exchange{Edit: &editing{add: [][2]string{field}}})
		wantError(t, err, relay.OpRequest, wroteNothing, false)
		if !errors.Is(err, h1.ErrInvalidRequest) {
			t.Errorf("%q: %v", field, err)
		}
		if ps.count.Load() != 0 {
			t.Errorf("%q: a connection was made", field)
		}
	}
}

// TestEditIsRepeated: a request that is sent again has the same edit.
func TestEditIsRepeated(t *testing.T) {
	heads := make(chan string, 3)
	ps := newPeers(t, func(p *peer) {
		heads <- p.head()
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		if p.number == 1 {
			heads <- p.head() // and no response: the connection closes
			return
		}
	})
	transport := sending{to(t, ps.addr), &relay.Exchange{Edit: &editing{[]string{"A"}, [][2]string{{"B", "2"}}}}}
	for range 2 {
		req := newRequest(t, "GET", nil)
		req.Header.Set("A", "1")
		resp := roundTrip(t, transport, req)
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	for range 3 {
		if head := <-heads; strings.Contains(head, "A: 1") || strings.Count(head, "\r\nB: 2\r\n") != 1 {
			t.Errorf("head %q", head)
		}
	}
}
