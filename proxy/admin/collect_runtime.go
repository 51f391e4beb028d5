package admin

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// runtimeFamilies are what dashboards for Linkerd ask of the JVM, by its names. The names
// of collectors and pools have the meaning that comes nearest: Go's collector is a
// concurrent mark-and-sweep one, there is no young generation that is collected apart,
// what was allocated since the last collection is where new objects are, and what
// survived it is old.
type runtimeFamilies struct {
	started time.Time

	start, uptime, cpus, threads, fds, fdLimit               family
	used, committed, limit                                   family
	cycles, msec, oldCycles, oldMsec, youngCycles, youngMsec family
	eden, survivor, old                                      family
	pause                                                    statFamily
}

func newRuntimeFamilies() runtimeFamilies {
	return runtimeFamilies{
		started: time.Now(),

		start:   gauge("jvm:start_time", "When the process started, in milliseconds since 1970."),
		uptime:  gauge("jvm:uptime", "Milliseconds since the process started."),
		cpus:    gauge("jvm:num_cpus", "Number of CPUs that the process uses at once (GOMAXPROCS)."),
		threads: gauge("jvm:thread:count", "Threads of the operating system."),
		fds:     gauge("jvm:fd_count", "Open file descriptors."),
		fdLimit: gauge("jvm:fd_limit", "Limit of open file descriptors."),

		used:      gauge("jvm:heap:used", "Bytes of objects on the heap, including those that are not collected yet."),
		committed: gauge("jvm:heap:committed", "Bytes of the heap that the process has from the operating system."),
		limit:     gauge("jvm:heap:max", "Bytes that the process may use: GOMEMLIMIT, or else the limit of its control group, or else the memory of the machine."),

		cycles:      gauge("jvm:gc:cycles", "Garbage collections."),
		msec:        gauge("jvm:gc:msec", "Milliseconds for which garbage collections have stopped the process."),
		oldCycles:   gauge("jvm:gc:ConcurrentMarkSweep:cycles", "Garbage collections."),
		oldMsec:     gauge("jvm:gc:ConcurrentMarkSweep:msec", "Milliseconds for which garbage collections have stopped the process."),
		youngCycles: gauge("jvm:gc:ParNew:cycles", "Always 0: there is no young generation."),
		youngMsec:   gauge("jvm:gc:ParNew:msec", "Always 0: there is no young generation."),

		eden:     gauge("jvm:mem:current:Par_Eden_Space:used", "Bytes of objects that were allocated since the last garbage collection, or died since."),
		survivor: gauge("jvm:mem:current:Par_Survivor_Space:used", "Always 0: there is no young generation."),
		old:      gauge("jvm:mem:current:CMS_Old_Gen:used", "Bytes of objects that survived the last garbage collection."),

		pause: newStat("jvm:gc:eden:pause_msec", "Pauses for garbage collection in milliseconds, with fractions; without any in the last minute, its last one."),
	}
}

func (f *runtimeFamilies) all() []family {
	return []family{f.start, f.uptime, f.cpus, f.threads, f.fds, f.fdLimit, f.used, f.committed, f.limit,
		f.cycles, f.msec, f.oldCycles, f.oldMsec, f.youngCycles, f.youngMsec, f.eden, f.survivor, f.old}
}

func (f *runtimeFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range f.all() {
		to <- one.desc
	}
	f.pause.describe(to)
}

// samples of package runtime/metrics, in the order in which collect reads them.
func runtimeSamples() []metrics.Sample {
	return []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/sched/threads/total:threads"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
}

func (f *runtimeFamilies) collect(to sink) {
	samples := runtimeSamples()
	metrics.Read(samples)
	var is [6]float64
	for i, s := range samples {
		if s.Value.Kind() == metrics.KindUint64 {
			is[i] = float64(s.Value.Uint64())
		}
	}
	objects, unused, free, live, threads, cycles := is[0], is[1], is[2], is[3], is[4], is[5]
	f.start.send(to, float64(f.started.UnixMilli()))
	f.uptime.send(to, float64(time.Since(f.started).Milliseconds()))
	f.cpus.send(to, float64(runtime.GOMAXPROCS(0)))
	f.threads.send(to, threads)
	if open, limit, ok := descriptors(); ok {
		f.fds.send(to, float64(open))
		f.fdLimit.send(to, float64(limit))
	}
	f.used.send(to, objects)
	f.committed.send(to, objects+unused+free)
	if limit, ok := memoryLimit(); ok {
		f.limit.send(to, float64(limit))
	}
	f.eden.send(to, max(objects-live, 0))
	f.survivor.send(to, 0)
	f.old.send(to, min(live, objects))

	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	paused := inMilliseconds(gc.PauseTotal)
	f.cycles.send(to, cycles)
	f.msec.send(to, paused)
	f.oldCycles.send(to, cycles)
	f.oldMsec.send(to, paused)
	f.youngCycles.send(to, 0)
	f.youngMsec.send(to, 0)
	f.sendPauses(to, &gc)
}

// sendPauses sends the quantiles of the pauses of the last minute.
func (f *runtimeFamilies) sendPauses(to sink, gc *debug.GCStats) {
	var recent []time.Duration
	for i, pause := range gc.Pause { // the latest first
		if i > 0 && time.Since(gc.PauseEnd[i]) > time.Minute {
			break
		}
		recent = append(recent, pause)
	}
	to.spread(&f.pause, &spread{given: statOfPauses(recent), count: uint64(gc.NumGC), sum: inMilliseconds(gc.PauseTotal)}, nil)
}

// statOfPauses is a stat of times in ms, which are not whole: no pause of Go's takes one.
func statOfPauses(pauses []time.Duration) *stat {
	s := &stat{count: uint64(len(pauses))}
	slices.Sort(pauses)
	for _, pause := range pauses {
		s.sum += inMilliseconds(pause)
	}
	for i, q := range quantiles {
		if len(pauses) > 0 {
			rank := max(math.Round(q.share*float64(len(pauses))), 1)
			s.quantiles[i] = inMilliseconds(pauses[int(rank)-1])
		}
	}
	return s
}

func inMilliseconds(d time.Duration) float64 { return milliseconds(float64(d)) }
