package proxytest_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/proxytest"
)

// TestChurn changes files, SRV records and the dtab file some hundred times
// while requests run. None fails, and at the end all is as it was set last.
func TestChurn(t *testing.T) {
	a, b, c := startNamed(t, "a"), startNamed(t, "b"), startNamed(t, "c")
	names := newNameserver(t)
	names.set("1 1 " + a)
	dir := newNames(t)
	dir.write("names/web", address(a))
	dir.write("names/backup", address(a))
	dtab := func(i int) string {
		return fmt.Sprintf("/#/all => /#/io.l5d.fs/web | /#/io.l5d.dnssrv/web.example. ;\n"+
			"/svc => %d * /#/all & 1 * /#/io.l5d.fs/backup & %d * /#/io.l5d.dnssrv/web.example. ; # change %d\n", i%3, i%2, i)
	}
	dir.write("dtab", dtab(5)) // all of them
	mesh := proxytest.Options{Kinds: often()}.Start(t, fmt.Sprintf(`
namers:
- {kind: io.l5d.dnssrv, dnsHosts: ['%[2]s']}
- {kind: io.l5d.fs, rootDir: %[1]s/names}
routers:
- protocol: http
  interpreter: {kind: io.l5d.fs, dtabFile: %[1]s/dtab}
  servers: [{port: 0}]
`, dir.path, names.addr))
	var crowds []*crowd
	for i := range 2 {
		crowds = append(crowds, newCrowd(t, mesh, fmt.Sprintf("web%d", i), "a"))
	}
	// Each endpoint set is known before the changes begin: one that is met for
	// the first time while it goes away has no last good addresses to keep.
	everywhere(t, mesh.Client("http"), "a")
	start := time.Now()
	const changes = 150
	ports := []string{a, b}
	var wait sync.WaitGroup
	wait.Go(func() {
		for i := range changes {
			switch i % 4 {
			case 0, 1:
				dir.replace("names/web", address(ports[i%2])+address(ports[i/2%2]))
			case 2:
				dir.replace("names/web", "nonsense\n")
			case 3:
				dir.remove("names/web")
			}
			time.Sleep(time.Duration(i%7) * time.Millisecond) // so that changes come closely together and apart
		}
	})
	wait.Go(func() {
		for i := range changes {
			switch i % 3 {
			case 0:
				names.set("1 1 "+ports[i%2], fmt.Sprintf("1 %d %s", i, a))
			case 1:
				names.set()
			case 2:
				names.fail()
			}
			time.Sleep(time.Duration(i%7) * time.Millisecond)
		}
	})
	wait.Go(func() {
		for i := range changes {
			if i%5 == 4 {
				dir.replace("dtab", "/svc => nonsense")
			} else {
				dir.replace("dtab", dtab(i))
			}
			time.Sleep(time.Duration(i%7) * time.Millisecond)
		}
	})
	wait.Wait()
	took := time.Since(start)
	dir.replace("names/web", address(c))
	dir.replace("names/backup", address(c))
	names.set("1 1 " + c)
	dir.replace("dtab", dtab(5))
	total := 0
	for _, one := range crowds {
		one.until("c", func() {})
		one.stop()
		total += one.total
	}
	everywhere(t, mesh.Client("http"), "c")
	t.Logf("%d changes in %s among %d requests", 3*changes, took.Round(time.Millisecond), total)
}

// everywhere waits until the responses of all names are want, whichever branch is taken.
func everywhere(t *testing.T, client *http.Client, want string) {
	t.Helper()
	for late, same := time.Now().Add(tooLate), 0; same < 100; {
		_, body := get(t, client, fmt.Sprintf("http://web%d/", same%2))
		switch {
		case body == want:
			same++
		case time.Now().After(late):
			t.Fatalf("the response is still %q, not %q", body, want)
		default:
			same = 0
		}
	}
}
