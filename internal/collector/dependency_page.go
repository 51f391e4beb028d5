package collector

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const maxLinks = 1000 // on one page

type dependencyPage struct {
	Links     []linkRow
	Graph     *graph // nil: there is nothing to draw
	Total     int
	Lookbacks []option
	JSON      string
	Problem   string
}

type linkRow struct {
	link
	ParentHref, ChildHref string
	Width                 string
}

func (c *Collector) dependencyPage(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	v := r.URL.Query()
	body := &dependencyPage{Lookbacks: chosen(cmp.Or(v.Get("lookback"), "86400000"), [][2]string{
		{"900000", "15 minutes"}, {"3600000", "1 hour"}, {"21600000", "6 hours"},
		{"86400000", "1 day"}, {"604800000", "7 days"}, {"2592000000", "30 days"},
	})}
	status := http.StatusOK
	q, err := parseQuery(url.Values{"endTs": v["endTs"], "lookback": v["lookback"]}, now)
	if err != nil {
		status, body.Problem = http.StatusBadRequest, err.Error()
	} else {
		body.fill(c.dependencies(q))
		api := url.Values{"endTs": {strconv.FormatInt(q.endTs, 10)}, "lookback": {strconv.FormatInt(q.lookback, 10)}}
		body.JSON = "/api/v2/dependencies?" + api.Encode()
	}
	c.pages.write(w, status, "dependency", page{Title: "Dependencies", Here: "dependency", Body: body})
}

// fill shows the busiest links first.
func (d *dependencyPage) fill(links []link) {
	slices.SortStableFunc(links, func(a, b link) int { return cmp.Compare(b.CallCount, a.CallCount) })
	d.Total = len(links)
	d.Graph = newGraph(links)
	for _, l := range links[:min(len(links), maxLinks)] {
		d.Links = append(d.Links, linkRow{
			link:       l,
			ParentHref: "/?" + url.Values{"serviceName": {l.Parent}}.Encode(),
			ChildHref:  "/?" + url.Values{"serviceName": {l.Child}}.Encode(),
			Width:      percent(100 * float64(l.CallCount) / float64(links[0].CallCount)),
		})
	}
}
