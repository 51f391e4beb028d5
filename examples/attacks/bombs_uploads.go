package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// uploadMemory is what a collector may have in memory at most. It keeps spans of
// 64 MiB, holds uploads of 32 MiB as they were sent, and each of the 16 that are
// decoded at the same time has less than 1 MiB; the garbage collector takes up to
// as much again.
const uploadMemory = 256 << 20

// uploadBytes is how long a body is when it is not compressed: as long as the
// collector takes.
const uploadBytes = 8<<20 - 64

// upload is a body for the collector.
type upload struct {
	name string
	kind string // of the content
	text func() string
}

func uploadBombs() []upload {
	const json, proto = "application/json", "application/x-protobuf"
	span := func(fields string) string {
		ids := "\x0a\x08" + strings.Repeat("\x01", 8) + "\x1a\x08" + strings.Repeat("\x01", 8)
		return "\x0a" + string(binary.AppendUvarint(nil, uint64(len(ids)+len(fields)))) + ids + fields
	}
	fill := func(one string) string { return strings.Repeat(one, (uploadBytes-100)/len(one)) }
	list := func(begin, one, end string) string {
		return begin + strings.TrimSuffix(fill(one+","), ",") + end
	}
	const begin = `[{"traceId":"1","id":"1",`
	return []upload{
		{"proto, empty annotations", proto, func() string { return span(fill("\x52\x00")) }},
		{"proto, empty tags", proto, func() string { return span(fill("\x5a\x00")) }},
		{"proto, tiny spans", proto, func() string { return fill(span("")) }},
		{"proto, empty spans", proto, func() string { return fill("\x0a\x00") }},
		{"JSON, a tag of objects", json, func() string { return list(begin+`"tags":{"a":[`, `{}`, `]}}]`) }},
		{"JSON, a field of numbers", json, func() string { return list(begin+`"new":{"a":[`, `0`, `]}}]`) }},
		{"JSON, empty annotations", json, func() string { return list(begin+`"annotations":[`, `{}`, `]}]`) }},
		{"JSON, empty spans", json, func() string { return list(`[`, `{}`, `]`) }},
		{"JSON, deep", json, func() string { return begin + `"tags":{"a":` + fill("[") }},
	}
}

// compressed is a body in gzip.
func (u upload) compressed() ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(w, u.text()); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// uploads sends each to a collector of its own, several at once.
func (b bombs) uploads(ctx context.Context, s *scene, out io.Writer) ([]string, error) {
	t := newCheck(out, fmt.Sprintf("upload, %d at once", b.atOnce), "bytes of each", "answers", "memory before", "at most", "time")
	for _, u := range uploadBombs() {
		body, err := u.compressed()
		if err != nil {
			return t.broken, err
		}
		port, err := freePort()
		if err != nil {
			return t.broken, err
		}
		p, err := s.start(ctx, "collector", loopback(port), exec.Command(s.binary, "collector", "-addr", loopback(port)))
		if err != nil {
			return t.broken, err
		}
		before, _ := p.memory()
		begun := time.Now()
		statuses := make([]int, b.atOnce)
		failed := make([]error, b.atOnce)
		var senders sync.WaitGroup
		for i := range b.atOnce {
			senders.Go(func() { statuses[i], failed[i] = u.post(ctx, p.addr, body) })
		}
		senders.Wait()
		if err := errors.Join(failed...); err != nil {
			return t.broken, fmt.Errorf("%s: %w", u.name, err)
		}
		_, most := p.memory()
		slices.Sort(statuses)
		answers := strings.Trim(fmt.Sprint(slices.Compact(statuses)), "[]")
		t.row(atMost("bytes of memory", most, uploadMemory), u.name, fmt.Sprint(len(body)), answers, mebibytes(before), mebibytes(most), fmt.Sprintf("%.1f s", time.Since(begun).Seconds()))
		if err := p.stop(); err != nil {
			return t.broken, err
		}
	}
	return t.broken, nil
}

func (u upload) post(ctx context.Context, addr string, body []byte) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, "POST", "http://"+addr+"/api/v2/spans", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Close = true
	r.Header.Set("Content-Type", u.kind)
	r.Header.Set("Content-Encoding", "gzip")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}
