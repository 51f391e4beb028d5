package config

// A File is a valid configuration. Make one with [Load].
type File struct {
	// Notices are what the author of the file should know although it is valid, in its
	// order.
	Notices []Finding

	name      string
	root      *node
	utilities map[string]Part[utility]

	admin     adminSection
	namers    []namerSection
	telemetry []telemeterSection
	routers   []routerSection
}

// Load reads a configuration in YAML or JSON; the name is for messages. Load looks at
// nothing but the data: [File.Build] and [Check] find what only shows at run time, such as
// a directory that does not exist. The error is an [Errors] with everything that is wrong.
func Load(name string, data []byte, kinds Kinds) (*File, error) {
	f, r := load(name, data, kinds)
	if err := r.err(); err != nil {
		return nil, err
	}
	r.sortNotices()
	f.Notices = r.notices
	return f, nil
}

// load reads as much as it can. The file is nil if the data is no group of keys; it lacks
// the parts about which the report has errors.
func load(name string, data []byte, kinds Kinds) (*File, *report) {
	r := &report{file: name}
	doc := parse(r, data)
	if doc == nil {
		return nil, r
	}
	doc.engines = kinds.ZipkinEngines
	f := &File{name: name, root: doc.root, utilities: kinds.Utilities}
	d := newDecoder(doc, doc.root, &trail{})
	f.admin = readAdmin(d)
	readUsage(d)
	f.telemetry = readTelemetry(d, kinds)
	f.namers = readNamers(d, kinds)
	f.routers = readRouters(d, kinds)
	checkPorts(d, f.admin, f.routers)
	checkAccessLogs(f.routers, r)
	checkMeanings(f, kinds)
	d.Done()
	return f, r
}
