package config

// telemeterSection is an entry of the list telemetry.
type telemeterSection struct {
	Telemeter
	kind string
	path string
	at   Position
}

func readTelemetry(top *Decoder, kinds Kinds) []telemeterSection {
	var all []telemeterSection
	pages := map[string]string{}
	for _, d := range top.Groups("telemetry") {
		d.Bool("experimental", false)
		telemeter, kind, ok := kindOf(d, telemeters, kinds.Telemeters)
		if page := telemeter.page(); ok && page != "" {
			if other, twice := pages[page]; twice {
				key := "path"
				if telemeter.InfluxDB {
					key = "kind"
				}
				d.Errorf(key, "%s is the page of %s too", page, other)
			}
			pages[page] = d.Path()
		}
		d.Done()
		if ok {
			all = append(all, telemeterSection{Telemeter: telemeter, kind: kind, path: d.Path(), at: d.Position()})
		}
	}
	noticeLimits(top, all)
	for _, t := range all {
		if decided, decides := rateOf(all); decides && t.takesSpans() && t.Follows && t.SampleRate > decided {
			top.doc.report.notice(Finding{Position: t.at, Path: t.path,
				Text: "gets the traces that the other telemeters sample, and no more: its own sampleRate does not count beside theirs"})
		}
	}
	return all
}

// rateOf is the share of traces that is recorded: the highest rate of all telemeters,
// because the traces of a lower rate are among those of a higher one. Telemeters that
// follow count only if no other one decides.
func rateOf(all []telemeterSection) (rate float64, decides bool) {
	some := deciding(all)
	return highest(some, ""), len(some) > 0 && !some[0].Follows
}

// noticeLimits says if a limit of traces has no effect, because a telemeter without one
// samples as well.
func noticeLimits(top *Decoder, all []telemeterSection) {
	limit := samplerOf(all).MaxPerSecond
	for _, t := range deciding(all) {
		if t.MaxTracesPerSecond > 0 && limit != t.MaxTracesPerSecond {
			text := "does not count beside a telemeter that has none"
			if limit > 0 {
				text = "does not count beside the higher one of another telemeter"
			}
			top.doc.report.notice(Finding{Position: t.at, Path: t.path, Text: "maxTracesPerSecond " + text + ": all of them get what any of them samples"})
		}
	}
}

// sampleRate reads a share of traces.
func sampleRate(d *Decoder, key string, absent float64) float64 {
	return d.Float(key, absent, 0, 1)
}

// defaultSampleRate is that of Zipkin telemeters: one trace in a thousand.
const defaultSampleRate = 0.001
