package dashboard

import (
	"encoding/json"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	maxStreams = 32
	// streamLife bounds a stream, so that a configuration that was replaced is not held
	// by one: browsers come again.
	streamLife = 30 * time.Second
	// pathsEvery is how many events there are between two with the curves of charts.
	pathsEvery = 5
)

// event is what changed on a page.
type event struct {
	At      string            `json:"at"`
	Cells   map[string]string `json:"cells,omitempty"`
	Classes map[string]string `json:"classes,omitempty"`
	Paths   map[string]string `json:"paths,omitempty"`
	Notes   []string          `json:"notes,omitzero"` // all that there are, if they are others
	Rows    string            `json:"rows"`           // which rows there are, as a number
}

// events sends what the page in ?page= shows once a second, only where it differs from
// what was sent before.
func (d *Dashboard) events(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	build := d.builders()[query.Get("page")]
	if build == nil {
		http.Error(w, "there is no such page", http.StatusNotFound)
		return
	}
	select {
	case d.streams <- struct{}{}:
		defer func() { <-d.streams }()
	default:
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many pages are open: at most "+strconv.Itoa(maxStreams)+" are live", http.StatusServiceUnavailable)
		return
	}
	where := at{&url.URL{Path: query.Get("page")}, query}
	query.Del("page")
	where.URL.RawQuery = query.Encode()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	to := http.NewResponseController(w)
	ticker, end := time.NewTicker(time.Second), time.NewTimer(streamLife)
	defer ticker.Stop()
	defer end.Stop()
	sent := &event{Cells: map[string]string{}, Classes: map[string]string{}, Paths: map[string]string{}}
	for n := 0; ; n++ {
		p, wrong := build(r.Context(), d.history.now.Load(), where)
		if wrong != nil || !p.Live {
			return
		}
		body, err := json.Marshal(p.event(d.history.now.Load().at, sent, n%pathsEvery == 0))
		if err != nil {
			return
		}
		message := append([]byte("data: "), body...)
		if n == 0 {
			message = append([]byte("retry: 1000\n"), message...)
		}
		if _, err := w.Write(append(message, "\n\n"...)); err != nil || to.Flush() != nil {
			return
		}
		select {
		case <-ticker.C:
		case <-end.C:
			return
		case <-d.config.Ending:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// event is what differs from what was sent, which is then noted there.
func (p *page) event(now time.Time, sent *event, paths bool) *event {
	e := &event{At: now.UTC().Format(time.RFC3339), Cells: map[string]string{}, Classes: map[string]string{}, Paths: map[string]string{}}
	put := func(key, text, class string) {
		if before, ok := sent.Cells[key]; !ok || before != text {
			e.Cells[key], sent.Cells[key] = text, text
		}
		if before, ok := sent.Classes[key]; class != before || !ok && class != "" {
			e.Classes[key], sent.Classes[key] = class, class
		}
	}
	for _, f := range p.Figures {
		put(f.Key, f.Text, f.Class)
	}
	if notes := append([]string{}, p.Notes...); !slices.Equal(sent.Notes, notes) {
		e.Notes, sent.Notes = notes, notes
	}
	rows := fnv.New64a()
	for _, t := range p.Tables {
		keys := slices.Sorted(slices.Values(t.keys))
		for _, key := range keys {
			_, _ = rows.Write([]byte(t.Name + "\x00" + key + "\x00"))
		}
		for _, row := range t.Rows {
			for _, c := range row.Cells {
				if c.Key != "" {
					put(c.Key, c.Text, c.Class)
				}
			}
		}
	}
	e.Rows = strconv.FormatUint(rows.Sum64(), 16)
	for _, c := range p.Charts {
		for _, l := range c.Lines {
			put(l.Key+"/now", l.Now, "")
			if paths && sent.Paths[l.Key] != l.D {
				e.Paths[l.Key], sent.Paths[l.Key] = l.D, l.D
			}
		}
		put(c.Key+"/top", c.Top, "")
		put(c.Key+"/bottom", c.Bottom, "")
	}
	return e
}
