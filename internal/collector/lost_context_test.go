package collector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/collector"
)

// mesh makes the spans that a hop reports of requests between services, in which the
// services make none.
type mesh struct {
	spans []Span
	ids   int
}

func (m *mesh) id() string {
	m.ids++
	return fmt.Sprintf("%x", m.ids)
}

// request is one from an address to a service at an address; it continues the span parent
// of a trace, or begins one. Times are in microseconds. It returns the trace and the span
// of the call, for requests that continue it.
func (m *mesh) request(from, to, service, trace, parent string, begin, end int64) (string, string) {
	server, client := m.id(), m.id()
	if trace == "" {
		trace = server
	}
	m.spans = append(m.spans,
		Span{TraceID: trace, ID: server, ParentID: parent, Kind: "SERVER", Name: "http " + service, Timestamp: walkStart + begin, Duration: end - begin,
			Local: &Endpoint{ServiceName: "0.0.0.0/4140", IPv4: "10.9.9.9", Port: 4140}, Remote: &Endpoint{IPv4: from, Port: 40000 + m.ids%20000},
			Tags: map[string]string{"router.label": "http"}},
		Span{TraceID: trace, ID: client, ParentID: server, Kind: "CLIENT", Name: "get /" + service, Timestamp: walkStart + begin + 1, Duration: end - begin - 2,
			Local: &Endpoint{ServiceName: service, IPv4: "10.9.9.9"}, Remote: &Endpoint{IPv4: to, Port: 8080}})
	return trace, client
}

// lostIn returns what the pages of all traces guess.
func (m *mesh) guesses(t *testing.T) []string {
	s := start(t, collector.Config{})
	s.post(m.spans...)
	traces := map[string]bool{}
	var out []string
	for _, sp := range m.spans {
		if traces[sp.TraceID] {
			continue
		}
		traces[sp.TraceID] = true
		for _, g := range s.page("/traces/"+sp.TraceID).all("section", "guesses") {
			for _, text := range texts(g.all("li", "")) {
				out = append(out, sp.TraceID+": "+text)
			}
		}
	}
	return out
}

const user, hello, worldAt = "10.0.0.1", "10.0.0.2", "10.0.0.3"

func TestLostContext(t *testing.T) {
	m := &mesh{}
	m.request(user, hello, "hello", "", "", 0, 1000)     // trace 1
	m.request(hello, worldAt, "world", "", "", 100, 900) // trace 3
	guesses := m.guesses(t)
	same(t, "guesses", guesses, []string{
		"1: Probably continued as trace 0000000000000003, “http world”. Its first request came without a trace context from 10.0.0.2 while hello had this request and no other there. Around the time of this trace, 1 of 1 such calls from there came without one.",
		"3: Probably caused by “get /hello” of trace 0000000000000001. The first request of this trace came without a trace context from 10.0.0.2 while hello had this request and no other there. Around the time of this trace, 1 of 1 such calls from there came without one.",
	})
	s := start(t, collector.Config{})
	s.post(m.spans...)
	page := s.page("/traces/1")
	contains(t, page.id("span-0000000000000002").text(), "a guess: continued as trace 0000000000000003")
	link := s.page("/traces/3").all("section", "guesses")[0].all("a", "")[0].attr("href")
	contains(t, s.page(link).all("section", "panel")[0].text(), "get /hello")
}

// TestOneOfSeveral: of a service's requests at the same time, any may be the cause.
func TestOneOfSeveral(t *testing.T) {
	m := &mesh{}
	m.request(user, hello, "hello", "", "", 0, 1000)
	m.request(user, hello, "hello", "", "", 50, 1050)
	m.request(hello, worldAt, "world", "", "", 100, 900)
	guesses := m.guesses(t)
	if len(guesses) != 3 {
		t.Errorf("%d guesses, want 3: %q", len(guesses), guesses)
	}
	for _, g := range guesses {
		contains(t, g, "hello had 2 requests there, of which this is one")
	}
}

