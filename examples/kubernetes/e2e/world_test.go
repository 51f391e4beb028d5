package e2e

import "regexp"

// What services answer, with the addresses of their pods.
var (
	// helloEarth is hello's answer where world-v2 takes the place of world.
	helloEarth = regexp.MustCompile(`^Hello \((10\.196\.[12]\.\d+)\) earth \((10\.196\.[12]\.\d+)\)!!$`)
	world      = regexp.MustCompile(`^world \(10\.196\.[12]\.\d+\)!$`)
	earth      = regexp.MustCompile(`^earth \(10\.196\.[12]\.\d+\)!$`)
	// api is the answer of api.yml, which asks hello.
	api      = regexp.MustCompile(`^\{"api_result":"api \(10\.196\.[12]\.\d+\) Hello \(10\.196\.[12]\.\d+\) world \(10\.196\.[12]\.\d+\)!!"\}$`)
	apiEarth = regexp.MustCompile(`^\{"api_result":"api \(10\.196\.[12]\.\d+\) Hello \(10\.196\.[12]\.\d+\) earth \(10\.196\.[12]\.\d+\)!!"\}$`)
)
