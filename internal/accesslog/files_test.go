package accesslog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
	"weak"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/internal/accesslog"
	"github.com/meshhop/meshhop/internal/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a log, and closes it at the end of the test.
func open(t *testing.T, files *accesslog.Files, c accesslog.Config) *accesslog.Log {
	t.Helper()
	log, err := files.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, log) })
	return log
}

func closed(t *testing.T, log *accesslog.Log) {
	t.Helper()
	if err := log.Close(t.Context()); err != nil && t.Context().Err() == nil {
		t.Error(err)
	}
}

// policy is a policy that is valid.
func policy(t *testing.T, text string) accesslog.Policy {
	t.Helper()
	p, err := accesslog.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ask logs a request for a target, and waits until it was written.
func ask(log *accesslog.Log, target string) {
	log.Ended(&record.Record{Method: "GET", Authority: "web", Target: target, Proto: "HTTP/1.1", Status: 200, Start: time.Now()})
	time.Sleep(time.Second)
	synctest.Wait()
}

// targets are those of the requests in a file.
func targets(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Error(err)
	}
	return targetsOf(string(data))
}

func targetsOf(text string) string {
	var all []string
	for line := range strings.Lines(text) {
		_, rest, _ := strings.Cut(line, `"GET `)
		target, _, _ := strings.Cut(rest, " ")
		all = append(all, target)
	}
	return strings.Join(all, " ")
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// at sleeps until a time in UTC.
func at(t *testing.T, text string) {
	t.Helper()
	when, err := time.ParseInLocation(time.DateTime, text, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(when))
}

// TestRollByTime (vector 362): the first line after midnight, or after the hour, finds a
// new file, and the old one has the name of the time when it was opened. Directories are
// made.
func TestRollByTime(t *testing.T) {
	for text, row := range map[string]struct{ next, rolled string }{
		"daily":     {"2016-01-07 00:00:00", "access-20160106.log"},
		"hourly":    {"2016-01-06 10:00:00", "access-20160106-09.log"},
		"weekly(1)": {"2016-01-10 00:00:00", "access-20160106.log"},
		"sighup":    {"2016-02-06 00:00:00", ""},
		"never":     {"2017-02-06 00:00:00", ""},
	} {
		t.Run(text, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				at(t, "2016-01-06 09:15:00")
				dir := filepath.Join(t.TempDir(), "logs", "deep")
				files := accesslog.NewFiles(accesslog.Options{Zone: time.UTC})
				log := open(t, files, accesslog.Config{File: accesslog.FileConfig{Path: filepath.Join(dir, "access.log"), Roll: policy(t, text), Keep: -1}})
				ask(log, "/1")
				ask(log, "/2")
				at(t, row.next)
				ask(log, "/3")
				if row.rolled == "" {
					if got := targets(t, filepath.Join(dir, "access.log")); got != "/1 /2 /3" {
						t.Errorf("requests for %q", got)
					}
					return
				}
				if got, want := names(t, dir), []string{row.rolled, "access.log"}; !slices.Equal(got, want) {
					t.Fatalf("files %q, want %q", got, want)
				}
				if before, now := targets(t, filepath.Join(dir, row.rolled)), targets(t, filepath.Join(dir, "access.log")); before != "/1 /2" || now != "/3" {
					t.Errorf("requests for %q, then %q", before, now)
				}
			})
		})
	}
}

// TestRollBySize: a line that does not fit any more begins a new file. Two in one second
// have two names, and no file is overwritten.
func TestRollBySize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at(t, "2016-01-06 09:15:30")
		dir := t.TempDir()
		path := filepath.Join(dir, "access.log")
		files := accesslog.NewFiles(accesslog.Options{Zone: time.UTC})
		log := open(t, files, accesslog.Config{File: accesslog.FileConfig{Path: path, Roll: policy(t, "150.bytes"), Keep: -1}})
		for i := range 5 { // of 67 bytes each, at once
			log.Ended(&record.Record{Method: "GET", Authority: "web", Target: fmt.Sprint("/", i), Proto: "HTTP/1.1", Start: time.Now()})
		}
		time.Sleep(time.Second)
		synctest.Wait()
		want := []string{"access-20160106-091530.2.log", "access-20160106-091530.log", "access.log"}
		if got := names(t, dir); !slices.Equal(got, want) {
			t.Fatalf("files %q, want %q", got, want)
		}
		for i, requests := range []string{"/2 /3", "/0 /1", "/4"} {
			if got := targets(t, filepath.Join(dir, want[i])); got != requests {
				t.Errorf("%s has %q, want %q", want[i], got, requests)
			}
		}
	})
}

