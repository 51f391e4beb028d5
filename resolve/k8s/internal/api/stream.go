package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"strconv"
	"time"
)

const (
	// A watch is asked to end after a time from minStream to maxStream, as
	// client-go does, so that load finds its way to new servers.
	minStream = 300 * time.Second
	maxStream = 600 * time.Second
	// silence is how much longer it may last without a byte.
	silence = 30 * time.Second
	// headTimeout bounds the wait for a watch's first answer.
	headTimeout = 30 * time.Second
)

// errRelist says that a watch cannot go on from where it is.
type errRelist struct{ why error }

func (e errRelist) Error() string { return e.why.Error() }
func (e errRelist) Unwrap() error { return e.why }

// stream is one request of a watch, from version on. It ends with the error that
// ended it: io.EOF where the server did, an errRelist where the objects must be
// listed again. began is zero if it did not begin.
func stream[T Object](ctx context.Context, c *Client, q *Query, version string, report *Report, each func(event[T])) (began time.Time, err error) {
	lasts := minStream + rand.N(maxStream-minStream)
	path := q.path() + "watch=true&allowWatchBookmarks=true"
	if version != "" {
		path += "&resourceVersion=" + url.QueryEscape(version)
	}
	path += "&timeoutSeconds=" + strconv.Itoa(int(lasts/time.Second))

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(headTimeout, func() { cancel(errNoAnswer) })
	defer watchdog.Stop()

	report.update(func(h *History, now time.Time) { h.Request, h.RequestAt = "GET "+path, now })
	resp, err := c.get(ctx, path)
	if err != nil {
		if CodeOf(err) == 410 {
			return time.Time{}, errRelist{err}
		}
		return time.Time{}, err
	}
	defer resp.Body.Close()
	began = time.Now()
	report.update(func(h *History, now time.Time) { h.StreamStartAt, h.Streaming, h.Trouble = now, true, false })
	defer func() {
		report.update(func(h *History, now time.Time) { h.StreamEndAt, h.Streaming = now, false })
	}()

	limit := lasts + silence
	watchdog.Reset(limit)
	lines := bufio.NewReaderSize(watched{resp.Body, watchdog, limit}, 2<<10)
	var buf []byte
	for {
		line, err := readLine(lines, buf[:0])
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return began, err
		}
		if buf = line; cap(buf) > keepBuffer {
			buf = nil
		}
		if len(line) == 0 {
			continue
		}
		if err := tell(line, c, q.Plural, report, each); err != nil {
			return began, errRelist{err}
		}
	}
}

// tell reads a line. It is not part of stream, whose frame is on the stack of
// each watch that waits.
func tell[T Object](line []byte, c *Client, plural string, report *Report, each func(event[T])) error {
	e, err := parseEvent[T](line)
	if err != nil {
		return err
	}
	report.update(func(h *History, now time.Time) {
		h.StreamDataAt = now
		if e.version != "" {
			h.Version = e.version
		}
	})
	if e.action == nameless {
		c.log.trouble(fmt.Errorf("an event of %s has an object without a name", plural), logAgain)
	}
	each(e)
	return nil
}

// watched puts the watchdog off with each byte.
type watched struct {
	from     io.Reader
	watchdog *time.Timer
	limit    time.Duration
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	if n > 0 {
		w.watchdog.Reset(w.limit)
	}
	return n, err
}

// isEnd says whether a stream ended as streams do: the server ended it, or the
// connection broke.
func isEnd(began time.Time, err error) bool {
	var relist errRelist
	return !began.IsZero() && !errors.As(err, &relist)
}
