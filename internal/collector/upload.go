package collector

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
)

const (
	maxUploadIDs  = 100 // traces of a file that are listed
	maxUploadPart = 16  // fields of the form before the file
)

var (
	errNoForm   = errors.New("a file is sent as multipart/form-data")
	errFormCuts = errors.New("the form ends within the file")
)

// upload is what a form's file had: which traces. Its methods do nothing to nil.
type upload struct {
	spans  int
	traces []traceID
	seen   map[traceID]struct{}
}

func (u *upload) note(key traceID) {
	if u == nil {
		return
	}
	u.spans++
	if _, have := u.seen[key]; have || len(u.seen) == maxUploadIDs {
		return
	}
	u.seen[key] = struct{}{}
	u.traces = append(u.traces, key)
}

// postUpload stores the spans of a file that a form sends, as postSpans stores those of a
// tracer and within the same bounds, and leads to the trace. It answers with pages.
func (c *Collector) postUpload(w http.ResponseWriter, r *http.Request) {
	const heading = "The file was not taken"
	if c.closed.Load() {
		c.counts.closed.Add(1)
		c.pages.message(w, http.StatusServiceUnavailable, heading, "The collector is closed.")
		return
	}
	if err := c.foreign.Check(r); err != nil {
		c.counts.crossSite.Add(1)
		c.pages.message(w, http.StatusForbidden, heading, "A page of another site must not send spans: "+err.Error()+".")
		return
	}
	u, err := c.upload(w, r)
	if err != nil {
		status, counter, err := c.refusal(w, err)
		counter.Add(1)
		c.pages.message(w, status, heading, sentence(err))
		return
	}
	switch len(u.traces) {
	case 0:
		c.pages.message(w, http.StatusBadRequest, heading, "It has no spans.")
	case 1:
		http.Redirect(w, r, "/traces/"+u.traces[0].String(), http.StatusSeeOther)
	default:
		c.pages.write(w, http.StatusOK, "uploaded", page{Title: "Uploaded traces", Body: newUploadedPage(u)})
	}
}

func (c *Collector) upload(w http.ResponseWriter, r *http.Request) (*upload, error) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" || params["boundary"] == "" {
		return nil, errNoForm
	}
	b, err := c.receive(w, r)
	if err != nil {
		return nil, err
	}
	defer c.uploads.done(b)
	worker, ok := c.enter(r.Context())
	if !ok {
		return nil, errBusy
	}
	defer func() { c.places <- worker }()
	u := &upload{seen: map[traceID]struct{}{}}
	open := func(b *body) (io.Reader, error) { return filePart(b.reader(), params["boundary"]) }
	if err := worker.ingest(b, open, decodeJSON, storing{c.store, u}); err != nil {
		return nil, err
	}
	return u, nil
}

// filePart returns the content of the field file of a form.
func filePart(form io.Reader, boundary string) (io.Reader, error) {
	parts := multipart.NewReader(form, boundary)
	for range maxUploadPart {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, errors.New("the form has no file")
		case err != nil:
			return nil, fmt.Errorf("the form could not be read: %w", err)
		case part.FormName() == "file":
			return &filePiece{part}, nil
		}
	}
	return nil, errors.New("the form has too many fields before the file")
}

// filePiece is a part of a form whose errors say so.
type filePiece struct{ in io.Reader }

func (f *filePiece) Read(p []byte) (int, error) {
	n, err := f.in.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("%w: %w", errFormCuts, err)
	}
	return n, err
}

type uploadedPage struct {
	Spans  int
	Traces []string
	More   bool // not all are listed
}

func newUploadedPage(u *upload) *uploadedPage {
	p := &uploadedPage{Spans: u.spans, More: len(u.traces) == maxUploadIDs}
	for _, id := range u.traces {
		p.Traces = append(p.Traces, id.String())
	}
	return p
}

// download sends the spans of a trace as a file.
func (c *Collector) download(w http.ResponseWriter, r *http.Request) {
	if id, err := parseTraceID(r.PathValue("id")); err == nil {
		if v := c.store.lookup(id); len(v.spans) > 0 {
			w.Header().Set("Content-Disposition", `attachment; filename="trace-`+v.key.String()+`.json"`)
		}
	}
	c.getTrace(w, r)
}
