// Package status is the namer behind /$/io.buoyant.http.status: a name that is
// an answer. It is mounted as resolve.Config.Utilities["io.buoyant.http.status"].
//
//	/$/io.buoyant.http.status/<code>/...   answers <code>, with an empty body
//
// What follows the code is the residual. The ID is
// /$/io.buoyant.http.status/<code>, where Linkerd has the name of an object
// (status.scala).
package status
