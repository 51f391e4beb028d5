package collector_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/collector"
)

// A body that is made for it costs no more than this, whatever its form.
const (
	perByte   = 24      // bytes that are allocated, most of which are garbage at once
	perUpload = 1 << 20 // what an upload allocates even if it is empty, a worker included
)

// protoSpan is a span of zipkin.proto with an id and these fields.
func protoSpan(fields string) string {
	body := "\x0a\x08\x01\x01\x01\x01\x01\x01\x01\x01\x1a\x08\x01\x01\x01\x01\x01\x01\x01\x01" + fields
	return "\x0a" + string(binary.AppendUvarint(nil, uint64(len(body)))) + body
}

// fill repeats a text, with its number where it has %d, up to a size.
func fillUp(size int, format string) string {
	var b strings.Builder
	for n := 0; b.Len() < size; n++ {
		if strings.Contains(format, "%") {
			fmt.Fprintf(&b, format, n)
		} else {
			b.WriteString(format)
		}
	}
	return b.String()
}

// list is a JSON list or object of such texts.
func list(open string, size int, format, end string) string {
	return open + strings.TrimSuffix(fillUp(size, format+","), ",") + end
}

// bombs are bodies of about size bytes whose spans could be made to cost much.
func bombs(size int) map[string]string {
	const span = `[{"traceId":"1","id":"1",`
	distinct := func(field byte) string {
		var b strings.Builder
		for n := 0; b.Len() < size; n++ {
			b.WriteString(string([]byte{field, 6, 0x0a, 4, byte('0' + n>>18&63), byte('0' + n>>12&63), byte('0' + n>>6&63), byte('0' + n&63)}))
		}
		return b.String()
	}
	return map[string]string{
		"proto: empty annotations":       protoSpan(fillUp(size, "\x52\x00")),
		"proto: two annotations in turn": protoSpan(fillUp(size, "\x52\x00\x52\x03\x12\x01a")),
		"proto: empty tags":              protoSpan(fillUp(size, "\x5a\x00")),
		"proto: distinct tags":           protoSpan(distinct(0x5a)),
		"proto: endpoints":               protoSpan(fillUp(size, "\x42\x02\x20\x01\x4a\x02\x20\x02")),
		"proto: tiny spans":              fillUp(size, protoSpan("")),
		"proto: spans with endpoints":    fillUp(size, protoSpan("\x42\x02\x20\x01\x4a\x02\x20\x02")),
		"proto: full spans":              fillUp(size, protoSpan(strings.Repeat("\x52\x00\x52\x03\x12\x01a", 1024))),
		"proto: empty spans":             fillUp(size, "\x0a\x00"),
		"proto: groups":                  protoSpan(fillUp(size, "\x7b")),
		"proto: shallow groups":          protoSpan(fillUp(size, "\x7b\x7c")),
		"proto: one long name":           protoSpan("\x2a" + string(binary.AppendUvarint(nil, uint64(size))) + strings.Repeat("n", size)),
		"proto: bytes that are no text":  protoSpan("\x2a" + string(binary.AppendUvarint(nil, uint64(size))) + strings.Repeat("a\xff", size/2)),
		"JSON: a tag of objects":         list(span+`"tags":{"a":[`, size, `{}`, `]}}]`),
		"JSON: a field of objects":       list(span+`"new":{"a":[`, size, `{}`, `]}}]`),
		"JSON: a field of numbers":       list(span+`"new":{"a":[`, size, `0`, `]}}]`),
		"JSON: a field of fields":        list(span+`"new":{"a":{`, size, `"":0`, `}}}]`),
		"JSON: empty annotations":        list(span+`"annotations":[`, size, `{}`, `]}]`),
		"JSON: annotations":              list(span+`"annotations":[`, size, `{"timestamp":%d,"value":""}`, `]}]`),
		"JSON: lists of annotations":     list(span, size, `"annotations":[]`, `}]`),
		"JSON: tags":                     list(span+`"tags":{`, size, `"%d":""`, `}}]`),
		"JSON: one tag":                  list(span+`"tags":{`, size, `"":""`, `}}]`),
		"JSON: tags of numbers":          list(span+`"tags":{`, size, `"%d":0`, `}}]`),
		"JSON: escapes":                  list(span+`"tags":{`, size, `"\u0001%d":"\ud83d\ude00\n"`, `}}]`),
		"JSON: long tags":                list(span+`"tags":{`, size, `"%d":"`+strings.Repeat("x", 30_000)+`"`, `}}]`),
		"JSON: endpoints":                list(span, size, `"localEndpoint":{"port":1}`, `}]`),
		"JSON: long id":                  span + `"parentId":"` + strings.Repeat("1", size) + `"}]`,
		"JSON: long number":              span + `"timestamp":` + strings.Repeat("1", size) + `}]`,
		"JSON: long key":                 span + `"` + strings.Repeat("k", size) + `":1}]`,
		"JSON: long name":                span + `"name":"` + strings.Repeat("É", size/2) + `"}]`,
		"JSON: lists in lists":           span + `"new":` + strings.Repeat("[", size),
		"JSON: lists in lists of tags":   span + `"tags":{"a":` + strings.Repeat("[", size),
		"JSON: objects in objects":       span + `"new":` + strings.Repeat(`{"":`, size/4),
		"JSON: lists at the top":         strings.Repeat("[", size),
		"JSON: tiny spans":               list(`[`, size, `{"traceId":"%x1","id":"1"}`, `]`),
		"JSON: empty spans":              list(`[`, size, `{}`, `]`),
		"JSON: spans with endpoints":     list(`[`, size, `{"traceId":"1","id":"%x1","localEndpoint":{"port":1},"remoteEndpoint":{"port":2}}`, `]`),
		"JSON: new services":             list(`[`, size, `{"traceId":"%x1","id":"1","localEndpoint":{"serviceName":"%[1]x"}}`, `]`),
		"JSON: nulls":                    list(`[`, size, `null`, `]`),
		"JSON: blanks":                   strings.Repeat(" ", size),
	}
}

