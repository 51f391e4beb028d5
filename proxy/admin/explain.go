package admin

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/meshhop/meshhop/internal/explain"
	"github.com/meshhop/meshhop/proxy"
)

// explainPages are /explain, as text, and /explain.json.
func addExplain(pages map[string]http.Handler, c Config) error {
	var servers []*proxy.Handler
	for _, s := range c.Servers {
		servers = append(servers, s.Handler)
	}
	x, err := explain.New(explain.Config{Routers: c.Routers, Servers: servers, Live: true})
	if err != nil {
		return err
	}
	pages["/explain"] = &explainPage{x, explainText}
	pages["/explain.json"] = &explainPage{x, explainJSON}
	return nil
}

type explainPage struct {
	explainer *explain.Explainer
	write     func(http.ResponseWriter, *explain.Report)
}

func (p *explainPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if refused(w, r, http.MethodGet, http.MethodHead, http.MethodPost) {
		return
	}
	q, refusal := explainQuestion(w, r)
	if refusal != nil {
		writeText(w, refusal.status, refusal.text)
		return
	}
	report, err := p.explainer.Explain(r.Context(), q)
	if err != nil {
		status := http.StatusBadRequest
		if long := (*explain.TooLongError)(nil); errors.As(err, &long) {
			status = http.StatusRequestEntityTooLarge
		}
		writeText(w, status, brief(err.Error())+"\n")
		return
	}
	p.write(w, report)
}

// explainQuestion reads the query of a GET or the body of a POST.
func explainQuestion(w http.ResponseWriter, r *http.Request) (q explain.Question, refusal *refusal) {
	const malformed = "Malformed explain request: "
	if r.Method == http.MethodPost {
		body, refusal := posted(w, r, malformed)
		if refusal != nil {
			return q, refusal
		}
		if err := json.Unmarshal(body, &q); err != nil {
			return q, refuse(http.StatusBadRequest, malformed+err.Error()+"\n")
		}
		return q, nil
	}
	query := r.URL.Query()
	q = explain.Question{
		Router: query.Get("router"), Name: query.Get("name"), URL: query.Get("url"), Method: query.Get("method"), Headers: query["header"],
	}
	if q.Name == "" && q.URL == "" {
		return q, refuse(http.StatusBadRequest, "want /explain?name=/svc/hello or /explain?url=http://hello/path, "+
			"and perhaps router=outgoing, method=POST, header=l5d-dtab: /svc => /v2 (may be repeated)\n")
	}
	return q, nil
}

func explainText(w http.ResponseWriter, report *explain.Report) {
	w.Header().Set("Content-Type", plainText)
	_ = report.Text(w)
}

func explainJSON(w http.ResponseWriter, report *explain.Report) {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(report)
}
