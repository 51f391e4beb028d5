package e2e

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// base applies our own manifests: the hop runs confined as they say, and the doctor
// finds what is missing, and nothing else.
func base(t *testing.T, b *bed.Bed) {
	dir := ourBase(t)
	rbac, doctor := read(t, dir, "base/rbac.yaml"), read(t, "..", "doctor.yaml")
	write(t, dir, "doctor.yaml", doctor)
	write(t, dir, "zipkin.yaml", read(t, "..", "zipkin.yaml"))
	var all strings.Builder
	for _, p := range patients {
		// As in doctor.yaml, but with an account of its own, and no Zipkin to ask.
		fmt.Fprintf(&all, "---\n%s\n---\n%s\n",
			regexp.MustCompile(`(?m)^(.* name): l5d(-reader)?$|^(  name): l5d(-reader)?$`).ReplaceAllString(p.role(rbac), "$1$3: "+p.name+"$2$4"),
			strings.NewReplacer("l5d-doctor", p.name, "serviceAccountName: l5d", "serviceAccountName: "+p.name, "zipkin-collector.default.svc.cluster.local", "").Replace(doctor))
	}
	write(t, dir, "patients.yaml", all.String())

	s := open(t, b, dir)
	s.sh("kubectl apply -k base")
	s.apply("doctor.yaml")
	verdict := s.verdict("l5d-doctor", 1)
	wrong(t, "without Zipkin", verdict, "Zipkin")
	said(t, "without Zipkin", verdict, "WRONG  Zipkin      takes no spans", "kubectl apply -f examples/kubernetes/zipkin.yaml", "1 wrong")
	s.sh("kubectl delete -f doctor.yaml")
	s.apply("zipkin.yaml", "patients.yaml")
	for _, p := range patients {
		p.check(s)
	}

	s.sh("kubectl rollout status ds/l5d --timeout=2m")
	s.until(`^2 2 2$`, `kubectl get ds l5d -o jsonpath='{.status.desiredNumberScheduled} {.status.numberReady} {.status.updatedNumberScheduled}'`)
	confined(s)

	s.sh("kubectl rollout status deploy/zipkin --timeout=2m")
	// The kube-proxy of the doctor's node hears of Zipkin a moment later.
	s.until(`^0$`, `kubectl delete -f doctor.yaml --ignore-not-found >/dev/null; kubectl apply -f doctor.yaml >/dev/null
kubectl wait --for=jsonpath='{.status.containerStatuses[0].state.terminated}' pod/l5d-doctor --timeout=1m >/dev/null
kubectl get pod l5d-doctor -o jsonpath='{.status.containerStatuses[0].state.terminated.exitCode}'`)
	verdict = s.sh("kubectl logs l5d-doctor")
	wrong(t, "with Zipkin", verdict)
	said(t, "with Zipkin", verdict, "zipkin-collector.default.svc.cluster.local:9411 takes spans by HTTP", "zipkin-collector.default.svc.cluster.local:9410 can be reached, which is for Scribe",
		"Kubernetes v1.34.4, in-cluster (inCluster: true)", "is an address of this pod", "\nok")
	if !regexp.MustCompile(`(?m)^ok +NODE_NAME +(node1 resolves to ` + node1 + `|node2 resolves to ` + node2 + `)$`).MatchString(verdict) {
		t.Errorf("the node's name is not well:\n%s", verdict)
	}
	if strings.Contains(verdict, "note") {
		t.Errorf("with all rights and Zipkin, there is something to note:\n%s", verdict)
	}
}

// A patient is a doctor's pod whose account lacks something.
type patient struct {
	name   string
	role   func(rbac string) string
	status int // of its exit
	// sick has what is said of each kind of objects that may not be read: "note" or
	// "WRONG", and the verbs.
	sick map[string]string
}

const allVerbs = "get, list, watch"

