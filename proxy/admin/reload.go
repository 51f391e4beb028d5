package admin

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/internal/certs"
)

// Reloads are the results of reading the configuration file since the process started.
type Reloads struct {
	// File is the name of the file.
	File string
	// Loaded is when the configuration in effect was read.
	Loaded time.Time
	// Taken and Refused count how often the file was read again and took effect, or was
	// refused.
	Taken, Refused uint64
	// Problem is why the file was refused when it was last read, one line for each
	// error. It is empty if it was not refused.
	Problem string
	// Tried is when the file was last refused.
	Tried time.Time
}

// reloadPage is /admin/reload, as text.
func reloadPage(reloads func() Reloads, certificates func() []certs.State) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		r := reloads()
		var b strings.Builder
		fmt.Fprintf(&b, "file: %s\nin effect since: %s\nread again: %d taken, %d refused\n",
			r.File, r.Loaded.UTC().Format(time.RFC3339), r.Taken, r.Refused)
		if r.Problem != "" {
			fmt.Fprintf(&b, "refused at: %s\n%s\n", r.Tried.UTC().Format(time.RFC3339), r.Problem)
		}
		writeCertificates(&b, certificates)
		writeText(w, http.StatusOK, b.String())
	})
}

// writeCertificates says how the certificates in files do.
func writeCertificates(b *strings.Builder, certificates func() []certs.State) {
	if certificates == nil {
		return
	}
	for _, s := range certificates() {
		fmt.Fprintf(b, "certificates of %s: read again: %d taken, %d refused", s.Place, s.Reloads, s.Refused)
		if !s.NotAfter.IsZero() {
			fmt.Fprintf(b, "; valid until %s", s.NotAfter.UTC().Format(time.RFC3339))
		}
		b.WriteString("\n")
		if s.Problem != "" {
			fmt.Fprintf(b, "refused at: %s\n%s\n", s.Tried.UTC().Format(time.RFC3339), s.Problem)
		}
	}
}

// reloadFamilies are the metrics of reloads.
type reloadFamilies struct {
	reloads, good, loaded family
}

func newReloadFamilies() reloadFamilies {
	return reloadFamilies{
		reloads: counter("meshhop_config_reloads_total", "Reloads of the configuration file, by result.", "result"),
		good:    gauge("meshhop_config_last_reload_successful", "1 if the configuration file was accepted when it was last read, 0 if it was refused."),
		loaded:  gauge("meshhop_config_loaded_timestamp_seconds", "Unix time at which the configuration in effect was read."),
	}
}

func (f *reloadFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.reloads, f.good, f.loaded} {
		to <- one.desc
	}
}

func (f *reloadFamilies) collect(to sink, r Reloads) {
	f.reloads.send(to, float64(r.Taken), "taken")
	f.reloads.send(to, float64(r.Refused), "refused")
	good := 1.0
	if r.Problem != "" {
		good = 0
	}
	f.good.send(to, good)
	f.loaded.send(to, float64(r.Loaded.UnixMilli())/1000)
}