// TestRotateCount (vector 363): so many rolled files are kept, those with the greatest
// names. Files of others stay, though they have the same beginning and end.
func TestRotateCount(t *testing.T) {
	for keep, want := range map[int][]string{
		-1: {"access-20160102.log", "access-20160103.log", "access-20160104.log", "access-20160105.log"},
		0:  nil,
		2:  {"access-20160104.log", "access-20160105.log"},
	} {
		synctest.Test(t, func(t *testing.T) {
			at(t, "2016-01-02 12:00:00")
			dir := t.TempDir()
			strangers := []string{"access-notes.log", "access.log.gz", "access2-20150101.log", "access2.log", "other-20150101.log"}
			for _, name := range strangers {
				if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(filepath.Join(dir, "access-20150101.log"), 0o700); err != nil {
				t.Fatal(err)
			}
			strangers = append(strangers, "access-20150101.log")
			files := accesslog.NewFiles(accesslog.Options{Zone: time.UTC})
			log := open(t, files, accesslog.Config{File: accesslog.FileConfig{Path: filepath.Join(dir, "access.log"), Roll: policy(t, "daily"), Keep: keep}})
			for range 5 {
				ask(log, "/")
				time.Sleep(24 * time.Hour)
			}
			got := names(t, dir)
			for _, name := range append(strangers, "access.log") {
				if !slices.Contains(got, name) {
					t.Errorf("%s was deleted", name)
				}
				got = slices.DeleteFunc(got, func(one string) bool { return one == name })
			}
			if !slices.Equal(got, want) {
				t.Errorf("keeping %d: rolled files %q, want %q", keep, got, want)
			}
		})
	}
}

// TestOneFile (vector 364): a path has one file, however it is spelled and however many
// logs write to it; each line is in the file of its log.
func TestOneFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		files := accesslog.NewFiles(accesslog.Options{})
		config := func(name string) accesslog.Config {
			return accesslog.Config{File: accesslog.FileConfig{Path: name, Truncate: true}}
		}
		a := open(t, files, config(filepath.Join(dir, "a.log")))
		ask(a, "/1")
		same := open(t, files, config(dir+"/./a.log"))
		b := open(t, files, config(filepath.Join(dir, "b.log")))
		ask(same, "/2")
		ask(b, "/3")
		closed(t, a)
		ask(same, "/4")
		if got := targets(t, filepath.Join(dir, "a.log")); got != "/1 /2 /4" {
			t.Errorf("a.log has %q", got)
		}
		if got := targets(t, filepath.Join(dir, "b.log")); got != "/3" {
			t.Errorf("b.log has %q", got)
		}
		if written, dropped := a.Stats(); written != 3 || dropped != 0 {
			t.Errorf("%d written, %d dropped", written, dropped)
		}
	})
}

// TestAppend: a file that is there goes on, or begins anew, but only when it is opened
// first.
func TestAppend(t *testing.T) {
	for _, truncate := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.log")
			if err := os.WriteFile(path, []byte("\"GET /0 \n"), 0o600); err != nil {
				t.Fatal(err)
			}
			files := accesslog.NewFiles(accesslog.Options{})
			log := open(t, files, accesslog.Config{File: accesslog.FileConfig{Path: path, Truncate: truncate}})
			ask(log, "/1")
			files.Reopen()
			synctest.Wait()
			ask(log, "/2")
			want := "/0 /1 /2"
			if truncate {
				want = "/1 /2"
			}
			if got := targets(t, path); got != want {
				t.Errorf("truncate %v: the file has %q, want %q", truncate, got, want)
			}
		})
	}
}