var patients = []patient{
	{name: "doctor-all", role: func(rbac string) string { return rbac }},
	{name: "doctor-none", role: func(rbac string) string {
		rbac, _, _ = strings.Cut(rbac, "kind: ClusterRoleBinding")
		return rbac[:strings.LastIndex(rbac, "---")]
	}, status: 1, sick: map[string]string{
		"endpointslices.discovery.k8s.io": "WRONG " + allVerbs, "endpoints": "WRONG " + allVerbs, "services": "WRONG " + allVerbs,
		"configmaps": "note " + allVerbs, "ingresses.networking.k8s.io": "note " + allVerbs,
	}},
	{name: "doctor-no-slices", role: without("endpointslices"), sick: map[string]string{"endpointslices.discovery.k8s.io": "note " + allVerbs}},
	{name: "doctor-no-endpoints", role: without("endpoints"), sick: map[string]string{"endpoints": "note " + allVerbs}},
	{name: "doctor-no-services", role: without("services"), status: 1, sick: map[string]string{"services": "WRONG " + allVerbs}},
	{name: "doctor-no-configmaps", role: without("configmaps"), sick: map[string]string{"configmaps": "note " + allVerbs}},
	{name: "doctor-no-ingresses", role: without("ingresses"), sick: map[string]string{"ingresses.networking.k8s.io": "note " + allVerbs}},
	{name: "doctor-no-watch", role: func(rbac string) string { return strings.ReplaceAll(rbac, `, "watch"]`, "]") }, status: 1, sick: map[string]string{
		"endpointslices.discovery.k8s.io": "WRONG watch", "endpoints": "WRONG watch", "services": "WRONG watch", "configmaps": "note watch", "ingresses.networking.k8s.io": "note watch",
	}},
}

// without gives a right to nothing in place of one.
func without(resource string) func(string) string {
	return func(rbac string) string { return strings.Replace(rbac, `"`+resource+`"`, `"nothing"`, 1) }
}

func (p patient) check(s *session) {
	s.t.Helper()
	verdict := s.verdict(p.name, p.status)
	seen := map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)^(ok|note|WRONG) +rights +(?:this account may not )?((?:get|list|watch)(?:, (?:list|watch))*) ([a-z0-9.]+)`).FindAllStringSubmatch(verdict, -1) {
		seen[found[3]] = found[1] + " " + found[2]
	}
	for _, resource := range []string{"endpointslices.discovery.k8s.io", "endpoints", "services", "configmaps", "ingresses.networking.k8s.io"} {
		want := p.sick[resource]
		if want == "" {
			want = "ok " + allVerbs
		}
		if seen[resource] != want {
			s.t.Errorf("%s: of %s it says %q, want %q:\n%s", p.name, resource, seen[resource], want, verdict)
		}
		if plain, group, _ := strings.Cut(resource, "."); p.sick[resource] != "" {
			said(s.t, p.name, verdict, `{apiGroups: ["`+group+`"], resources: [`+plain+`], verbs: [get, list, watch]}`)
		}
	}
	if count := strings.Count(verdict, "\nWRONG"); count > 0 {
		said(s.t, p.name, verdict, strconv.Itoa(count)+" wrong")
	}
}

// verdict returns what a doctor's pod says, once it has ended with that status.
func (s *session) verdict(pod string, status int) string {
	s.t.Helper()
	s.until(`^`+strconv.Itoa(status)+`$`, `kubectl get pod `+pod+` -o jsonpath='{.status.containerStatuses[0].state.terminated.exitCode}'`)
	return s.sh("kubectl logs " + pod)
}

// wrong holds a verdict to what it says is wrong.
func wrong(t *testing.T, when, verdict string, want ...string) {
	t.Helper()
	var got []string
	for _, found := range regexp.MustCompile(`(?m)^WRONG +(\S+)`).FindAllStringSubmatch(verdict, -1) {
		got = append(got, found[1])
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s: %q is wrong, want %q:\n%s", when, got, want, verdict)
	}
}

func said(t *testing.T, when, verdict string, want ...string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(verdict, text) {
			t.Errorf("%s: nothing of %q in:\n%s", when, text, verdict)
		}
	}
}

// confined looks at the processes of the hops: the kernel knows what the manifest's
// securityContext became.
func confined(s *session) {
	s.t.Helper()
	pids := strings.Fields(s.sh(`pgrep -f '^/meshhop run '`))
	if len(pids) != 2 {
		s.t.Fatalf("%d hops run, want 2", len(pids))
	}
	for _, pid := range pids {
		status := s.sh("grep -E '^(Uid|Gid|CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/" + pid + "/status")
		for _, want := range []string{
			`Uid:\s+65532\s+65532\s+65532\s+65532`, `Gid:\s+65532\s+65532\s+65532\s+65532`,
			`CapEff:\s+0+`, `CapBnd:\s+0+`, `NoNewPrivs:\s+1`, `Seccomp:\s+2`,
		} {
			if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(status) {
				s.t.Errorf("process %s of a hop: want %s in\n%s", pid, want, status)
			}
		}
		if out, failed := s.run("touch /proc/" + pid + "/root/written"); failed == 0 || !strings.Contains(out, "Read-only") {
			s.t.Errorf("the root of a hop's file system can be written: %s", out)
		}
	}
}
