package trace_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

func TestPropagators(t *testing.T) {
	all := tracetest.Carries{Parent: true, UndecidedParent: true, Undecided: true, Debug: true, Flags: true, Zero: true}
	both := all
	both.State, both.Random = true, true
	list := []trace.Propagator{trace.L5d(), trace.W3C()}
	for name, row := range map[string]struct {
		p       trace.Propagator
		carries tracetest.Carries
	}{
		"l5d":       {trace.L5d(), all},
		"b3":        {trace.B3(), tracetest.Carries{Parent: true, UndecidedParent: true, Undecided: true, Debug: true, Zero: true}},
		"b3 single": {trace.B3Single(), tracetest.Carries{Parent: true, Undecided: true, Debug: true, Zero: true}},
		"w3c":       {trace.W3C(), tracetest.Carries{State: true, Random: true}},
		"bridge":    {trace.Bridge(list, list), both},
	} {
		t.Run(name, func(t *testing.T) { tracetest.TestPropagator(t, row.p, row.carries) })
	}
}

func TestB3Extract(t *testing.T) {
	for _, row := range []struct {
		vector string
		header map[string]string
		want   string // trace span parent flags decision, "" for none
	}{
		{"18", map[string]string{"traceid": "7b", "spanid": "7b"}, "000000000000007b 000000000000007b - 0 undecided"},
		{"19", map[string]string{"traceid": "463ac35c9f6413ad48485a3953bb6124", "spanid": "463ac35c9f6413ad48485a3953bb6124"}, "463ac35c9f6413ad48485a3953bb6124 48485a3953bb6124 - 0 undecided"},
		{"19", map[string]string{"traceid": "1", "spanid": "rofl"}, ""},
		{"19", map[string]string{"traceid": "1", "spanid": "8000000000000000"}, "0000000000000001 8000000000000000 - 0 undecided"},
		{"", map[string]string{"traceid": "1"}, ""},
		{"", map[string]string{"spanid": "2"}, "0000000000000002 0000000000000002 - 0 undecided"},
		{"", map[string]string{"spanid": "2", "parentspanid": "1"}, "0000000000000001 0000000000000002 0000000000000001 0 undecided"},
		{"", map[string]string{"traceid": "rofl", "spanid": "2", "parentspanid": "2"}, "0000000000000002 0000000000000002 - 0 undecided"},
		{"", map[string]string{"traceid": "zz3ac35c9f6413ad48485a3953bb6124", "spanid": "2"}, "0000000000000002 0000000000000002 - 0 undecided"},
		{"", map[string]string{"traceid": "1", "spanid": "2", "sampled": "1"}, "0000000000000001 0000000000000002 - 0 keep"},
		{"", map[string]string{"traceid": "1", "spanid": "2", "sampled": "TRUE"}, "0000000000000001 0000000000000002 - 0 keep"},
		{"", map[string]string{"traceid": "1", "spanid": "2", "sampled": "t"}, "0000000000000001 0000000000000002 - 0 keep"},
		{"", map[string]string{"traceid": "1", "spanid": "2", "sampled": "0"}, "0000000000000001 0000000000000002 - 0 drop"},
		{"", map[string]string{"traceid": "1", "spanid": "2", "sampled": "nonsense"}, "0000000000000001 0000000000000002 - 0 drop"},
		{"", map[string]string{"traceid": "1", "spanid": "2", "sampled": "0", "flags": "1"}, "0000000000000001 0000000000000002 - 1 keep"},
		{"", map[string]string{"traceid": "1", "spanid": "2", "flags": "6"}, "0000000000000001 0000000000000002 - 6 keep"},
		{"", map[string]string{"traceid": "1", "spanid": "2", "flags": "rofl"}, "0000000000000001 0000000000000002 - 0 undecided"},
		{"", map[string]string{"traceid": "1", "spanid": "2", "flags": "-1"}, "0000000000000001 0000000000000002 - ffffffffffffffff keep"},
	} {
		t.Run(vectorName(row.vector, fmt.Sprint(row.header)), func(t *testing.T) {
			h := http.Header{}
			for k, v := range row.header {
				h.Set("x-b3-"+k, v)
			}
			c, ok := trace.B3().Extract(h)
			if got := summary(c, ok); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestB3Inject(t *testing.T) {
	parent, ok := trace.B3().Extract(http.Header{"X-B3-Spanid": {"2"}, "X-B3-Traceid": {"463ac35c9f6413ad48485a3953bb6124"}})
	if !ok {
		t.Fatal("nothing extracted")
	}
	child := parent
	child.Parent = parent.Span
	debug := child
	debug.Flags = 1 | 1<<43
	debug.Sampling = trace.Drop
	for name, row := range map[string]struct {
		c    trace.Context
		want http.Header
	}{
		"an undecided root": {parent, http.Header{
			"X-B3-Traceid": {"463ac35c9f6413ad48485a3953bb6124"}, "X-B3-Spanid": {"0000000000000002"}}},
		"a debug child": {debug, http.Header{
			"X-B3-Traceid": {"463ac35c9f6413ad48485a3953bb6124"}, "X-B3-Spanid": {"0000000000000002"},
			"X-B3-Parentspanid": {"0000000000000002"}, "X-B3-Sampled": {"1"}, "X-B3-Flags": {"1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{"X-B3-Parentspanid": {"9"}, "x-b3-flags": {"1"}, "X-B3-Sampled": {"0"}}
			trace.B3().Inject(h, row.c)
			if d := cmp.Diff(row.want, h); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSampleRate(t *testing.T) {
	span := "1"
	for _, row := range []struct {
		name   string
		p      trace.Propagator
		header map[string]string
		want   string
	}{
		{"b3 number", trace.B3(), map[string]string{"x-b3-sampled": "0.3"}, "0.3"},
		{"b3 one", trace.B3(), map[string]string{"x-b3-sampled": "1"}, "1"},
		{"b3 clamped", trace.B3(), map[string]string{"x-b3-sampled": "7"}, "1"},
		{"b3 word", trace.B3(), map[string]string{"x-b3-sampled": "true"}, "none"},
		{"b3 ignores l5d-sample", trace.B3(), map[string]string{"l5d-sample": "1"}, "none"},
		{"b3 single, a decision only", trace.B3Single(), map[string]string{"b3": "0"}, "0"},
		{"b3 single, a context", trace.B3Single(), map[string]string{"b3": "1-1-1"}, "none"},
		{"b3 single, l5d-sample", trace.B3Single(), map[string]string{"l5d-sample": "0.5"}, "0.5"},
		{"bridge, l5d-sample first", bridge(trace.B3(), trace.L5d()), map[string]string{"l5d-sample": "0.5", "x-b3-sampled": "1", "x-b3-spanid": span}, "0.5"},
		{"bridge, the winner's", bridge(trace.B3(), trace.L5d()), map[string]string{"x-b3-sampled": "0.5", "x-b3-spanid": span}, "0.5"},
		{"bridge, not a loser's", bridge(trace.L5d(), trace.B3()), map[string]string{
			"l5d-ctx-trace": "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY=", "x-b3-sampled": "0", "x-b3-spanid": span}, "none"},
		{"bridge, no context at all", bridge(trace.L5d(), trace.B3()), map[string]string{"x-b3-sampled": "0"}, "0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := http.Header{}
			for k, v := range row.header {
				h.Set(k, v)
			}
			rate, ok := row.p.(interface {
				SampleRate(http.Header) (float64, bool)
			}).SampleRate(h)
			got := "none"
			if ok {
				got = fmt.Sprint(rate)
			}
			if got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestB3SingleExtract(t *testing.T) {
	const ids = "463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312"
	const want = "463ac35c9f6413ad48485a3953bb6124 a2fb4a1d1a96d312 "
	for value, want := range map[string]string{
		ids:                                want + "- 0 undecided",
		ids + "-1":                         want + "- 0 keep",
		ids + "-0":                         want + "- 0 drop",
		ids + "-d":                         want + "- 1 keep",
		ids + "-1-05e3ac9a4f6e3b90":        want + "05e3ac9a4f6e3b90 0 keep",
		ids + "-1-a2fb4a1d1a96d312":        want + "- 0 keep",
		ids + "-2":                         "",
		ids + "-1-zz":                      "",
		ids + "-1-05e3ac9a4f6e3b90-1":      "",
		"0" + ids:                          "",
		"463ac35c9f6413ad48485a3953bb6124": "",
		"0":                                "",
		"":                                 "",
		"0-1":                              "",
		"1-0":                              "",
		"7b-7c":                            "000000000000007b 000000000000007c - 0 undecided",
	} {
		t.Run(value, func(t *testing.T) {
			c, ok := trace.B3Single().Extract(http.Header{"B3": {value}})
			if got := summary(c, ok); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestW3CExtract(t *testing.T) {
	const ids = "-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-"
	const want = "4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 - 0 "
	for value, want := range map[string]string{
		"00" + ids + "01":                  want + "keep",
		"00" + ids + "00":                  want + "drop",
		"00" + ids + "02":                  want + "drop",
		"00" + ids + "ff":                  want + "keep",
		"00" + ids + "01-":                 "",
		"00" + ids + "01-what":             "",
		"00" + ids + "1":                   "",
		"00" + ids + "0g":                  "",
		"01" + ids + "01":                  want + "keep",
		"cc" + ids + "01-what":             want + "keep",
		"cc" + ids + "01what":              "",
		"cc" + ids + "01.what":             "",
		"ff" + ids + "01":                  "",
		"0G" + ids + "01":                  "",
		" 00" + ids + "01":                 "",
		"00" + strings.ToUpper(ids) + "01": "",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01": "",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01": "",
		"00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01":  "",
		"00-0000000000000000a3ce929d0e0e4736-00f067aa0ba902b7-01": "a3ce929d0e0e4736 00f067aa0ba902b7 - 0 keep",
		"00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01": "",
		"": "",
	} {
		t.Run(value, func(t *testing.T) {
			c, ok := trace.W3C().Extract(http.Header{"Traceparent": {value}})
			if got := summary(c, ok); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	t.Run("twice", func(t *testing.T) {
		if _, ok := trace.W3C().Extract(http.Header{"Traceparent": {"00" + ids + "01", "00" + ids + "01"}}); ok {
			t.Error("two of them were read")
		}
	})
}

func TestTracestate(t *testing.T) {
	big := "big=" + strings.Repeat("x", 200)
	var many, full []string
	for i := range 33 {
		many = append(many, fmt.Sprintf("k%d=v", i))
	}
	for i := range 31 {
		full = append(full, fmt.Sprintf("k%d=%s", i, strings.Repeat("v", 80)))
	}
	for name, row := range map[string]struct {
		lines []string
		want  string
	}{
		"none":                       {nil, ""},
		"one":                        {[]string{"a=1"}, "a=1"},
		"joined":                     {[]string{"a=1,b=2", "c=3"}, "a=1,b=2,c=3"},
		"white space and empty":      {[]string{" a=1 ,\t, b=2", "", " "}, "a=1,b=2"},
		"malformed":                  {[]string{"a=1", "nonsense"}, ""},
		"the same key twice":         {[]string{"a=1", "a=2"}, ""},
		"thirty-three":               {many, ""},
		"thirty-two":                 {many[:32], strings.Join(many[:32], ",")},
		"big ones fit":               {[]string{big, "a=1"}, big + ",a=1"},
		"too much: the big one goes": {append([]string{big}, full[:23]...), strings.Join(full[:23], ",")},
		"too much: then the last go": {full, strings.Join(full[:24], ",")},
		"an attack":                  {[]string{strings.Repeat("a", 1<<20)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{"Traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}}
			if row.lines != nil {
				h["Tracestate"] = row.lines
			}
			c, ok := trace.W3C().Extract(h)
			if !ok || c.State != row.want {
				t.Errorf("got %q, %v, want %q", c.State, ok, row.want)
			}
		})
	}
}

func TestBridge(t *testing.T) {
	const l5d = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY="
	p := trace.Bridge([]trace.Propagator{trace.L5d(), trace.B3(), trace.W3C()}, []trace.Propagator{trace.B3Single(), trace.W3C()})
	t.Run("the first wins, the tracestate of its trace stays", func(t *testing.T) {
		h := http.Header{
			"L5d-Ctx-Trace": {l5d},
			"X-B3-Spanid":   {"9"},
			"Traceparent":   {"00-00000000000000000000000000000001-0000000000000003-00"},
			"Tracestate":    {"a=1"},
		}
		c, ok := p.Extract(h)
		if got, want := summary(c, ok)+" "+c.State, "0000000000000001 0000000000000003 0000000000000002 6 keep a=1"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		h["Traceparent"][0] = strings.Replace(h["Traceparent"][0], "1-", "2-", 1)
		if c, _ := p.Extract(h); c.State != "" {
			t.Errorf("took the tracestate of another trace: %q", c.State)
		}
		delete(h, "L5d-Ctx-Trace")
		if c, _ := p.Extract(h); c.Span.String() != "0000000000000009" {
			t.Errorf("the second in the list did not win: %+v", c)
		}
	})
	t.Run("writes all of the other list", func(t *testing.T) {
		c, _ := trace.L5d().Extract(http.Header{"L5d-Ctx-Trace": {l5d}})
		h := http.Header{}
		p.Inject(h, c)
		want := http.Header{
			"B3":          {"0000000000000001-0000000000000003-1-0000000000000002"},
			"Traceparent": {"00-00000000000000000000000000000001-0000000000000003-01"},
		}
		if d := cmp.Diff(want, h); d != "" {
			t.Error(d)
		}
		h.Set(ctxhdr.TraceName, l5d)
		p.Clear(h)
		if len(h) != 0 {
			t.Errorf("left %v", h)
		}
	})
}

func bridge(ps ...trace.Propagator) trace.Propagator { return trace.Bridge(ps, ps) }

func summary(c trace.Context, ok bool) string {
	if !ok {
		return ""
	}
	id, parent := c.Trace.String(), "-"
	if !c.Wide {
		id = id[16:]
	}
	if c.Parent.IsValid() {
		parent = c.Parent.String()
	}
	return fmt.Sprintf("%s %s %s %x %v", id, c.Span, parent, c.Flags, c.Decision())
}

func vectorName(vector, name string) string {
	if vector == "" {
		return name
	}
	return "vector " + vector + ": " + name
}
