package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	// listTimeout bounds one page of a list.
	listTimeout = 30 * time.Second
	// maxList bounds the bytes of a list.
	maxList = 64 << 20
	// pageSize is how many objects are asked for at a time.
	pageSize = 500
	// maxPages is more than maxList would hold.
	maxPages = 10000
)

var errNoAnswer = errors.New("no response in 30s")

// page is what a list gives.
type page[T Object] struct {
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
		Continue        string `json:"continue"`
	} `json:"metadata"`
	Items []T `json:"items"`
}

// listed is all objects, the version that they are of, and how long the list was.
type listed[T Object] struct {
	items   []T
	version string
	bytes   int
}

// list gets all objects, in pages.
func list[T Object](ctx context.Context, c *Client, q Query, report *Report) (listed[T], error) {
	l, err := pages[T](ctx, c, q, pageSize, report)
	if CodeOf(err) == http.StatusGone {
		// The list grew old between two pages. Without a limit it is one.
		return pages[T](ctx, c, q, 0, report)
	}
	return l, err
}

func pages[T Object](ctx context.Context, c *Client, q Query, limit int, report *Report) (l listed[T], err error) {
	left := int64(maxList)
	next := ""
	for range maxPages {
		path := q.path()
		if limit > 0 {
			path += "limit=" + strconv.Itoa(limit)
		}
		if next != "" {
			path += "&continue=" + url.QueryEscape(next)
		}
		report.update(func(h *History, now time.Time) { h.Request, h.RequestAt = "GET "+path, now })
		var p page[T]
		if left, err = getPage(ctx, c, path, left, &p); err != nil {
			return l, err
		}
		l.items = append(l.items, p.Items...)
		if next = p.Metadata.Continue; next == "" {
			l.version, l.bytes = p.Metadata.ResourceVersion, int(maxList-left)
			return l, nil
		}
	}
	return l, errTooLong(fmt.Sprintf("a list of more than %d pages", maxPages))
}

func getPage[T Object](ctx context.Context, c *Client, path string, left int64, into *page[T]) (int64, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, listTimeout, errNoAnswer)
	defer cancel()
	resp, err := c.get(ctx, path)
	if err != nil {
		return left, err
	}
	defer resp.Body.Close()
	body := &limited{from: resp.Body, left: left}
	if err := json.NewDecoder(body).Decode(into); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return body.left, fmt.Errorf("a list: %w", err)
	}
	// To its end, so that the connection can be used again.
	_, _ = io.Copy(io.Discard, io.LimitReader(body, maxStatus))
	return body.left, nil
}

// limited fails where a list is too long.
type limited struct {
	from io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errTooLong(fmt.Sprintf("more than %d MiB", maxList>>20))
	}
	if int64(len(p)) > l.left {
		p = p[:l.left]
	}
	n, err := l.from.Read(p)
	l.left -= int64(n)
	return n, err
}
