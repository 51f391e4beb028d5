// Package status is the namer behind /$/io.buoyant.http.status: a name that stands for a
// response. It is mounted as resolve.Config.Utilities["io.buoyant.http.status"].
//
//	/$/io.buoyant.http.status/<code>/...   responds with <code> and an empty body
//
// What follows the code is the residual. The ID is
// /$/io.buoyant.http.status/<code>, where Linkerd has the name of an object
// (status.scala).
package status