// TestReopen: another program renames the file; once it is opened again, lines go to a
// new one. A file that cannot be opened again goes on.
func TestReopen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "logs")
		path := filepath.Join(dir, "a.log")
		log := new(lines)
		files := accesslog.NewFiles(accesslog.Options{ErrorLog: log.logger()})
		to := open(t, files, accesslog.Config{File: accesslog.FileConfig{Path: path}})
		ask(to, "/1")
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		ask(to, "/2")
		to.Ended(&record.Record{Method: "GET", Target: "/3", Start: time.Now()})
		files.Reopen()
		synctest.Wait()
		ask(to, "/4")
		if got := targets(t, path+".1"); got != "/1 /2 /3" {
			t.Errorf("the old file has %q", got)
		}
		if got := targets(t, path); got != "/4" {
			t.Errorf("the new file has %q", got)
		}
		moved := dir + ".moved"
		if err := os.Rename(dir, moved); err != nil {
			t.Fatal(err)
		}
		files.Reopen()
		ask(to, "/5")
		if got := targets(t, filepath.Join(moved, "a.log")); got != "/4 /5" {
			t.Errorf("the file has %q", got)
		}
		if n := log.count("opening an access log again"); n != 1 {
			t.Errorf("the error was logged %d times", n)
		}
	})
}

// TestStandardOutput: "-" and /dev/stdout are one file, which is not rolled.
func TestStandardOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := new(lines)
		files := accesslog.NewFiles(accesslog.Options{Stdout: &out, ErrorLog: log.logger()})
		a := open(t, files, accesslog.Config{File: accesslog.FileConfig{Path: "-", Roll: policy(t, "1.byte")}})
		b := open(t, files, accesslog.Config{File: accesslog.FileConfig{Path: "/dev/stdout", Roll: policy(t, "1.byte")}})
		ask(a, "/1")
		ask(b, "/2")
		files.Reopen()
		ask(a, "/3")
		if got := targetsOf(out.String()); got != "/1 /2 /3" {
			t.Errorf("standard output has %q", got)
		}
		if got := log.String(); got != "" || slices.Contains(names(t, "."), "-") {
			t.Errorf("it is taken for a file: %s", got)
		}
	})
}

// TestFullQueue: a writer that hangs keeps nobody waiting. What the queue has no room for
// is dropped, counted, said once a minute, and said when it is over.
func TestFullQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &hanging{free: make(chan struct{})}
		log := new(lines)
		files := accesslog.NewFiles(accesslog.Options{Stdout: out, ErrorLog: log.logger()})
		to := open(t, files, accesslog.Config{File: accesslog.FileConfig{Path: "-"}})
		ask(to, "/")
		const each, queued = 10_000, 4096
		for range each {
			to.Ended(&record.Record{Start: time.Now()})
		}
		synctest.Wait()
		if _, dropped := to.Stats(); dropped != each-queued {
			t.Errorf("%d lines are dropped, want %d", dropped, each-queued)
		}
		for range 30 {
			time.Sleep(time.Second)
			to.Ended(&record.Record{Start: time.Now()})
		}
		if n := log.count("not written fast enough"); n != 1 {
			t.Errorf("it was said %d times within a minute", n)
		}
		time.Sleep(time.Minute)
		to.Ended(&record.Record{Start: time.Now()})
		synctest.Wait()
		if n := log.count("not written fast enough"); n != 2 {
			t.Errorf("it was said %d times after a minute", n)
		}
		close(out.free)
		time.Sleep(time.Second)
		ask(to, "/")
		if n := log.count("all lines of an access log are written again"); n != 1 {
			t.Errorf("the end was said %d times:\n%s", n, log)
		}
		if written, dropped := to.Stats(); written != 1+queued+1 || dropped != each-queued+31 {
			t.Errorf("%d written, %d dropped", written, dropped)
		}
	})
}

// TestQueuedBytes: lines of long texts are bounded by their bytes.
func TestQueuedBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &hanging{free: make(chan struct{})}
		files := accesslog.NewFiles(accesslog.Options{Stdout: out})
		to := open(t, files, accesslog.Config{File: accesslog.FileConfig{Path: "-"}})
		ask(to, "/")
		long := strings.Repeat("a", 1<<20)
		for range 20 {
			to.Ended(&record.Record{UserAgent: long, Start: time.Now()})
		}
		if _, dropped := to.Stats(); dropped != 13 {
			t.Errorf("%d of 20 lines of more than 1 MiB are dropped, want 13", dropped)
		}
		close(out.free)
	})
}

// TestNothingIsKept: what was written of a request is not kept in memory.
func TestNothingIsKept(t *testing.T) {
	files := accesslog.NewFiles(accesslog.Options{Stdout: io.Discard})
	log, err := files.Open(accesslog.Config{File: accesslog.FileConfig{Path: "-"}})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close(t.Context())
	kept := func() weak.Pointer[byte] {
		agent := strings.Repeat("a", 1000)
		log.Ended(&record.Record{UserAgent: agent, Start: time.Now()})
		return weak.Make(unsafe.StringData(agent))
	}()
	for end := time.Now().Add(10 * time.Second); kept.Value() != nil; time.Sleep(time.Millisecond) {
		if runtime.GC(); time.Now().After(end) {
			t.Fatal("the text is kept")
		}
	}
}

