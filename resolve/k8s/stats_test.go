package k8s_test

import (
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// statsOf are those of a resource, without the zeros of its counters. Every kind
// of failure and event must be there from the start.
func statsOf(t *testing.T, c *k8s.Client, resource string) resolve.WatchStats {
	t.Helper()
	synctest.Wait()
	for _, s := range c.Stats() {
		if s.Resource != resource {
			continue
		}
		if len(s.Events) != 5 || len(s.Failures) != 11 {
			t.Errorf("%d kinds of events, %d of failures: %+v", len(s.Events), len(s.Failures), s)
		}
		for _, counters := range []map[string]uint64{s.Events, s.Failures} {
			for kind, n := range counters {
				if n == 0 {
					delete(counters, kind)
				}
			}
		}
		return s
	}
	t.Fatalf("no stats of %s in %+v", resource, c.Stats())
	return resolve.WatchStats{}
}

// counted is how often something was.
type counted = map[string]uint64

// TestStats: what a client tells of its watches, as a name is looked up, changes,
// and is no longer of interest.
func TestStats(t *testing.T) {
	var s k8stest.Server
	s.Bind("default", "hello", "http", "10.0.0.1:80")
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, &s)
		n, err := k8s.New(k8s.Config{Client: c})
		if err != nil {
			t.Fatal(err)
		}
		if all := c.Stats(); len(all) != 0 {
			t.Errorf("nothing is watched, and there are %+v", all)
		}
		want := resolve.WatchStats{Resource: "endpointslices", Watches: 1, Connected: 1, Objects: 1, Events: counted{}, Failures: counted{}}
		check := func(what string) {
			t.Helper()
			got := statsOf(t, c, "endpointslices")
			if (got.Bytes > 0) != (got.Objects > 0) {
				t.Errorf("%s: %d objects in %d bytes", what, got.Objects, got.Bytes)
			}
			want.Bytes = got.Bytes
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		hello := see(t, n, "/default/http/hello")
		check("looked up")
		one := want.Bytes // with what is around it in a list

		s.Bind("default", "hello", "http", "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80")
		want.Events["modified"]++
		if check("more pods"); want.Bytes <= one {
			t.Errorf("four pods have %d bytes, one %d", want.Bytes, one)
		}
		s.Bind("default", "hello", "http", "10.0.0.1:80", "[fd00::1]:80")
		want.Events["modified"]++
		want.Events["added"]++
		want.Objects++
		check("another family")
		s.Bookmark("endpointslices")
		want.Events["bookmark"]++
		check("a bookmark")
		s.Send("endpointslices", `{"type":"NEWS","object":{}}`)
		s.Send("endpointslices", `{"type":"ADDED","object":{"metadata":{}}}`)
		want.Events["unknown"] += 2
		check("what is not known")

		before := want.Bytes
		s.Forget(false)
		s.Cut("endpointslices")
		time.Sleep(time.Minute)
		want.Relists++
		const envelope = 200
		if check("the server has forgotten"); want.Bytes < before || want.Bytes > before+envelope {
			t.Errorf("a list has %d bytes, the events had %d", want.Bytes, before)
		}

		end := s.Fail("", "endpointslices", k8stest.Status(500, "InternalError", "broken"))
		s.Cut("endpointslices")
		synctest.Wait()
		failed := time.Now()
		time.Sleep(10 * time.Minute)
		want.Connected, want.Failing = 0, 1
		got := statsOf(t, c, "endpointslices")
		want.Age, want.Failures["server_error"] = got.Age, got.Failures["server_error"]
		if since := time.Since(failed); got.Age > since || got.Age < since-10*time.Second || got.Failures["server_error"] < 10 {
			t.Errorf("failed for %v: %+v", since, got)
		}
		check("an outage")
		end()
		time.Sleep(time.Minute)
		want.Connected, want.Failing, want.Age = 1, 0, 0
		want.Failures["server_error"] = statsOf(t, c, "endpointslices").Failures["server_error"]
		check("after the outage")

		s.Delete("EndpointSlice", "default", "hello-ipv6-80")
		want.Events["deleted"]++
		want.Objects--
		if check("a family less"); want.Bytes >= before {
			t.Errorf("one object of two has %d bytes, both had %d", want.Bytes, before)
		}
		other := see(t, n, "/default/http/other")
		got = statsOf(t, c, "endpointslices")
		if got.Watches != 2 || got.Connected != 2 {
			t.Errorf("two names: %+v", got)
		}
		other.gone()
		hello.gone()
		want.Watches, want.Connected, want.Objects = 0, 0, 0
		check("nobody asks any more")
	})
}

