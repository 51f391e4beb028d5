package api

import (
	"sync"
	"time"
)

// Report is what happened to a watch, for people.
type Report struct {
	mu sync.Mutex
	r  History
}

// History is a report at one moment. Times that never came are zero.
type History struct {
	Query         Query
	Request       string // the last one: "GET /api/v1/..."
	RequestAt     time.Time
	ResponseAt    time.Time // of a list
	StreamStartAt time.Time
	StreamDataAt  time.Time
	StreamEndAt   time.Time
	Streaming     bool
	Version       string // where the watch is
	LastError     string
	LastErrorAt   time.Time
	Trouble       bool      // the last error is not over
	TroubleSince  time.Time // when the answer began to grow old
	StartedAt     time.Time
	UpdatedAt     time.Time // when the objects last changed
	Objects       int       // how many there are
	Bytes         int       // how long they were as JSON
	Relists       uint64
}

// Now is the report as it is now.
func (r *Report) Now() History {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.r
}

func (r *Report) update(f func(*History, time.Time)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.r, time.Now())
}

func (r *Report) failed(err error) {
	r.update(func(h *History, now time.Time) {
		if !h.Trouble {
			h.Trouble, h.TroubleSince = true, now
		}
		h.LastError, h.LastErrorAt = err.Error(), now
	})
}

// ReadAt is when the server last said something about the objects.
func (h History) ReadAt() time.Time {
	if h.StreamDataAt.After(h.ResponseAt) {
		return h.StreamDataAt
	}
	return h.ResponseAt
}