// TestFailedWrites: lines that cannot be written are counted, and the log says why.
func TestFailedWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(lines)
		files := accesslog.NewFiles(accesslog.Options{Stdout: failing{}, ErrorLog: log.logger()})
		to := open(t, files, accesslog.Config{File: accesslog.FileConfig{Path: "-"}})
		for range 10 {
			ask(to, "/")
		}
		if written, dropped := to.Stats(); written != 0 || dropped != 10 {
			t.Errorf("%d written, %d dropped", written, dropped)
		}
		if n := log.count("the disk is full"); n != 1 {
			t.Errorf("the error was logged %d times:\n%s", n, log)
		}
	})
}

// TestClose writes what is queued, and does not wait longer than it may.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		files := accesslog.NewFiles(accesslog.Options{Stdout: &out})
		log, err := files.Open(accesslog.Config{File: accesslog.FileConfig{Path: "-"}})
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			log.Ended(&record.Record{Method: "GET", Target: "/", Start: time.Now()})
		}
		now, cancel := context.WithCancel(t.Context())
		cancel()
		if err := log.Close(now); err != nil {
			t.Error(err)
		}
		log.Ended(&record.Record{})
		if written, dropped := log.Stats(); written != 100 || dropped != 1 || strings.Count(out.String(), "\n") != 100 {
			t.Errorf("%d written, %d dropped", written, dropped)
		}

		stuck := &hanging{free: make(chan struct{})}
		files = accesslog.NewFiles(accesslog.Options{Stdout: stuck})
		if log, err = files.Open(accesslog.Config{File: accesslog.FileConfig{Path: "-"}}); err != nil {
			t.Fatal(err)
		}
		ask(log, "/")
		log.Ended(&record.Record{Start: time.Now()})
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := log.Close(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a writer that hangs: %v", err)
		}
		if _, dropped := log.Stats(); dropped != 1 {
			t.Errorf("%d lines are dropped", dropped)
		}
		close(stuck.free)
	})
}

// TestCannotOpen: what cannot be opened is an error at once.
func TestCannotOpen(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	files := accesslog.NewFiles(accesslog.Options{})
	for _, path := range []string{dir, filepath.Join(dir, "file", "a.log")} {
		if _, err := files.Open(accesslog.Config{File: accesslog.FileConfig{Path: path}}); err == nil {
			t.Errorf("%s can be opened", path)
		}
	}
}

// TestAllocations: a line costs the request no allocation.
func TestAllocations(t *testing.T) {
	files := accesslog.NewFiles(accesslog.Options{Stdout: io.Discard})
	log, err := files.Open(accesslog.Config{File: accesslog.FileConfig{Path: "-"}, Format: accesslog.JSON})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close(t.Context())
	r := &record.Record{Method: "GET", Target: "/", Start: time.Now()}
	for range 2 * 4096 { // which makes room for as many as there can be
		log.Ended(r)
	}
	if n := testing.AllocsPerRun(1000, func() { log.Ended(r) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLog(b *testing.B) {
	for _, format := range []accesslog.Format{accesslog.Linkerd, accesslog.Combined, accesslog.JSON} {
		b.Run(accesslog.Formats()[format], func(b *testing.B) {
			files := accesslog.NewFiles(accesslog.Options{Stdout: io.Discard})
			log, err := files.Open(accesslog.Config{File: accesslog.FileConfig{Path: "-"}, Format: format})
			if err != nil {
				b.Fatal(err)
			}
			defer log.Close(b.Context())
			r := &record.Record{Router: "outgoing", Service: "/svc/web", Client: "/#/io.l5d.fs/web", Method: "GET", Target: "/", Start: time.Now(), UserAgent: "curl/8.0", Proto: "HTTP/1.1"}
			b.ReportAllocs()
			for b.Loop() {
				log.Ended(r)
			}
		})
	}
}

// hanging is a writer that hangs until it is free.
type hanging struct{ free chan struct{} }

func (h *hanging) Write(p []byte) (int, error) {
	<-h.free
	return len(p), nil
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

// lines are the lines of a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) count(text string) int { return strings.Count(l.String(), text) }
