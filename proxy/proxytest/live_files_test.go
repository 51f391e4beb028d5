package proxytest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/proxytest"
)

// TestAFileIsLive changes the file of a name in all the ways that files are
// changed, while requests run.
func TestAFileIsLive(t *testing.T) {
	a, b := startNamed(t, "a"), startNamed(t, "b")
	for _, way := range []struct {
		name   string
		change func(f files, name, text string)
	}{
		{"in place", files.write},
		{"by renaming", files.replace},
		{"by swapping a link", files.swap},
	} {
		t.Run(way.name, func(t *testing.T) {
			dir := newFiles(t)
			way.change(dir, "web", address(a))
			mesh := proxytest.Start(t, `
namers: [{kind: io.l5d.fs, rootDir: `+dir.path+`}]
routers:
- protocol: http
  dtab: /svc => /#/io.l5d.fs
  servers: [{port: 0}]
`)
			crowd := newCrowd(t, mesh, "web", "a")
			for range 10 {
				crowd.until("b", func() { way.change(dir, "web", address(b)) })
				crowd.until("a", func() { way.change(dir, "web", address(a)) })
			}
			crowd.log("a file, " + way.name)
		})
	}
}

// TestANameFallsBack removes the file of a name and makes it again, and breaks
// it, which takes nothing away.
func TestANameFallsBack(t *testing.T) {
	a, b, c := startNamed(t, "a"), startNamed(t, "b"), startNamed(t, "c")
	dir := newFiles(t)
	dir.write("web", address(a))
	dir.write("backup", address(b))
	mesh := proxytest.Start(t, `
namers: [{kind: io.l5d.fs, rootDir: `+dir.path+`}]
routers:
- protocol: http
  dtab: /svc/web => /#/io.l5d.fs/web | /#/io.l5d.fs/backup
  servers: [{port: 0}]
`)
	crowd := newCrowd(t, mesh, "web", "a")
	for range 5 {
		crowd.until("b", func() { dir.remove("web") })
		crowd.until("a", func() { dir.write("web", address(a)) })
	}
	dir.replace("web", "this is no address\n")
	// Nothing is to be seen of that, but that what comes after it is taken.
	client := mesh.Client("http")
	for range 100 {
		if _, body := get(t, client, "http://web/"); body != "a" {
			t.Fatalf("with a broken file the response is %q", body)
		}
	}
	crowd.until("c", func() { dir.replace("web", address(c)) })
	crowd.log("comings and goings of a file")
}

const dtabMesh = `
namers: [{kind: io.l5d.fs, rootDir: DIR/names}]
routers:
- protocol: http
  interpreter:
    kind: io.l5d.fs
    dtabFile: DIR/dtab
    transformers: [TRANSFORMERS]
  dtab: DTAB
  servers: [{port: 0}]
`

func startDtabMesh(t *testing.T, dir files, transformers, dtab string) *proxytest.Mesh {
	t.Helper()
	return proxytest.Start(t, strings.NewReplacer("DIR", dir.path, "TRANSFORMERS", transformers, "DTAB", dtab).Replace(dtabMesh))
}

// TestADtabFileIsLive changes what a name means in the file of the interpreter
// io.l5d.fs, while requests run.
func TestADtabFileIsLive(t *testing.T) {
	a, b := startNamed(t, "a"), startNamed(t, "b")
	for _, way := range []struct {
		name   string
		change func(f files, name, text string)
	}{
		{"in place", files.write},
		{"by renaming", files.replace},
		{"by swapping a link", files.swap},
	} {
		t.Run(way.name, func(t *testing.T) {
			dir := newNames(t)
			to := func(port string) { way.change(dir, "dtab", "# a comment\n/svc => /$/inet/127.1/"+port+";\n") }
			to(a)
			mesh := startDtabMesh(t, dir, "", "")
			crowd := newCrowd(t, mesh, "web", "a")
			for range 10 {
				crowd.until("b", func() { to(b) })
				crowd.until("a", func() { to(a) })
			}
			crowd.log("a dtab, " + way.name)
		})
	}
}

// newNames is a directory with an empty one in it.
func newNames(t testing.TB) files {
	dir := newFiles(t)
	dir.do(mkdir(dir.in("names")))
	return dir
}

// TestABrokenDtabFile: names that are bound stay so, and others are told why
// they cannot be.
func TestABrokenDtabFile(t *testing.T) {
	a, b := startNamed(t, "a"), startNamed(t, "b")
	dir := newNames(t)
	dir.write("dtab", "/svc => /$/inet/127.1/"+a+";")
	mesh := startDtabMesh(t, dir, "", "")
	client := mesh.Client("http")
	crowd := newCrowd(t, mesh, "web", "a")

	// fails asks for names that nobody asked for before, until the change is
	// seen.
	fails := func(host, want string) (name string) {
		t.Helper()
		for late := time.Now().Add(tooLate); ; host += "x" {
			status, body := get(t, client, "http://"+host+"/")
			if status == http.StatusBadGateway && strings.Contains(body, want) {
				return host
			}
			if time.Now().After(late) {
				t.Fatalf("%s: status %d: %s", host, status, body)
			}
		}
	}
	dir.write("dtab", "/svc => /$/inet/127.1/"+b+";\n/oops =>\n")
	failed := fails("broken", fmt.Sprintf("fs: dtab file %s:2:9: ", dir.in("dtab")))
	if _, body := get(t, client, "http://web/"); body != "a" {
		t.Errorf("a bound name responds with %q", body)
	}
	dir.remove("dtab")
	fails("missing", "fs: dtab file: open "+dir.in("dtab")+": no such file or directory")
	crowd.until("b", func() { dir.write("dtab", "/svc => /$/inet/127.1/"+b+";") })
	for late := time.Now().Add(tooLate); ; { // each name hears of it by itself
		_, body := get(t, client, "http://"+failed+"/")
		if body == "b" {
			break
		}
		if time.Now().After(late) {
			t.Fatalf("a name that failed responds with %q", body)
		}
	}
}

// TestTheDelegatorKnowsTheDtabFile: the file's rules are explained, and those
// of the router win over them.
func TestTheDelegatorKnowsTheDtabFile(t *testing.T) {
	a := startNamed(t, "a")
	dir := newNames(t)
	dir.write("names/web", address("1"))
	dir.write("dtab", "/host => /#/io.l5d.fs; /svc => /nowhere")
	mesh := startDtabMesh(t, dir, "{kind: io.l5d.port, port: "+a+"}", "/svc => /host")
	client := mesh.Client("http")
	if _, body := get(t, client, "http://web/"); body != "a" {
		t.Errorf("the response is %q", body)
	}
	_, body := get(t, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		mesh.AdminURL+"/delegator.json?namespace=http&path=/svc/web&dtab=/svc=>/host")
	for _, want := range []string{
		`"dentry":{"prefix":"/host","dst":"/#/io.l5d.fs"}`, // the file's
		`"id":"/%/io.l5d.port/` + a + `/#/io.l5d.fs/web"`,
		`{"type":"neg","path":"/nowhere/web","dentry":{"prefix":"/svc","dst":"/nowhere"}}`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the delegation has no %s:\n%s", want, body)
		}
	}
	status, body := get(t, client, "http://nobody/")
	for _, want := range []string{"Unable to route request!", "  /host => /#/io.l5d.fs\n  /svc => /nowhere\n  /svc => /host\n", "/#/io.l5d.fs/nobody"} {
		if status != http.StatusBadGateway || !strings.Contains(body, want) {
			t.Errorf("status %d: no %q in:\n%s", status, want, body)
		}
	}
}
