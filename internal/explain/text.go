package explain

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Text writes the report for people, in lines of at most 100 columns where
// names leave room for it. Of a long look-up it shows the beginning. The error
// is the writer's, or says that this is no whole report, which one that came as
// JSON need not be.
func (r *Report) Text(w io.Writer) error {
	if err := r.check(); err != nil {
		return err
	}
	p := &page{}
	r.head(p)
	if r.Lookup != nil {
		p.blank()
		p.way(r.Lookup, 0)
	}
	p.unbounded = true
	if p.left > 0 {
		p.line(0, fmt.Sprintf("... and %d more lines, which the JSON form has", p.left))
	}
	if r.Incomplete != "" {
		p.blank()
		p.line(0, "incomplete: "+r.Incomplete)
	}
	r.destinations(p)
	p.blank()
	for _, why := range r.Why {
		p.pair(0, whyColumn, "because", why)
	}
	p.line(0, r.verdict())
	_, err := io.WriteString(w, p.text.String())
	return err
}

// Columns of the first block and of the last.
const (
	headColumn = 12
	whyColumn  = 9
)

// head says what was asked.
func (r *Report) head(p *page) {
	router := r.Router
	if r.Server != "" {
		router += ", server " + r.Server
	}
	if r.Live {
		router += " (running)"
	}
	p.pair(0, headColumn, "router", router)
	if q := r.Request; q != nil {
		p.pair(0, headColumn, "request", q.Method+" "+q.Target+" "+q.Version+", Host: "+q.Host)
	}
	switch {
	case !r.DtabIgnored:
	case r.DtabIgnoredBy == "overrides":
		p.pair(0, headColumn, "its dtab", "ignored: the server has overrides: false")
	default:
		p.pair(0, headColumn, "its dtab", "ignored: the server has clearContext")
	}
	r.headDtab(p)
	r.headLeftOut(p)
	for _, i := range r.Identified {
		said := "says " + i.Name
		switch {
		case i.Declined:
			said = "declines: " + i.Reason
		case i.Reason != "":
			said = "fails: " + i.Reason
		}
		p.pair(0, headColumn, "identifier", i.Identifier+" "+said)
	}
	if r.Request != nil && r.Request.SentAs != "" {
		p.pair(0, headColumn, "sent as", r.Request.SentAs)
	}
	if r.Name != "" {
		p.pair(0, headColumn, "name", r.Name)
	}
}

// maxEntries is how many entries of its dtab are written for a request.
const maxEntries = 20

func (r *Report) headDtab(p *page) {
	n := 0
	for _, e := range r.Dtab {
		if e.From != FromRequest {
			continue
		}
		if n++; n <= maxEntries {
			p.pair(0, headColumn, "its dtab", e.Text)
		}
	}
	if n > maxEntries {
		p.pair(0, headColumn, "its dtab", fmt.Sprintf("and %d more", n-maxEntries))
	}
}

// headLeftOut says which of those entries play no part.
func (r *Report) headLeftOut(p *page) {
	for i, left := range r.LeftOut {
		if i == maxEntries {
			p.pair(0, headColumn, "left out", fmt.Sprintf("and %d more", len(r.LeftOut)-i))
			break
		}
		p.pair(0, headColumn, "left out", left.Entry.Text+" ("+left.Entry.where()+") leads to "+left.LeadsTo+", which the server's overrides do not allow")
	}
}

// verdict is the last line: what is answered.
func (r *Report) verdict() string {
	what, are := "The request", "is"
	if r.Request == nil {
		what, are = "Requests for this name", "are"
	}
	switch status := r.status(); {
	case status != 0:
		return what + " " + are + " answered with status " + strconv.Itoa(status) + "."
	case r.Sent >= 1:
		return what + " " + are + " sent."
	case r.Sent > 0:
		return percent(r.Sent) + " of the requests are sent; for the others the hop answers " + r.Refusal.text()
	}
	return what + " " + are + " not sent: the hop answers " + r.Refusal.text()
}

// status is what the hop answers by itself, where that is all that it does.
func (r *Report) status() int {
	if len(r.Targets) != 1 || r.Targets[0].Replicas == nil || len(r.Targets[0].Replicas.Addresses) != 1 {
		return 0
	}
	return r.Targets[0].Replicas.Addresses[0].Status
}

// text is the answer in a line, and who gets it when.
func (r *Refusal) text() string {
	text := r.line()
	if r.AfterMs > 0 {
		text += " (after " + (time.Duration(r.AfterMs) * time.Millisecond).String() + ")"
	}
	if r.Hidden {
		text += " (and the caller gets no message: clearContext)"
	}
	return text
}

// line is the status with the first line of the message.
func (r *Refusal) line() string {
	line, _, _ := strings.Cut(r.Message, "\n")
	return strings.TrimSpace(strconv.Itoa(r.Status) + " " + line)
}

// percent has four digits at most.
func percent(share float64) string { return strconv.FormatFloat(share*100, 'g', 4, 64) + " %" }
