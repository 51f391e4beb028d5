package admin_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

func TestReady(t *testing.T) {
	ending := make(chan struct{})
	s := serve(t, admin.Config{Ending: ending})
	if got := s.do(t, "GET", "/admin/ready", "", "Via", "1.1 balancer"); got.status != 200 || got.body != "ready\n" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%+v", got)
	}
	close(ending)
	if got := s.get(t, "/admin/ready"); got.status != 503 || got.body != "not ready\n" {
		t.Errorf("%+v", got)
	}
	if got := s.get(t, "/debug/pprof/profile?seconds=300"); got.status != 200 {
		t.Errorf("%+v", got)
	}
	if got := serve(t, admin.Config{}).get(t, "/admin/ready"); got.status != 200 {
		t.Errorf("it never ends, but %+v", got)
	}
}

// TestProfiles: each is what go tool pprof reads, a compressed message.
func TestProfiles(t *testing.T) {
	s := serve(t, admin.Config{})
	for _, path := range []string{
		"/debug/pprof/profile?seconds=0.05", "/admin/pprof/profile?seconds=0.05", "/debug/pprof/heap", "/admin/pprof/heap?force_gc=true",
		"/admin/pprof/contention", "/debug/pprof/goroutine", "/debug/pprof/allocs", "/debug/pprof/block", "/debug/pprof/mutex", "/debug/pprof/threadcreate",
	} {
		got := s.get(t, path)
		zipped, err := gzip.NewReader(strings.NewReader(got.body))
		if got.status != 200 || err != nil {
			t.Errorf("%s: %d, %v", path, got.status, err)
			continue
		}
		if data, err := io.ReadAll(zipped); err != nil || !bytes.Contains(data, []byte("count")) && !bytes.Contains(data, []byte("cpu")) {
			t.Errorf("%s: %d bytes, %v", path, len(data), err)
		}
	}
	if got := s.get(t, "/debug/pprof/trace?seconds=0.05"); !strings.HasPrefix(got.body, "go 1.") {
		t.Errorf("the trace begins with %.20q", got.body)
	}
	if got := s.get(t, "/debug/pprof/"); got.body != "allocs\nblock\ngoroutine\nheap\nmutex\nprofile\nthreadcreate\ntrace\n" {
		t.Errorf("the list is %q", got.body)
	}
	for _, seconds := range []string{"0", "-1", "301", "NaN", "Inf", "x"} {
		if got := s.get(t, "/debug/pprof/profile?seconds="+seconds); got.status != 400 || !strings.HasPrefix(got.body, "seconds must be ") {
			t.Errorf("%s: %d, %q", seconds, got.status, got.body)
		}
	}
}

// TestProfileWhoseClientLeft: it ends, and another one can begin.
func TestProfileWhoseClientLeft(t *testing.T) {
	s := serve(t, admin.Config{})
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/debug/pprof/profile?seconds=300", nil)
	if err != nil {
		t.Fatal(err)
	}
	busy := func() bool { return s.get(t, "/debug/pprof/profile?seconds=0.001").status == 409 }
	leave := &http.Client{Timeout: 20 * time.Millisecond, Transport: s.client.Transport}
	if _, err := leave.Do(r); err == nil {
		t.Error("a profile of five minutes has a response")
	}
	for busy() {
		time.Sleep(time.Millisecond)
	}
}

func TestServerInfo(t *testing.T) {
	t.Setenv("SECRET_OF_THE_ENVIRONMENT", "swordfish")
	var info struct {
		Name, Version, Go_version, Start_time string
		Uptime                                int64
	}
	got := serve(t, admin.Config{Version: "1.2.3"}).get(t, "/admin/server_info")
	if err := json.Unmarshal([]byte(got.body), &info); err != nil {
		t.Fatal(err)
	}
	start, err := time.Parse(time.RFC3339, info.Start_time)
	if info.Name != "meshhop" || info.Version != "1.2.3" || info.Go_version == "" || err != nil || time.Since(start) > time.Hour || info.Uptime < 0 {
		t.Errorf("%+v, %v", info, err)
	}
	if strings.Contains(got.body, "swordfish") {
		t.Errorf("it shows the environment: %s", got.body)
	}
}

func TestThreads(t *testing.T) {
	if got := serve(t, admin.Config{}).get(t, "/admin/threads"); !strings.Contains(got.body, "goroutine ") || !strings.Contains(got.body, "TestThreads") {
		t.Errorf("%.200q", got.body)
	}
}

func TestClientState(t *testing.T) {
	names := new(resolvetest.Namer)
	r := newRouter(t, "outgoing", names)
	hop := httptest.NewServer(newServer(t, r, ""))
	defer hop.Close()
	s := serve(t, admin.Config{Routers: []*router.Router{r}})
	if got := s.get(t, "/client_state.json"); got.body != "{}" {
		t.Errorf("without clients %q", got.body)
	}
	addr := startReplica(t).Listener.Addr().String()
	names.Bind("/web", addr)
	send(t, hop, "web", "/200")
	if got, want := s.get(t, "/client_state.json").body, `{"/#/fake/web":{"state":"bound","addresses":["`+addr+`"]}}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	names.Bind("/web")
	send(t, hop, "web", "/200")
	if got, want := s.get(t, "/client_state.json").body, `{"/#/fake/web":{"state":"Neg","addresses":[]}}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestUptime: a reload does not change when the process started.
func TestUptime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, err := admin.New(admin.Config{})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		after, err := admin.New(admin.Config{Before: before})
		if err != nil {
			t.Fatal(err)
		}
		before.Retire(nil)
		defer after.Retire(nil)
		for path, want := range map[string]string{
			"/admin/server_info":  `"start_time":"2000-01-01T00:00:00Z","uptime":3600000}`,
			"/health?format=json": `"uptime":"1h 0m 0s"`,
		} {
			w := httptest.NewRecorder()
			after.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1"+path, nil))
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %s, want %s", path, w.Body, want)
			}
		}
	})
}
