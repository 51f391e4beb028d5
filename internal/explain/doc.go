// Package explain says in words and in JSON how a hop routes: how a request is
// identified, what decided each step of the look-up of its name, where requests go, and
// what the response is if they go nowhere.
//
//	x, err := explain.New(explain.Config{Servers: handlers})
//	report, err := x.Explain(ctx, explain.Question{URL: "http://hello/"})
//	err = report.Text(os.Stdout)
//
// It is the hop's own code that decides: see hophandler.Handler.Explain. Nothing is
// sent. [Report] is the JSON form; the text is made of it, wherever it came
// from.
package explain
