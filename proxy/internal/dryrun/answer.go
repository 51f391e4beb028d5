package dryrun

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/internal/explain"
	"github.com/meshhop/meshhop/internal/httpx"
)

// An Answer is what each hop would do, the first one first.
type Answer struct {
	Hops []Hop `json:"hops"`
}

// A Hop is what one hop would do.
type Hop struct {
	// Report is how the hop routes the request: the fields of meshhop explain -json.
	// Absent for a hop that does no dry runs.
	Report *explain.Report `json:"report,omitempty"`
	// Chosen is where it would send the request; absent if it would not.
	Chosen *Chosen `json:"chosen,omitempty"`
	// Context is what a Linkerd 1.x says instead of a report: the text of its diagnostic
	// tracing.
	Context string `json:"context,omitempty"`
	// End is why no hop was asked after this one.
	End string `json:"end,omitempty"`
}

// Chosen is the endpoint that a hop would choose now.
type Chosen struct {
	Client  string `json:"client"`
	Address string `json:"address"`
	Why     string `json:"why"`
}

// write writes the answer in the form that the client asks for.
func (a *Answer) write(w http.ResponseWriter, r *http.Request) {
	var body []byte
	if httpx.Accepts(r.Header, "application/json") {
		w.Header()["Content-Type"] = []string{answerType}
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(a) // it has no value that JSON lacks
		body = []byte(b.String())
	} else {
		w.Header()["Content-Type"] = []string{"text/plain; charset=utf-8"}
		body = []byte(a.text())
	}
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	_, _ = w.Write(body)
}

func (a *Answer) text() string {
	var b strings.Builder
	for i, hop := range a.Hops {
		b.WriteString("--- hop " + strconv.Itoa(i+1) + " ---\n")
		if hop.Report != nil {
			_ = hop.Report.Text(&b) // it was checked when it came
		}
		if hop.Context != "" {
			b.WriteString(strings.TrimSpace(hop.Context) + "\n")
		}
		if c := hop.Chosen; c != nil {
			b.WriteString("chosen      " + c.Address + " of " + c.Client + ", " + c.Why + "\n")
		}
		if hop.End != "" {
			b.WriteString("end         " + hop.End + "\n")
		}
		b.WriteByte('\n')
	}
	return strings.TrimSuffix(b.String(), "\n")
}
