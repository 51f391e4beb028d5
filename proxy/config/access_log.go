package config

import (
	"math"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/internal/accesslog"
)

// accessLogSection is what a router says of its access log.
type accessLogSection struct {
	at       Position
	path     string // of the keys
	config   accesslog.Config
	requests bool // a line for each request; else for each attempt
}

// accessLogKeys are the names of the keys of a router's access log.
type accessLogKeys struct{ file, roll, append, keep string }

func accessLogKeysOf(protocol string) accessLogKeys {
	if protocol == protocolH2 {
		return accessLogKeys{"h2AccessLog", "h2AccessLogRollPolicy", "h2AccessLogAppend", "h2AccessLogRotateCount"}
	}
	return accessLogKeys{"httpAccessLog", "httpAccessLogRollPolicy", "httpAccessLogAppend", "httpAccessLogRotateCount"}
}

// readAccessLog reads the keys of a router's access log; nil: it has none.
func readAccessLog(d *Decoder, protocol string) *accessLogSection {
	keys := accessLogKeysOf(protocol)
	s := &accessLogSection{at: d.valuePosition(keys.file), path: d.pathOf(keys.file)}
	file := &s.config.File
	file.Path = d.Text(keys.file, "")
	text := d.Text(keys.roll, "never")
	var err error
	if file.Roll, err = accesslog.ParsePolicy(text); err != nil {
		d.Errorf(keys.roll, "Invalid log roll policy: %s; it must be %s", quoted(text), accesslog.PolicyForms)
	}
	file.Truncate = !d.Bool(keys.append, true)
	file.Keep = d.Int(keys.keep, -1, -1, math.MaxInt32)
	s.config.Format = accesslog.Format(readChoice(d, "accessLogFormat", accesslog.Formats()))
	s.requests = readChoice(d, "accessLogScope", []string{"attempt", "request"}) == 1
	if !d.Has(keys.file) {
		return nil
	}
	if file.Path == "" {
		d.Errorf(keys.file, `must name a file, or "-" for standard output`)
	}
	return s
}

// readChoice reads a key that has one of some values, and returns which. The first is the
// default.
func readChoice(d *Decoder, key string, values []string) int {
	text := d.Text(key, values[0])
	i := slices.Index(values, text)
	if i < 0 && !d.odd(key) {
		d.Errorf(key, "must be one of %s, not %s", strings.Join(values, ", "), quoted(text))
	}
	return max(i, 0)
}

// checkAccessLogs finds routers that disagree about a file that they share.
func checkAccessLogs(routers []routerSection, report *report) {
	first := map[string]*accessLogSection{}
	for _, r := range routers {
		s := r.accessLog
		if s == nil {
			continue
		}
		before := first[s.config.File.Path]
		if before == nil {
			first[s.config.File.Path] = s
		} else if before.config.File != s.config.File {
			report.error(&Error{Position: s.at, Path: s.path,
				Reason: "the file is also that of " + before.path + " in " + lineText(before.at.Line) + ", which rolls or opens it in another way"})
		}
	}
}

// accessLog opens the access log of a router; nil: it has none, or it cannot be opened,
// which is in the report then.
func (b *builder) accessLog(s *accessLogSection) *accesslog.Log {
	if s == nil || b.dry {
		return nil
	}
	if b.mesh.logFiles == nil {
		b.mesh.logFiles = accesslog.NewFiles(accesslog.Options{ErrorLog: b.ErrorLog, Stdout: b.AccessLog})
	}
	log, err := b.mesh.logFiles.Open(s.config)
	if b.failed(s.at, s.path, err) {
		return nil
	}
	b.mesh.logs = append(b.mesh.logs, log)
	b.mesh.AccessLogs[s.config.File.Path] = log.Stats
	return log
}

// ReopenAccessLogs opens the files of all access logs by their names again, those of the
// meshes included that this one goes on with: see [BuildOptions.Before]. It is for
// programs that rename such files and then send SIGHUP. Lines that wait go to the file
// that was open before.
func (m *Mesh) ReopenAccessLogs() {
	if m.logFiles != nil {
		m.logFiles.Reopen()
	}
}
