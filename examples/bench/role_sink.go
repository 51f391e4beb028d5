package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// sink is a collector that counts spans, for each candidate on a port of its
// own.
type sink struct {
	addrs map[string]string // by candidate
	count map[string]*arrivals
	close []func() error
}

// sinkConfig says how long a candidate's collector takes for each POST.
type sinkConfig map[string]time.Duration

func newSink(delays sinkConfig) (part, error) {
	s := &sink{addrs: map[string]string{}, count: map[string]*arrivals{}}
	for name, delay := range delays {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		count := &arrivals{delay: delay}
		mux := http.NewServeMux()
		mux.Handle("POST /api/v2/spans", count)
		server := &http.Server{Handler: mux}
		go server.Serve(l)
		s.addrs[name], s.count[name] = l.Addr().String(), count
		s.close = append(s.close, server.Close)
	}
	return s, nil
}

func (s *sink) ready() any { return s.addrs }

// obey says how many spans have arrived from whom.
func (s *sink) obey([]byte) (any, error) {
	all := map[string]uint64{}
	for name, count := range s.count {
		all[name] = count.spans.Load()
	}
	return all, nil
}

func (s *sink) stop() (any, error) {
	for _, close := range s.close {
		close()
	}
	return s.obey(nil)
}

// arrivals counts the spans of POSTs in Zipkin's version 2 JSON.
type arrivals struct {
	delay   time.Duration
	spans   atomic.Uint64
	checked atomic.Bool
}

const maxPost = 64 << 20

const spanBegins = `"traceId":`

func (a *arrivals) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := postBody(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	// Parsing them all would cost more than the candidates do.
	if !a.checked.Swap(true) && !json.Valid(body) {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	time.Sleep(a.delay)
	a.spans.Add(uint64(bytes.Count(body, []byte(spanBegins))))
	w.WriteHeader(http.StatusAccepted)
}

func postBody(r *http.Request) ([]byte, error) {
	from := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzip, err := gzip.NewReader(from)
		if err != nil {
			return nil, err
		}
		from = unzip
	}
	var body bytes.Buffer
	if r.ContentLength > 0 {
		body.Grow(int(min(r.ContentLength, maxPost)) + bytes.MinRead)
	}
	_, err := body.ReadFrom(io.LimitReader(from, maxPost))
	return body.Bytes(), err
}
