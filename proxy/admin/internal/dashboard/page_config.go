package dashboard

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"regexp"
	"time"
)

// configuration is what /config shows.
type configuration struct {
	Text    string
	Reloads *reloadsShown
}

type reloadsShown struct {
	File, Loaded, Tried, Problem string
	Taken, Refused               uint64
}

// configuration is /config: what is in effect, and what became of reading it again.
func (d *Dashboard) configuration(context.Context, *snapshot, at) (*page, *problem) {
	b := configuration{}
	if d.config.Effective != nil {
		b.Text = masked(d.config.Effective())
	}
	if d.config.Reloads != nil {
		r := d.config.Reloads()
		b.Reloads = &reloadsShown{File: r.File, Loaded: r.Loaded.UTC().Format(time.RFC3339), Problem: cut(r.Problem, 16<<10), Taken: r.Taken, Refused: r.Refused}
		if !r.Tried.IsZero() {
			b.Reloads.Tried = r.Tried.UTC().Format(time.RFC3339)
		}
	}
	return &page{Title: "Configuration", Here: "/config", Extra: "config", Body: b}, nil
}

// canRetry is the share of requests that the services of a router may retry:
// retries.budget.percentCanRetry of the configuration, Linkerd's default without one.
func (d *Dashboard) canRetry(label string) float64 {
	var c struct {
		Routers []struct {
			Label, Protocol string
			Service         struct {
				Retries struct {
					Budget struct{ PercentCanRetry *float64 }
				}
			}
		}
	}
	if d.config.Effective != nil && json.Unmarshal(d.config.Effective(), &c) == nil {
		for _, r := range c.Routers {
			if share := r.Service.Retries.Budget.PercentCanRetry; share != nil && cmp.Or(r.Label, r.Protocol) == label {
				return *share
			}
		}
	}
	return 0.2
}

// secretKey are keys whose values nobody is shown.
var secretKey = regexp.MustCompile(`(?i)(password|secret|token|privatekey|credential)`)

// masked is a configuration without what its keys call secret.
func masked(body []byte) string {
	var v any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		return "It cannot be shown: " + cut(err.Error(), maxText)
	}
	mask(v)
	return written(v)
}

func mask(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, of := range v {
			if text, ok := of.(string); ok && text != "" && secretKey.MatchString(k) {
				v[k] = "***"
				continue
			}
			mask(of)
		}
	case []any:
		for _, one := range v {
			mask(one)
		}
	}
}