// TestOneThatEndsBefore: a request that ended before the call is not its cause.
func TestOneThatEndsBefore(t *testing.T) {
	m := &mesh{}
	m.request(user, hello, "hello", "", "", 0, 500)
	m.request(user, hello, "hello", "", "", 50, 1050)
	m.request(hello, worldAt, "world", "", "", 100, 900)
	guesses := m.guesses(t)
	if len(guesses) != 2 {
		t.Errorf("%d guesses, want 2: %q", len(guesses), guesses)
	}
	for _, g := range guesses {
		contains(t, g, "hello had this request and no other there")
	}
}

// TestUploadedTracesAreNoReason: what a file says of addresses here is not asked.
func TestUploadedTracesAreNoReason(t *testing.T) {
	m := &mesh{}
	m.request(user, hello, "hello", "", "", 0, 1000)
	m.request(hello, worldAt, "world", "", "", 100, 900)
	s := start(t, collector.Config{})
	if status, text, _ := s.upload("file", asJSON(t, m.spans[:2])); status != 303 {
		t.Fatal(status, text)
	}
	s.post(m.spans[2:]...)
	for _, trace := range []string{"1", "3"} {
		if n := len(s.page("/traces/"+trace).all("section", "guesses")); n != 0 {
			t.Errorf("there is a guess for trace %s", trace)
		}
	}
}

// TestNoGuess: what else can be the reason of a request without a context.
func TestNoGuess(t *testing.T) {
	for name, run := range map[string]func(m *mesh){
		"it goes on": func(m *mesh) {
			trace, span := m.request(user, hello, "hello", "", "", 0, 1000)
			m.request(hello, worldAt, "world", trace, span, 100, 900)
		},
		"it comes later": func(m *mesh) {
			m.request(user, hello, "hello", "", "", 0, 1000)
			m.request(hello, worldAt, "world", "", "", 1100, 1900)
		},
		"it takes longer": func(m *mesh) {
			m.request(user, hello, "hello", "", "", 0, 1000)
			m.request(hello, worldAt, "world", "", "", 100, 1100)
		},
		"from another host": func(m *mesh) {
			m.request(user, hello, "hello", "", "", 0, 1000)
			m.request(user, worldAt, "world", "", "", 100, 900)
		},
		"two services were there": func(m *mesh) {
			m.request(user, hello, "hello", "", "", 0, 1000)
			m.request(user, hello, "other", "", "", 0, 1000)
			m.request(hello, worldAt, "world", "", "", 100, 900)
		},
		"such requests also come when nobody is there": func(m *mesh) {
			m.request(user, hello, "hello", "", "", 0, 1000)
			m.request(hello, worldAt, "world", "", "", 100, 900)
			m.request(hello, worldAt, "world", "", "", 5000, 5900)
		},
		"one of two takes longer": func(m *mesh) {
			m.request(user, hello, "hello", "", "", 0, 1000)
			m.request(hello, worldAt, "world", "", "", 100, 900)
			m.request(user, hello, "hello", "", "", 5000, 6000)
			m.request(hello, worldAt, "world", "", "", 5100, 6500)
		},
		"it is mostly not clear": func(m *mesh) {
			m.request(user, hello, "hello", "", "", 0, 1000)
			m.request(hello, worldAt, "world", "", "", 100, 900)
			m.request(user, hello, "hello", "", "", 5000, 6000)
			m.request(user, hello, "other", "", "", 5000, 6000)
			m.request(hello, worldAt, "world", "", "", 5100, 5200)
			m.request(hello, worldAt, "world", "", "", 5300, 5400)
		},
		"the service reports its calls": func(m *mesh) {
			m.spans = append(m.spans,
				Span{TraceID: "a1", ID: "a1", Kind: "SERVER", Timestamp: walkStart, Duration: 1000, Local: &Endpoint{ServiceName: "shop", IPv4: hello}, Remote: &Endpoint{IPv4: user}},
				Span{TraceID: "a1", ID: "a2", ParentID: "a1", Kind: "CLIENT", Timestamp: walkStart + 50, Duration: 900, Local: &Endpoint{ServiceName: "shop", IPv4: hello}, Remote: &Endpoint{IPv4: worldAt}})
			m.request(hello, worldAt, "world", "", "", 100, 900)
		},
		"most calls of the service go on": func(m *mesh) {
			for i := range int64(20) {
				trace, span := m.request(user, hello, "hello", "", "", 10_000*i, 10_000*i+1000)
				m.request(hello, worldAt, "world", trace, span, 10_000*i+100, 10_000*i+900)
			}
			m.request(user, hello, "hello", "", "", 900_000, 901_000)
			m.request(hello, worldAt, "world", "", "", 900_100, 900_900)
		},
		"the next hop reports the request": func(m *mesh) {
			trace, span := m.request(user, hello, "hello", "", "", 0, 1000)
			m.spans = append(m.spans, Span{TraceID: trace, ID: m.id(), ParentID: span, Kind: "SERVER", Timestamp: walkStart + 10, Duration: 900,
				Local: &Endpoint{ServiceName: "4141", IPv4: hello, Port: 8080}, Remote: &Endpoint{IPv4: "10.9.9.9"}, Tags: map[string]string{"router.label": "in"}})
			m.request(hello, worldAt, "world", "", "", 100, 900)
		},
		"too much at once": func(m *mesh) {
			for i := range int64(100) {
				m.request(user, hello, "hello", "", "", i, 1000)
			}
			m.request(hello, worldAt, "world", "", "", 200, 900)
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := &mesh{}
			run(m)
			if guesses := m.guesses(t); len(guesses) > 0 {
				t.Errorf("%q", guesses)
			}
		})
	}
}

