package dashboard

import "context"

// A Logger is a part of the process that logs, and how much.
type Logger struct {
	Name, Level string
}

// logging is what /logging shows beside its table.
type logging struct {
	Loggers []levels
	Fixed   bool
	Changed string
}

// levels are those that a logger may have.
type levels struct {
	Name   string
	Levels []level
}

type level struct {
	Name, Says string
	Current    bool
}

// logging is /logging: the levels of the loggers, and a button for each other one.
func (d *Dashboard) logging(_ context.Context, _ *snapshot, where at) (*page, *problem) {
	all := d.config.Loggers()
	b := logging{Fixed: d.config.Fixed}
	for _, one := range all {
		l := levels{Name: one.Name}
		for _, of := range [...]level{
			{Name: "DEBUG", Says: "all that there is"}, {Name: "INFO", Says: "start, listen, reload, drain and end"},
			{Name: "WARNING", Says: "what works less well than it should"}, {Name: "ERROR", Says: "what does not work"},
		} {
			of.Current = of.Name == one.Level
			l.Levels = append(l.Levels, of)
		}
		b.Loggers = append(b.Loggers, l)
	}
	t := tableOf("loggers", "Loggers", all, func(l Logger) string { return l.Name }, []column[Logger]{
		{name: "logger", title: "Logger", still: true, value: func(l Logger) any { return l.Name }},
		{name: "level", title: "Least level that is logged", still: true, value: func(l Logger) any { return l.Level }},
	}, "", where.URL)
	return &page{Title: "Logging", Here: "/logging", Extra: "logging", Body: b, Tables: []*table{t}}, nil
}
