package router_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/internal/limits"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// TestErrors checks what an error knows, which messages are made of.
func TestErrors(t *testing.T) {
	refused := closedPort(t)
	breaks := backend(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for _, test := range []struct {
		vector    string
		host      string
		dtab      string
		kind      router.Kind
		bound     string
		addr      string
		replicas  []string
		explained []string
		cause     string // part of the cause's text; "-": there is none
	}{
		{vector: "102", host: "ralph-machio", kind: router.NoReplicas, bound: "/", cause: "-",
			explained: []string{"/svc/ralph-machio", "/#/fake/ralph-machio"}},
		{host: "empty", kind: router.NoReplicas, bound: "/#/fake/empty", cause: "-", explained: []string{"/svc/empty", "/#/fake/empty"}},
		{host: "neg", kind: router.NoReplicas, bound: "/#/fake/neg", cause: "-", explained: []string{"/#/fake/neg"}},
		{host: "web", dtab: "/svc/web => !", kind: router.NoReplicas, bound: "/", cause: "-", explained: []string{"/svc/web"}},
		{host: "web", dtab: "/svc/web => $", kind: router.NoReplicas, bound: "/", cause: "-", explained: []string{"/svc/web"}},
		{host: "web", dtab: "/svc/web => /$/nil", kind: router.NoReplicas, bound: "/", cause: "-"},
		{host: "web", dtab: "/svc/web => /svc/web", kind: router.BindingFailed, bound: "/", cause: "Max recursion level"},
		{host: "web", dtab: "/svc/web => /$/some.java.Class/a", kind: router.BindingFailed, bound: "/", cause: "some.java.Class"},
		{host: "fails", kind: router.BindingFailed, bound: "/", cause: "out of order"},
		{host: "broken", kind: router.BindingFailed, bound: "/#/fake/broken", cause: "out of order"},
		{host: "refused", kind: router.ConnectFailed, bound: "/#/fake/refused", addr: refused, replicas: []string{refused}, cause: "connection refused"},
		{vector: "103", host: "breaks", kind: router.RequestFailed, bound: "/#/fake/breaks", addr: breaks, cause: "EOF"},
		{host: "web", dtab: "i am not a dtab", kind: router.InvalidDtab, bound: "/", cause: "'/' expected but 'i' found at '[i] am not a dtab'"},
	} {
		title := test.host + " " + test.dtab
		if test.vector != "" {
			title = "vector " + test.vector + ": " + title
		}
		t.Run(title, func(t *testing.T) {
			f := start(t, sockets)
			f.names.Fail("/fails", errTest)
			f.names.Bind("/empty")
			f.names.Bind("/refused", refused)
			f.names.Bind("/breaks", breaks)
			f.names.SetReplicas("/neg", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Neg: true}})
			f.names.SetReplicas("/broken", resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errTest})
			r := request(t, test.host)
			if test.dtab != "" {
				r.Header.Set("l5d-dtab", test.dtab)
			}
			failed := f.failure(t, r)
			dst := "/svc/" + test.host
			if test.kind == router.InvalidDtab {
				dst = "/"
			}
			if failed.Kind != test.kind || failed.Dst.String() != dst || failed.Bound.String() != test.bound || failed.Addr != test.addr {
				t.Errorf("%+v", failed)
			}
			var replicas []string
			for _, a := range failed.Replicas {
				replicas = append(replicas, a.AddrPort.String())
			}
			if diff := cmp.Diff(test.replicas, replicas); diff != "" {
				t.Errorf("replicas (-want +got):\n%s", diff)
			}
			if test.cause == "-" {
				if failed.Err != nil {
					t.Errorf("cause %v", failed.Err)
				}
			} else if failed.Err == nil || !strings.Contains(failed.Err.Error(), test.cause) {
				t.Errorf("cause %v, want %s", failed.Err, test.cause)
			}
			if test.kind == router.NoReplicas {
				want := resolve.Dtab(nil)
				if test.dtab != "" {
					want = resolve.MustDtab(test.dtab)
				}
				if failed.BaseDtab.String() != "/svc=>/#/fake" || failed.LocalDtab.String() != want.String() {
					t.Errorf("dtabs %s, %s", failed.BaseDtab, failed.LocalDtab)
				}
				for _, part := range append(test.explained, "/svc/"+test.host) {
					if !strings.Contains(failed.Explained, part) {
						t.Errorf("%s is not in the explanation:\n%s", part, failed.Explained)
					}
				}
			} else if failed.Explained != "" {
				t.Errorf("explained %q", failed.Explained)
			}
			for _, part := range []string{"router: ", failed.Kind.String(), test.addr} {
				if !strings.Contains(failed.Error(), part) {
					t.Errorf("%q is not in %q", part, failed.Error())
				}
			}
		})
	}
}

