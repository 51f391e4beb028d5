// Package lostcontext finds services that receive a trace context and call others
// without it. Such a service breaks every trace in two, and says so nowhere: it works.
//
// A [Detector] gets the record of each request that a hop has handled. While a request is
// at an endpoint, another request that comes from the endpoint's IP address is most likely
// a call that the first one caused. If it brought no context, its service lost it:
//
//	d := lostcontext.New()
//	config.Ended = d.Observe
//	for now := range ticker.C {
//		d.Look(now)
//		for _, s := range d.Suspects() { ... }
//	}
//
// This is a guess, and it keeps to cases that are clear. A call counts only if it began
// and ended while requests of one service alone were at its address. A service is named
// if it made several such calls, if they are a considerable share of its calls, and if no
// more requests without a context came from its addresses at other times, as those of a
// health check or of another process at the same address would.
//
// What it keeps is bounded in number, whatever strangers send: see the constants.
package lostcontext