func zip(t testing.TB, text string) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// upload posts a body without a network.
func upload(c http.Handler, form string, body []byte, zipped bool) int {
	r := httptest.NewRequest("POST", "/api/v2/spans", bytes.NewReader(body))
	if strings.HasPrefix(form, "proto") {
		r.Header.Set("Content-Type", "application/x-protobuf")
	}
	if zipped {
		r.Header.Set("Content-Encoding", "gzip")
	}
	return ask(c, r).Code
}

// TestUploadCost: work and memory of uploads are in proportion to their
// decompressed bytes, and what sixteen of them hold at a time is bounded,
// whatever they consist of.
func TestUploadCost(t *testing.T) {
	size := 128 << 10
	switch {
	case raced:
		size = 8 << 10 // enough for races
	case testing.Short():
		size = 64 << 10
	}
	for form, text := range bombs(size) {
		for _, zipped := range []bool{true, false} {
			if zipped || !raced {
				t.Run(fmt.Sprintf("%s/gzip=%v", form, zipped), func(t *testing.T) { uploadsCost(t, form, text, zipped) })
			}
		}
	}
	if raced {
		return
	}
	// Spans are many times as large as their bytes: here it counts that they
	// are stored while others are still read.
	for _, form := range []string{"proto: tiny spans", "JSON: tiny spans"} {
		t.Run(form+" up to the bound", func(t *testing.T) { uploadsCost(t, form, bombs(keptOfAll - 1<<10)[form], true) })
	}
}

const keptOfAll = 512 << 10 // MaxBodyBytes of these collectors

// uploadsCost posts a body sixteen times at once.
func uploadsCost(t *testing.T, form, text string, zipped bool) {
	const atOnce = 16
	old := debug.SetGCPercent(10) // what is in use, and little garbage beside it
	defer debug.SetGCPercent(old)
	body := []byte(text)
	if zipped {
		body = zip(t, text)
	}
	c, err := collector.New(collector.Config{MaxBytes: 4 * keptOfAll, MaxBodyBytes: keptOfAll})
	if err != nil {
		t.Fatal(err)
	}
	before := heap()
	allocated := allocations()
	peak := watchHeap()
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			if code := upload(c, form, body, zipped); code != http.StatusAccepted && code != http.StatusBadRequest {
				t.Errorf("status %d", code)
			}
		})
	}
	wg.Wait()
	most, total := peak()-before, allocations()-allocated
	t.Logf("%d KiB in %d KiB: %d allocated for a byte, %d KiB at most", len(text)>>10, len(body)>>10, total/int64(atOnce*len(text)), most>>10)
	if limit := int64(atOnce * (perByte*len(text) + perUpload)); total > limit {
		t.Errorf("%d MiB were allocated, want %d at most", total>>20, limit>>20)
	}
	// The store, the bodies, the workers, and what is garbage.
	if limit := int64((4*keptOfAll*3/2 + 4*keptOfAll + atOnce<<20) * 3 / 2); most > limit {
		t.Errorf("%d MiB were in use, want %d at most", most>>20, limit>>20)
	}
}

func allocations() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.TotalAlloc)
}

// watchHeap looks at the heap again and again, and says what the most was.
func watchHeap() (peak func() int64) {
	stop, most := make(chan struct{}), make(chan int64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		high := uint64(0)
		for {
			metrics.Read(sample)
			high = max(high, sample[0].Value.Uint64())
			select {
			case <-stop:
				most <- int64(high)
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return func() int64 { close(stop); return <-most }
}

// FuzzUploadCost: no body costs more for each of its bytes than the bound.
func FuzzUploadCost(f *testing.F) {
	for form, text := range bombs(512) {
		f.Add([]byte(text), strings.HasPrefix(form, "proto"))
	}
	f.Add([]byte(`[{"traceId":"1","id":"1","kind":"SERVER","annotations":[{"timestamp":1,"value":"ws"}],"tags":{"error":"x"}}]`), false)
	f.Fuzz(func(t *testing.T, body []byte, proto bool) {
		form := "JSON"
		if proto {
			form = "proto"
		}
		// The same body over and over is where a cost for each byte shows beside
		// what an upload costs anyway.
		c, err := collector.New(collector.Config{MaxBytes: 4 << 20})
		if err != nil {
			t.Fatal(err)
		}
		upload(c, form, body, false)
		const times = 16
		before := allocations()
		for range times {
			upload(c, form, body, false)
		}
		const request = 64 << 10 // and its answer
		if got, limit := allocations()-before, int64(times*(perByte*len(body)+request)); got > limit {
			t.Errorf("%d bytes were allocated for %d uploads of %d bytes, want %d at most", got, times, len(body), limit)
		}
	})
}
