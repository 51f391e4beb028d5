package collector

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// searchForm has the fields of the search page as people fill them in, besides those that
// are as in Zipkin's API.
type searchForm struct {
	url.Values        // the parameters of Zipkin's API, and the order
	Min, Max   string // durations
	From, To   string // in UTC
	Lookback   string // as it was chosen
	after      *place
}

// readSearchForm reads the address of the page. Its fields and the parameters of Zipkin's
// API, which links to Zipkin's page have, may be mixed; a field counts. The form is
// complete even if there is an error.
func readSearchForm(v url.Values, now time.Time) (f searchForm, err error) {
	f.Values = zipkinForm(v)
	field := func(name string) string { return strings.TrimSpace(v.Get(name)) }
	f.Lookback = cmp.Or(f.Get("lookback"), strconv.FormatInt(defaultLookback.Milliseconds(), 10))
	f.Min, f.Max, f.From, f.To = field("min"), field("max"), field("from"), field("to")
	note := func(name string, e error) {
		if e != nil && err == nil {
			err = fmt.Errorf("%s: %w", name, e)
		}
	}
	note("Duration at least", f.duration(&f.Min, "minDuration"))
	note("Duration at most", f.duration(&f.Max, "maxDuration"))
	if f.Get("maxDuration") != "" && f.Get("minDuration") == "" {
		f.Set("minDuration", "1") // which the API wants
	}
	if f.To != "" {
		end, e := parseTime(f.To)
		note("Until", e)
		f.Set("endTs", strconv.FormatInt(end, 10))
	}
	end, e := positive(f.Values, "endTs", now.UnixMilli())
	if e == nil && f.To == "" && f.Has("endTs") {
		f.To = writeTime(end)
	}
	if f.From != "" {
		begin, e := parseTime(f.From)
		note("From", e)
		if e == nil && begin >= end {
			note("From", fmt.Errorf("%s is not before the end, %s", f.From, writeTime(end)))
		}
		f.Set("lookback", strconv.FormatInt(max(end-begin, 1), 10))
	}
	after, e := parsePlace(field("after"))
	note("Page", e)
	f.after = after
	return f, err
}

// duration reads a field for a duration into a parameter of Zipkin's API, or fills the
// empty field from it.
func (f *searchForm) duration(field *string, name string) error {
	if *field == "" {
		if us, err := positive(f.Values, name, 0); err == nil && us > 0 {
			*field = writeDuration(us)
		}
		return nil
	}
	us, err := parseDuration(*field)
	if err != nil {
		return err
	}
	f.Set(name, strconv.FormatInt(us, 10))
	return nil
}

// fields returns the parameters of the page that it was asked for, for links to others
// like it.
func (f *searchForm) fields() url.Values {
	v := cloneValues(f.Values)
	set := func(name, text string) {
		if text != "" {
			v.Set(name, text)
		}
	}
	for _, name := range []string{"minDuration", "maxDuration", "endTs", "lookback"} {
		v.Del(name)
	}
	set("min", f.Min)
	set("max", f.Max)
	set("from", f.From)
	set("to", f.To)
	if f.From == "" {
		set("lookback", f.Get("lookback"))
	}
	return v
}

// next returns the address of the page after a trace. It keeps the end of the time, so
// that traces which come later do not move the others.
func (f *searchForm) next(q query, last view) string {
	v := f.fields()
	v.Del("to")
	v.Set("endTs", strconv.FormatInt(q.endTs, 10))
	v.Set("after", place{last.at, last.key}.String())
	return "/?" + v.Encode()
}
