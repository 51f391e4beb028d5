package dryrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/resolve"
)

// run makes the dry run at this hop and at those behind it.
func (h *Handler) run(ctx context.Context, q question) (*Answer, error) {
	in := q.in.WithContext(ctx)
	report, explanation, header, err := h.explainer.Outgoing(in)
	if err != nil {
		return nil, err
	}
	own := Hop{Report: report}
	var choice *routerview.Choice
	if explanation.Err == nil {
		choice = h.config.Server.Router().View().Choose(explanation, in)
	}
	if choice == nil {
		own.End = "the request would be refused"
		return &Answer{[]Hop{own}}, nil
	}
	id := choice.Target.Bound
	own.Chosen = &Chosen{Client: id.String(), Address: choice.Address.String(), Why: why(choice)}
	switch {
	case choice.Address.Status != 0:
		own.End = "the hop itself responds, with that status"
	case !h.isHop(id):
		own.End = "the replica set is not one of the hops that this server knows (dryRun), so nothing is sent to it"
	case q.hops == 1:
		own.End = "no further hop is asked after " + strconv.Itoa(maxHops)
	default:
		var further []Hop
		if further, err = ask(ctx, choice, explanation.Target, in, header, q.hops-1); err == nil {
			return &Answer{append([]Hop{own}, further...)}, nil
		}
		own.End = "the next hop has not told: " + err.Error()
	}
	return &Answer{[]Hop{own}}, nil
}

// isHop reports whether the endpoints of a replica set are hops, by the configuration.
func (h *Handler) isHop(id resolve.Path) bool {
	for _, prefix := range h.config.Hops {
		if prefix.Matches(id) {
			return true
		}
	}
	return false
}

func why(c *routerview.Choice) string {
	of := len(c.Target.Replicas.Value.Addresses)
	text := fmt.Sprintf("of %d addresses", of)
	if of == 1 {
		text = "the only address"
	}
	if c.Connected {
		text += ", by the balancer"
	} else {
		text += ", by weight: the router has no client for the set yet"
	}
	if c.Target.Share < 1 {
		text += fmt.Sprintf("; the set has %.4g %% of the requests", 100*c.Target.Share)
	}
	return text
}

// maxAnswer bounds what another hop says of itself and those behind it.
const maxAnswer = 4 << 20

// ask asks the hop at the chosen address. What it is sent is not the request: see the
// package's comment.
func ask(ctx context.Context, c *routerview.Choice, target string, in *http.Request, header http.Header, hops int) ([]Hop, error) {
	u := &url.URL{Scheme: "http", Host: c.Address.AddrPort.String()}
	httpx.SetRawTarget(u, target)
	r := (&http.Request{
		Method: http.MethodTrace, URL: u, Host: in.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
	}).WithContext(ctx)
	if c.Address.Authority != "" {
		r.Host = c.Address.Authority
	}
	for _, name := range []string{"Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Expect", "Connection", "Upgrade", "Accept-Encoding"} {
		delete(header, name)
	}
	header["Accept"] = []string{"application/json"}
	wire.Set(header, wire.ExplainName, word+"; method="+in.Method+"; hops="+strconv.Itoa(hops))
	wire.Set(header, wire.MaxForwardsName, "0")
	wire.Set(header, wire.AddContextName, "true")
	resp, err := c.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	return answered(resp, body)
}

// answered reads what a hop, or whatever else is there, has answered.
func answered(resp *http.Response, body []byte) ([]Hop, error) {
	switch kind := resp.Header.Get("Content-Type"); {
	case resp.StatusCode == http.StatusOK && kind == answerType:
		var a Answer
		if err := json.Unmarshal(body, &a); err != nil {
			return nil, fmt.Errorf("its answer is none: %w", err)
		}
		if len(a.Hops) == 0 || len(a.Hops) > maxHops {
			return nil, errors.New("its answer has no hop, or too many")
		}
		for _, hop := range a.Hops {
			if hop.Report == nil && hop.Context == "" {
				return nil, errors.New("its answer has no report")
			}
			if hop.Report != nil {
				if err := hop.Report.Text(io.Discard); err != nil {
					return nil, err
				}
			}
		}
		return a.Hops, nil
	case resp.StatusCode == http.StatusOK && strings.Contains(string(body), "--- Router: ") && utf8.Valid(body):
		return []Hop{{Context: string(body), End: "this hop does no dry runs, so none behind it was asked"}}, nil
	case resp.StatusCode == http.StatusNotImplemented:
		return nil, errors.New("it does no dry runs")
	}
	return nil, fmt.Errorf("it has answered with %d", resp.StatusCode)
}