// TestStatsOfAnotherResource: a name that is read from Endpoints instead is no
// watch of EndpointSlices any more, and holds nothing until these have come.
func TestStatsOfAnotherResource(t *testing.T) {
	var s k8stest.Server
	s.Bind("default", "hello", "http", "10.0.0.1:80")
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, &s)
		n, err := k8s.New(k8s.Config{Client: c})
		if err != nil {
			t.Fatal(err)
		}
		hello := see(t, n, "/default/http/hello")
		hello.expect(t, "10.0.0.1:80")
		s.Fail("", "endpointslices", k8stest.Status(403, "Forbidden", forbidden))
		end := s.Fail("", "endpoints", k8stest.Hang())
		s.Cut("endpointslices")
		time.Sleep(time.Second)
		for range 2 {
			if got := statsOf(t, c, "endpointslices"); got.Watches != 0 || got.Objects != 0 || got.Failing != 0 || got.Failures["forbidden"] != 1 {
				t.Errorf("forbidden: %+v", got)
			}
			got := statsOf(t, c, "endpoints")
			if got.Watches != 1 || (got.Objects == 0) != (got.Connected == 0) || got.Objects == 0 != (got.Bytes == 0) || (got.Failing == 0) != (got.Connected == 1) {
				t.Errorf("in place of it: %+v", got)
			}
			end()
			time.Sleep(time.Minute)
		}
		if got := statsOf(t, c, "endpoints"); got.Connected != 1 {
			t.Errorf("in place of it, in the end: %+v", got)
		}
		hello.gone()
	})
}

// TestStatsOfFailures: each failure is counted by its kind, of which there are few
// whatever a server says.
func TestStatsOfFailures(t *testing.T) {
	for _, row := range []struct {
		fault k8stest.Fault
		kind  string
	}{
		{k8stest.Status(401, "Unauthorized", ""), "unauthorized"},
		{k8stest.Status(403, "Forbidden", ""), "forbidden"},
		{k8stest.Status(404, "NotFound", ""), "not_found"},
		{k8stest.Status(410, "Expired", ""), "gone"},
		{k8stest.Status(418, "Teapot", ""), "other_status"},
		{k8stest.Status(429, "TooManyRequests", ""), "throttled"},
		{k8stest.Status(500, "InternalError", ""), "server_error"},
		{k8stest.Status(503, "ServiceUnavailable", ""), "server_error"},
		{k8stest.Status(999, "", ""), "server_error"},
		{k8stest.Body("nonsense"), "unreadable"},
		{k8stest.Body(`{"items":[{"metadata":{"name":1}}]}`), "unreadable"},
		{k8stest.Body(`{"items":[`), "connection"}, // it was cut
		{k8stest.Hang(), "timeout"},
	} {
		var s k8stest.Server
		s.Bind("default", "hello", "http", "10.0.0.1:80")
		s.Fail("list", "endpointslices", row.fault)
		expectFailure(t, row.kind, k8s.ClientConfig{Transport: &s})
	}
	expectFailure(t, "connection", k8s.ClientConfig{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("connection refused")
	})})
	asked := false
	expectFailure(t, "unreadable", k8s.ClientConfig{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if asked { // once is enough work
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		asked = true
		endless := io.MultiReader(strings.NewReader(`{"items":[`), io.LimitReader(spaces{}, 65<<20))
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(endless)}, nil
	})})
	expectFailure(t, "token", k8s.ClientConfig{
		Access:    k8s.Access{URL: "https://10.0.0.1", TokenFile: filepath.Join(t.TempDir(), "none")},
		Transport: new(k8stest.Server),
	})
}

// TestStatsOfEvents: what cannot be read in a watch is a failure too.
func TestStatsOfEvents(t *testing.T) {
	for _, line := range []string{"nonsense", `{"type":"ADDED","object":1}`, `{"type":"ERROR","object":{}}`} {
		var s k8stest.Server
		s.FailTimes(1, "watch", "endpointslices", k8stest.Body(line+"\n"))
		expectFailure(t, "unreadable", k8s.ClientConfig{Transport: &s})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// spaces are endless.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// expectFailure has a name looked up, and wants failures of one kind alone.
func expectFailure(t *testing.T, kind string, config k8s.ClientConfig) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		c, err := k8s.NewClient(config)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		n, err := k8s.New(k8s.Config{Client: c})
		if err != nil {
			t.Fatal(err)
		}
		hello := see(t, n, "/default/http/hello")
		var got map[string]uint64
		for begun := time.Now(); len(got) == 0 && time.Since(begun) < time.Minute; time.Sleep(time.Second) {
			got = statsOf(t, c, "endpointslices").Failures
		}
		if len(got) != 1 || got[kind] == 0 {
			t.Errorf("failures %v, want those of kind %s", got, kind)
		}
		hello.gone()
	})
}