// TestOwnSpans: a service that reports its own server span and loses the context.
func TestOwnSpans(t *testing.T) {
	m := &mesh{}
	m.spans = append(m.spans, Span{TraceID: "a1", ID: "a1", Kind: "SERVER", Name: "get", Timestamp: walkStart, Duration: 1000,
		Local: &Endpoint{ServiceName: "shop", IPv4: hello}, Remote: &Endpoint{IPv4: user}})
	m.request(hello, worldAt, "world", "", "", 100, 900)
	if guesses := m.guesses(t); len(guesses) != 2 {
		t.Errorf("%q", guesses)
	}
}

// TestFiftyHonestServices: services that call each other at once, each at its own address
// or all at that of the users, cause no guess; and one that loses the context among them
// is the only one of which there are any.
func TestFiftyHonestServices(t *testing.T) {
	for _, row := range []struct {
		name   string
		at     func(i int) string
		losing int
	}{
		{"each at its address", func(i int) string { return fmt.Sprintf("10.1.0.%d", i+1) }, -1},
		{"all at one address", func(int) string { return user }, -1},
		{"one loses it", func(i int) string { return fmt.Sprintf("10.1.0.%d", i+1) }, 7},
	} {
		t.Run(row.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(3, 4))
			m := &mesh{}
			for i := range 50 {
				at := int64(0)
				for range 6 {
					took := 1000 + random.Int64N(20_000)
					next := random.IntN(50)
					trace, span := m.request(user, row.at(i), fmt.Sprintf("s%d", i), "", "", at, at+took)
					if i == row.losing {
						trace, span = "", ""
					}
					m.request(row.at(i), row.at(next), fmt.Sprintf("s%d", next), trace, span, at+took/4, at+took/2)
					at += took + random.Int64N(10_000)
				}
			}
			guesses := m.guesses(t)
			if row.losing < 0 && len(guesses) > 0 {
				t.Errorf("%d guesses: %q", len(guesses), guesses[:min(len(guesses), 5)])
			}
			if row.losing >= 0 && len(guesses) == 0 {
				t.Error("no guess")
			}
			for _, g := range guesses {
				if !strings.Contains(g, fmt.Sprintf("while s%d had", row.losing)) {
					t.Error(g)
				}
			}
		})
	}
}
