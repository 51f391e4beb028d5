package router

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// pieces is a body that comes in pieces.
type pieces struct {
	left   []byte
	size   int
	err    error
	closed int
}

func (p *pieces) Read(to []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, p.err
	}
	n := copy(to, p.left[:min(p.size, len(p.left))])
	p.left = p.left[n:]
	return n, nil
}

func (p *pieces) Close() error { p.closed++; return nil }

// TestReplayLaws: whatever is read by which view, each view that could be had
// reads the body from its beginning, a view whose time is over reads nothing,
// and the body is closed once.
func TestReplayLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "content")
		limit := rapid.IntRange(0, 250).Draw(t, "limit")
		end := rapid.SampledFrom([]error{io.EOF, errors.New("broken")}).Draw(t, "end")
		length := rapid.SampledFrom([]int64{-1, int64(len(content))}).Draw(t, "length")
		from := &pieces{left: content, size: rapid.IntRange(1, 100).Draw(t, "piece"), err: end}
		b := newReplay(from, length, limit, new(bodyPool))
		var before *bodyView
		for attempt := 0; ; attempt++ {
			if why := b.takeBack(); why != "" {
				read := len(content) - len(from.left)
				if read <= b.limit && !(read == len(content) && end != io.EOF) {
					t.Fatalf("%d bytes were read, and %s", read, why)
				}
				break
			}
			if attempt == 5 {
				break
			}
			v := b.view()
			if before != nil {
				if n, err := before.Read(make([]byte, 1)); n != 0 || err != errViewClosed {
					t.Fatalf("a view that is over reads %d, %v", n, err)
				}
			}
			before = v
			var got []byte
			for range rapid.IntRange(0, 20).Draw(t, "reads") {
				p := make([]byte, rapid.IntRange(1, 64).Draw(t, "size"))
				n, err := v.Read(p)
				got = append(got, p[:n]...)
				if err != nil && (err != end || len(got) != len(content)) {
					t.Fatalf("%v after %d of %d bytes", err, len(got), len(content))
				}
			}
			if !bytes.HasPrefix(content, got) {
				t.Fatalf("attempt %d reads %q of %q", attempt, got, content)
			}
			if rapid.Bool().Draw(t, "close") {
				v.Close()
			}
		}
		if from.closed != 0 {
			t.Fatal("the body was closed before its time")
		}
		b.finish(true)
		if before != nil {
			before.Close()
		}
		if from.closed != 1 {
			t.Fatalf("the body was closed %d times", from.closed)
		}
	})
}

// TestReplayUnderAnAbandonedRead: what an attempt that was given up still reads
// goes to the next one, which waits for it, whatever its length.
func TestReplayUnderAnAbandonedRead(t *testing.T) {
	const size = 300
	content := bytes.Repeat([]byte("abc"), size/3)
	for range 200 {
		pr, pw := io.Pipe()
		b := newReplay(pr, -1, 100, new(bodyPool))
		var group sync.WaitGroup
		first := b.view()
		begun := make(chan struct{})
		group.Go(func() {
			p := make([]byte, size)
			if n, err := io.ReadFull(first, p[:50]); n != 50 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			close(begun)
			_, _ = first.Read(p) // in which it is given up
		})
		group.Go(func() {
			_, _ = pw.Write(content[:50])
			<-begun
			_, _ = pw.Write(content[50:])
			pw.Close()
		})
		<-begun
		if why := b.takeBack(); why == "" { // or it has read too much already
			got, err := io.ReadAll(b.view())
			if !bytes.Equal(got, content) || err != nil {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
		} else if _, err := io.Copy(io.Discard, pr); err != nil {
			t.Fatal(err)
		}
		group.Wait()
		b.finish(true)
		pr.Close()
	}
}

// TestReplayWaitsNoLongerThanItsView: to close a view ends its wait for the Read
// of another one.
func TestReplayWaitsNoLongerThanItsView(t *testing.T) {
	pr, pw := io.Pipe()
	b := newReplay(pr, -1, 100, new(bodyPool))
	first := b.view()
	abandoned := make(chan struct{})
	go func() {
		defer close(abandoned)
		_, _ = first.Read(make([]byte, 1))
	}()
	for { // until it is in the pipe's Read
		b.mu.Lock()
		reading := b.reading
		b.mu.Unlock()
		if reading {
			break
		}
	}
	if why := b.takeBack(); why != "" {
		t.Fatal(why)
	}
	second := b.view()
	done := make(chan error)
	go func() {
		_, err := second.Read(make([]byte, 1))
		done <- err
	}()
	second.Close()
	if err := <-done; err != errViewClosed {
		t.Error(err)
	}
	b.finish(true)
	pw.Close()
	<-abandoned
}

// TestKnownToBeTooLong: of a body whose length says that it cannot be kept nothing is, so that
// it is lost with its first byte.
func TestKnownToBeTooLong(t *testing.T) {
	for _, row := range []struct {
		length int64
		why    string
	}{
		{10, ""}, // what was read is kept
		{11, "the body was being sent and is too long to be kept"},
		{-1, ""},
	} {
		b := newReplay(io.NopCloser(strings.NewReader("hello world")), row.length, 10, new(bodyPool))
		v := b.view()
		if n, err := v.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if got := b.problem(); got != row.why {
			t.Errorf("of %d bytes: %q, want %q", row.length, got, row.why)
		}
		v.Close()
	}
}

// TestKeptMemoryIsUsedAgain: what bodies were kept in is there for the next ones.
func TestKeptMemoryIsUsedAgain(t *testing.T) {
	var pool bodyPool
	for _, size := range []int{1, 4 << 10, 4<<10 + 1, 64 << 10} {
		again := 0
		for range 100 { // a pool may forget what it is given
			b := newReplay(io.NopCloser(strings.NewReader(strings.Repeat("x", size))), int64(size), size, &pool)
			v := b.view()
			if n, err := io.Copy(io.Discard, v); n != int64(size) || err != nil {
				t.Fatal(n, err)
			}
			kept := &b.kept[0]
			v.Close()
			b.finish(true)
			if next := pool.get(size); &next[:1][0] == kept {
				again++
			}
		}
		if again == 0 {
			t.Errorf("memory for %d bytes is never used again", size)
		}
	}
}