// closedPort is an address at which nobody listens.
func closedPort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestUnexplained: an interpreter that cannot explain itself is enough.
func TestUnexplained(t *testing.T) {
	f := start(t, func(c *router.Config) {
		c.Interpreter = interpreterFunc(func(resolve.Dtab, resolve.Path) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
			return resolve.Const(resolve.NameTree[*resolve.Bound]{})
		})
	})
	if failed := f.failure(t, request(t, "web")); failed.Kind != router.NoReplicas || failed.Explained != "" {
		t.Errorf("%+v", failed)
	}
}

// TestLocalDtabsAreBounded: a thousand small headers make no large dtab.
func TestLocalDtabsAreBounded(t *testing.T) {
	one := strings.Repeat("/=>!;", limits.Dentries-1)
	if _, err := inbound.ParseDtab([]string{one, "/=>!"}); err != nil {
		t.Error(err)
	}
	if _, err := inbound.ParseDtab([]string{one, "/=>!;/=>!"}); err == nil {
		t.Error("there is no bound on entries")
	}
	long := strings.Repeat(" ", limits.DtabBytes/2)
	if _, err := inbound.ParseDtab([]string{long, long, long}); err == nil {
		t.Error("there is no bound on text")
	}
	f := start(t)
	r := request(t, "web")
	for range limits.Dentries + 1 {
		r.Header.Add(ctxhdr.DtabName, "/=>!")
	}
	if failed := f.failure(t, r); failed.Kind != router.InvalidDtab {
		t.Error(failed)
	}
}

// TestHalfClosedUpgrade: after a 101 either direction can end by itself.
func TestHalfClosedUpgrade(t *testing.T) {
	f := start(t, sockets)
	f.names.Bind("/web", backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "echo")
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, in, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		said, err := io.ReadAll(in) // until the caller has said all
		if err != nil {
			t.Error(err)
		}
		conn.Write(append([]byte("you said "), said...))
	}))
	r := request(t, "web")
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "echo")
	resp, err := f.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	conn, ok := resp.Body.(io.ReadWriter)
	if !ok {
		t.Fatalf("%T cannot be written to", resp.Body)
	}
	if _, err := io.WriteString(conn, "hello"); err != nil {
		t.Fatal(err)
	}
	half, ok := resp.Body.(interface{ CloseWrite() error })
	if !ok {
		t.Fatal("one direction cannot be closed")
	}
	if err := half.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(conn); err != nil || string(got) != "you said hello" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestCloseWakesThoseWhoWait: a request whose name is not known yet does not
// outlast the router.
func TestCloseWakesThoseWhoWait(t *testing.T) {
	names := new(resolvetest.Namer)
	names.Stall("/web")
	interpreter, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := router.New(router.Config{Dtab: resolve.MustDtab("/svc => /#/fake"), Interpreter: interpreter})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := r.RoundTrip(httptest.NewRequest("GET", "http://web/", nil))
		failed <- err
	}()
	for r.Stats().Paths.Misses == 0 {
		runtime.Gosched()
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if got := (*router.Error)(nil); !errors.As(<-failed, &got) || got.Kind != router.Closed {
		t.Errorf("got %v, want a Closed error", got)
	}
}
