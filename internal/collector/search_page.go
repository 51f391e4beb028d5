package collector

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxResults = 250 // on one page; the API has no such bound

type option struct {
	Value, Text string
	Selected    bool
}

type searchPage struct {
	Form    searchForm
	Options struct{ Services, Remotes, Spans, Sorts, Lookbacks, Limits []option }
	Tags    []string // suggestions
	TraceID string   // that was asked for and is not there
	Empty   bool     // the store has no traces
	Problem string   // why the query is invalid
	Results []result
	Range   string // which of how many traces these are
	First   string // link to the first page; "": this is it
	Next    string // "": this is the last page
	JSON    string
	AllTime string
	Stored  int
	MaxFile string
}

type result struct {
	Href          string
	Service, Name string
	Duration      string
	Spans         int
	Errors        int
	Chips         []chip
	Start, ISO    string
	Ago           string
	Width         string
	Uploaded      bool // some of its spans came from a file
	micros, start int64
}

type chip struct {
	Service  string
	Count    int
	Href     string
	Selected bool
}

// Get returns a parameter of the query, for the template.
func (s *searchPage) Get(name string) string { return s.Form.Get(name) }

func (c *Collector) searchPage(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	v := r.URL.Query()
	body := &searchPage{TraceID: strings.TrimSpace(v.Get("traceId")), Stored: c.store.stats().Traces, MaxFile: showBytes(c.config.MaxBodyBytes)}
	if body.TraceID != "" {
		if to, ok := c.findTraceID(body); ok {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
	}
	form, err := readSearchForm(v, now)
	body.Form, body.Empty = form, body.Stored == 0
	c.fillOptions(body)
	status := http.StatusOK
	var q query
	if err == nil {
		q, err = parseQuery(form.Values, now)
	}
	switch {
	case body.Problem != "":
		status = http.StatusNotFound
	case err != nil:
		status, body.Problem = http.StatusBadRequest, err.Error()
	default:
		q.limit, q.counts = min(q.limit, maxResults), true
		body.fill(c.store.page(q, form.after), q, now)
	}
	body.JSON = apiLink(form.Values)
	all := form.fields()
	all.Set("lookback", strconv.FormatInt(now.UnixMilli(), 10))
	all.Del("from")
	all.Del("to")
	body.AllTime = "/?" + all.Encode()
	c.pages.write(w, status, "search", page{Title: "Find traces", Here: "search", Body: body})
}

// findTraceID returns the address of the trace that the form asks for. If there is none,
// the page says so.
func (c *Collector) findTraceID(body *searchPage) (string, bool) {
	id, err := parseTraceID(strings.ToLower(body.TraceID))
	if err != nil {
		body.Problem = "Trace id: " + err.Error() + "."
		return "", false
	}
	key, ok := c.store.either(id)
	if !ok {
		body.Problem = "There is no trace " + id.String() + ". It may have made room for newer ones, or its spans have not arrived yet."
		return "", false
	}
	return "/traces/" + key.String(), true
}

// fill adds what was found.
func (s *searchPage) fill(f found, q query, now time.Time) {
	s.Results = results(f.views, now)
	sortResults(s.Results, s.Get("sort"))
	shown := len(f.views)
	switch total := f.before + shown + f.more; {
	case shown == 0:
	case !f.all:
		s.Range = showCount(shown) + " of more than " + plural(total, "trace")
	case f.before > 0:
		s.Range = "Traces " + showCount(f.before+1) + " to " + showCount(f.before+shown) + " of " + showCount(total)
	case f.more > 0:
		s.Range = showCount(shown) + " of " + plural(total, "trace")
	default:
		s.Range = plural(total, "trace")
	}
	if s.Form.after != nil {
		v := s.Form.fields()
		s.First = "/?" + v.Encode()
	}
	if shown > 0 && (f.more > 0 || !f.all) {
		s.Next = s.Form.next(q, f.views[shown-1])
	}
}

// zipkinForm reads the parameters of the address of Zipkin's old page.
func zipkinForm(v url.Values) url.Values {
	form := url.Values{}
	for _, name := range []string{"serviceName", "remoteServiceName", "spanName", "annotationQuery", "minDuration", "maxDuration", "endTs", "lookback", "limit"} {
		if text := strings.TrimSpace(v.Get(name)); text != "" {
			form.Set(name, text)
		}
	}
	if form.Get("serviceName") == "all" {
		form.Del("serviceName")
	}
	if form.Get("spanName") == "all" {
		form.Del("spanName")
	}
	if form.Get("lookback") == "custom" {
		form.Del("lookback")
	}
	start, err1 := strconv.ParseInt(v.Get("startTs"), 10, 64)
	end, err2 := strconv.ParseInt(form.Get("endTs"), 10, 64)
	if err1 == nil && err2 == nil && start >= 0 && end > start {
		form.Set("lookback", strconv.FormatInt(end-start, 10))
	}
	form.Set("sort", cmp.Or(v.Get("sort"), v.Get("sortOrder"), "duration-desc"))
	return form
}

func apiLink(form url.Values) string {
	v := cloneValues(form)
	v.Del("sort")
	return (&url.URL{Path: "/api/v2/traces", RawQuery: v.Encode()}).String()
}

func cloneValues(v url.Values) url.Values {
	out := make(url.Values, len(v))
	for k, list := range v {
		out[k] = slices.Clone(list)
	}
	return out
}

func (c *Collector) fillOptions(body *searchPage) {
	service := strings.ToLower(body.Get("serviceName"))
	body.Options.Services = options("all services", c.store.serviceNames(), service)
	body.Options.Spans = options("all", c.store.spanNames(service), strings.ToLower(body.Get("spanName")))
	remotes := c.store.remoteNames(service)
	if service == "" {
		remotes = c.store.anyRemoteNames()
	}
	body.Options.Remotes = options("any", remotes, strings.ToLower(body.Get("remoteServiceName")))
	body.Tags = c.store.suggestions()
	body.Options.Sorts = chosen(body.Get("sort"), [][2]string{
		{"duration-desc", "Longest First"}, {"duration-asc", "Shortest First"},
		{"timestamp-desc", "Newest First"}, {"timestamp-asc", "Oldest First"},
	})
	body.Options.Lookbacks = chosen(body.Form.Lookback, [][2]string{
		{"900000", "15 minutes"}, {"3600000", "1 hour"}, {"21600000", "6 hours"},
		{"86400000", "1 day"}, {"604800000", "7 days"}, {"2592000000", "30 days"},
	})
	body.Options.Limits = chosen(cmp.Or(body.Get("limit"), "10"), [][2]string{
		{"10", "10"}, {"25", "25"}, {"50", "50"}, {"100", "100"}, {"250", "250"},
	})
}

// options returns the choices of a field. The first one is empty. The current value is
// among them even if the store does not have it (any more).
func options(none string, names []string, selected string) []option {
	out := []option{{"", none, selected == ""}}
	if selected != "" && !slices.Contains(names, selected) {
		out = append(out, option{selected, selected, true})
	}
	for _, n := range names {
		out = append(out, option{n, n, n == selected})
	}
	return out
}

func chosen(selected string, all [][2]string) []option {
	var out []option
	found := false
	for _, o := range all {
		out = append(out, option{o[0], o[1], o[0] == selected})
		found = found || o[0] == selected
	}
	if !found && selected != "" {
		text := selected
		if ms, err := strconv.ParseInt(selected, 10, 64); err == nil && len(all) == 6 {
			text = showDuration(mulSaturating(max(ms, 0), 1000))
		}
		out = append(out, option{selected, text, true})
	}
	return out
}

func results(views []view, now time.Time) []result {
	out := make([]result, 0, len(views))
	longest := int64(1)
	for _, v := range views {
		t := buildTree(v.spans)
		start, end := t.extent()
		top := t.top().span
		res := result{
			Href:    "/traces/" + top.trace.String(),
			Service: top.service(), Name: top.name,
			Spans: len(t.nodes), Errors: t.errors(), Chips: chips(t),
			Start: showTime(start), ISO: isoTime(start), Ago: showAgo(start, now),
			micros: end - start, start: start, Uploaded: v.byForm > 0,
		}
		res.Duration = showDuration(res.micros)
		longest = max(longest, res.micros)
		out = append(out, res)
	}
	for i := range out {
		out[i].Width = percent(max(100*float64(out[i].micros)/float64(longest), 0.3))
	}
	return out
}

func sortResults(all []result, order string) {
	slices.SortStableFunc(all, func(a, b result) int {
		switch order {
		case "duration-asc":
			return cmp.Compare(a.micros, b.micros)
		case "timestamp-desc":
			return cmp.Compare(b.start, a.start)
		case "timestamp-asc":
			return cmp.Compare(a.start, b.start)
		}
		return cmp.Compare(b.micros, a.micros)
	})
}

// chips counts the spans of each service, in the order in which the services first appear.
func chips(t *tree) []chip {
	var out []chip
	at := map[string]int{}
	for _, n := range t.nodes {
		name := n.span.service()
		i, ok := at[name]
		if !ok {
			i = len(out)
			at[name] = i
			out = append(out, chip{Service: name})
		}
		out[i].Count++
	}
	return out
}
