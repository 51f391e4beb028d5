package dryrun

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/explain"
	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
)

// Config configures a [Handler]. Only Server is required.
type Config struct {
	// Server gets every other request. Required. With its ClearContext there are no dry
	// runs, because the header l5d-explain is then dropped as all of the mesh's are.
	Server *proxy.Handler
	// Hops are the beginnings of the ids of replica sets whose endpoints are other hops.
	// Default: none, so that only this hop answers.
	Hops []resolve.Prefix
	// Timeout bounds the dry run at all hops together. Default 5 s.
	Timeout time.Duration
	// MaxConcurrent is how many dry runs are made at the same time. Default 4.
	MaxConcurrent int
}

const (
	defaultTimeout       = 5 * time.Second
	defaultMaxConcurrent = 4
	maxHops              = 16

	word = "dry-run"
	// answerType is the type of an [Answer].
	answerType = "application/json; l5d-explain=1"
)

// A Handler answers dry runs and passes all other requests on. Make one with [New]; it is
// safe for concurrent use.
type Handler struct {
	config    Config
	explainer *explain.Explainer
	running   atomic.Int64
	stats     struct{ answered, refused atomic.Uint64 }
}

// Stats are the counters of a [Handler].
type Stats struct {
	Answered uint64 // dry runs
	Refused  uint64 // dry runs that exceeded MaxConcurrent
}

// New returns a handler with the given configuration.
func New(config Config) (*Handler, error) {
	switch {
	case config.Server == nil:
		return nil, errors.New("dryrun: Config.Server is required")
	case config.Timeout < 0 || config.MaxConcurrent < 0:
		return nil, errors.New("dryrun: Config: a limit is negative")
	case (*hophandler.Handler)(config.Server).ClearsContext():
		return nil, errors.New("dryrun: Config.Server has ClearContext, which drops the header that asks for a dry run")
	}
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if config.MaxConcurrent == 0 {
		config.MaxConcurrent = defaultMaxConcurrent
	}
	x, err := explain.New(explain.Config{Servers: []*proxy.Handler{config.Server}, Timeout: config.Timeout, Live: true})
	if err != nil {
		return nil, err
	}
	return &Handler{config: config, explainer: x}, nil
}

// Drain is that of the server, see [proxy.Handler.Drain].
func (h *Handler) Drain() { h.config.Server.Drain() }

// Refuse is that of the server, see [proxy.Handler.Refuse].
func (h *Handler) Refuse(w http.ResponseWriter, r *http.Request, status int, reason error) {
	h.config.Server.Refuse(w, r, status, reason)
}

// Stats returns the counters as they are now.
func (h *Handler) Stats() Stats {
	return Stats{h.stats.answered.Load(), h.stats.refused.Load()}
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	values := r.Header[wire.ExplainName]
	if values == nil {
		h.config.Server.ServeHTTP(w, r)
		return
	}
	header := w.Header()
	header["l5d-explain"] = []string{word}
	header["Cache-Control"] = []string{"no-store"}
	if r.ContentLength != 0 {
		httpx.CloseAfter(w, r) // nobody reads the body
	}
	q, err := read(values, r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	defer h.running.Add(-1)
	if h.running.Add(1) > int64(h.config.MaxConcurrent) {
		h.stats.refused.Add(1)
		header["Retry-After"] = []string{"1"}
		refuse(w, http.StatusServiceUnavailable, "too many dry runs at the same time")
		return
	}
	h.stats.answered.Add(1)
	ctx, cancel := context.WithTimeout(r.Context(), h.config.Timeout)
	defer cancel()
	a, err := h.run(ctx, q)
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, err.Error())
		return
	}
	a.write(w, r)
}

// refuse responds with a reason. The request is not carried out.
func refuse(w http.ResponseWriter, status int, text string) {
	w.Header()["Content-Type"] = []string{"text/plain; charset=utf-8"}
	w.WriteHeader(status)
	_, _ = w.Write([]byte("l5d-explain: " + text + "\n"))
}

// question is a dry run that is asked for.
type question struct {
	in   *http.Request // as it would have come without the question
	hops int           // how many may be asked, this one included
}

// read reads the header's values: the word, and from a hop before this one the method of
// the request and how many hops may still be asked.
func read(values []string, r *http.Request) (question, error) {
	q := question{in: r.Clone(r.Context()), hops: maxHops}
	delete(q.in.Header, wire.ExplainName)
	first, parameters, _ := strings.Cut(values[0], ";")
	if len(values) > 1 || !httpx.EqualFold(httpx.TrimBlank(first), word) {
		return q, errors.New("the only value is " + word)
	}
	for text := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(httpx.TrimBlank(text), "=")
		switch name {
		case "":
		case "method":
			if r.Method != http.MethodTrace || !httpx.IsToken(value) {
				return q, errors.New("method belongs to the questions of hops")
			}
			q.in.Method = value
			wire.Del(q.in.Header, wire.MaxForwardsName, wire.AddContextName)
		case "hops":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > maxHops {
				return q, errors.New("hops is not a number from 1 to " + strconv.Itoa(maxHops))
			}
			q.hops = n
		default:
			return q, errors.New("there is no parameter " + strconv.Quote(name))
		}
	}
	return q, nil
}

var _ http.Handler = (*Handler)(nil)
