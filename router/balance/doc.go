// Package balance chooses which replica of a set gets a request.
//
// A [Balancer] is a policy; for each change of a replica set it makes a
// [Picker] over the set's [Endpoint] values. A picker is immutable and never
// blocks; what it learns about load lives on the endpoints, so that it
// outlives the picker.
package balance
