package e2e

import (
	"regexp"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// root is where the README's commands are typed.
const root = "../../.."

// answers says what commands of the README print. A command with curl or kubectl
// logs that none of these begins is a fault of the README, or of this table.
var answers = []struct{ command, want string }{
	{`kubectl logs l5d-doctor`, `(?m)^NODE_NAME|node`},
	{`curl http://$L5D_INGRESS_LB:9990/admin/ping`, `pong`},
	{`curl http://$HOST_IP:`, `pong`},
	{`http_proxy=`, helloWorld.String()},
	{`curl -s "http://$ZIPKIN_LB/api/v2/traces`, `^\[\[(\{[^\[]*?"traceId"[\s\S]*?){8}\]\]$`},
	{`curl -s http://$L5D_INGRESS_LB:9990/admin/metrics/prometheus`, `rt:server:requests\{rt="outgoing"`},
	{`curl -s "http://$L5D_INGRESS_LB:9990/explain`, `io\.l5d\.k8s\.daemonset`},
	{`curl -s -H "Host: www.hello.world" -H "l5d-dtab`, `^Hello \(\S+\) earth \(\S+\)!!$`},
	{`curl -s -H "Host: www.hello.world"`, helloWorld.String()},
	{`curl -s -H "Host: api.hello.world"`, `^\{"api_result":"api \(\S+\) Hello \(\S+\) world \(\S+\)!!"\}\s*$`},
	{`curl -s -G "http://$INGRESS_LB:9990/explain"`, `world-v2`},
	{`curl -s -o /dev/null -w "%{http_code}\n" $L5D_SVC_IP`, `^400$`},
	{`curl -s $L5D_SVC_IP`, `^world \(\S+\)!$`},
	{`curl -s -H "Host: world.v2"`, `^earth \(\S+\)!$`},
	{`curl -s -H "Host: hello" $L5D_INGRESS_LB:4140 # too slow`, `exceeded 600.milliseconds to /svc/hello`},
	{`curl -s -H "Host: hello"`, helloWorld.String()},
	{`curl -s -H "Host: world"`, `^world \(\S+\)!$`},
	{`curl -s -X POST -H "Host: hello"`, `ok`},
}

// readme types the walkthrough from its top to its end in one shell.
func readme(t *testing.T, b *bed.Bed) {
	s := open(t, b, root)
	// A reader's browser.
	s.sh(`open() { curl -sfL -o /dev/null "$1"; }`)
	for _, section := range strings.Split(read(t, "..", "README.md"), "\n## ")[1:] {
		title, _, _ := strings.Cut(section, "\n")
		if title == "The images" {
			continue // docker and kind; the images are there
		}
		t.Logf("## %s", title)
		for _, block := range regexp.MustCompile("(?s)\n```console\n(.*?)```").FindAllStringSubmatch(section, -1) {
			for command := range strings.Lines(block[1]) {
				typed(s, strings.TrimSpace(command))
			}
		}
		if title == "Before all: is the cluster fit?" || title == "Top-line metrics (part I)" {
			continue // they leave something to the next
		}
		empty(t, b) // the next one says itself what it wants
	}
}

// typed types one command of the README and holds it to what it should print.
// What fails is typed again, as a reader would who waits for a pod or an address.
func typed(s *session, command string) {
	s.t.Helper()
	for _, answer := range answers {
		if strings.HasPrefix(command, answer.command) {
			s.until(answer.want, command)
			return
		}
	}
	name, _, isAssignment := strings.Cut(command, "=$(")
	switch {
	case isAssignment && !strings.ContainsAny(name, ` "`):
		s.until(`^\d[\d.:]+$`, command+`; echo $`+name)
	case strings.Contains(command, "curl"), strings.Contains(command, "kubectl logs"):
		s.t.Fatalf("%s: the table does not say what this prints", command)
	case strings.HasPrefix(command, "open "):
		s.until(`^0$`, command+`; echo $?`)
	default:
		s.sh(command)
	}
}
