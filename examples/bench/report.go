package main

// report is what a run has found; -json prints it as it is.
type report struct {
	Machine       machine
	Rounds        int
	WindowSeconds float64
	Connections   int
	Rate          int
	AnswerBytes   int
	Throughput    []throughputRow
	Latency       []latencyRow
	Saturated     []latencyRow `json:",omitempty"` // at 70 % of each one's full load
	Idle          []idleRow    `json:",omitempty"`
	Spans         []spanRow
	Goals         []goal `json:",omitempty"`
	Skipped       []string
	Before        *comparison `json:",omitempty"` // with -before
}

type machine struct {
	OS, Go         string
	Backend        string // what it is
	Cores          int
	CandidateCores []int // none: they were not pinned
	OtherCores     []int
}

// throughputRow is a candidate under full load.
type throughputRow struct {
	Name             string
	CPUMicroseconds  spread // a request
	ToPlain, ToNaive spread // of that; ratios of the same round. Without plain, the first row stands in for it
	PerSecond        spread // requests
	Allocations      spread // a request; 0: not known
	Busy             spread // the part of the time for which it had a core
}

func throughputRows(field []*candidate, all samples) []throughputRow {
	base := plain
	if len(all[plain]) == 0 {
		base = field[0].name
	}
	var rows []throughputRow
	for _, c := range field {
		if !c.throughput {
			continue
		}
		rows = append(rows, throughputRow{
			Name:            c.name,
			CPUMicroseconds: spreadOf(each(all[c.name], sample.cpuPerRequest)),
			ToPlain:         spreadOf(all.ratios(c.name, base, sample.cpuPerRequest)),
			ToNaive:         spreadOf(all.ratios(c.name, naive, sample.cpuPerRequest)),
			Allocations:     spreadOf(each(all[c.name], sample.allocations)),
			PerSecond:       spreadOf(each(all[c.name], sample.perSecond)),
			Busy:            spreadOf(each(all[c.name], func(s sample) float64 { return s.busy })),
		})
	}
	return rows
}

// latencyRow is a candidate at a fixed rate, in microseconds.
type latencyRow struct {
	Name     string
	P50, P99 spread
}

func latencyRows(field []*candidate, all delays) []latencyRow {
	var rows []latencyRow
	for _, c := range field {
		if c.latency {
			rows = append(rows, latencyRow{
				Name: c.name,
				P50:  spreadOf(each(all[c.name], delay.median)),
				P99:  spreadOf(each(all[c.name], delay.late)),
			})
		}
	}
	return rows
}

// spanRow is what became of a candidate's spans, and how much memory it took.
type spanRow struct {
	Name      string
	Collector string  `json:",omitempty"`
	Rate      float64 // of traces that are sampled
	Requests  int
	Expected  float64
	Arrived   uint64
	Own       *fate `json:",omitempty"` // by its own account
	PeakBytes int64
}

func spanRows(field []*candidate, all outcomes) []spanRow {
	var rows []spanRow
	for _, c := range field {
		end := all[c.name]
		rows = append(rows, spanRow{c.name, c.collector.name, c.rate, end.requests, end.expected, end.arrived, end.fate, end.peak})
	}
	return rows
}
