// Command hostip prints the address of the node that its pod runs on. It asks the
// API by the kubectl proxy beside it, as hostIP.sh in buoyantio/helloworld does. The
// environment says which pod it is: NS and POD_NAME.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

// patience is how long the proxy may need until it listens.
const patience = time.Minute

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		ip, err := hostIP(ctx, os.Getenv("NS"), os.Getenv("POD_NAME"))
		if err == nil {
			fmt.Println(ip)
			return
		}
		fmt.Fprintln(os.Stderr, "hostIP:", err)
		select {
		case <-ctx.Done():
			os.Exit(1)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func hostIP(ctx context.Context, namespace, pod string) (string, error) {
	u := "http://localhost:8001/api/v1/namespaces/" + url.PathEscape(namespace) + "/pods/" + url.PathEscape(pod)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", u, resp.Status)
	}
	var answer struct{ Status struct{ HostIP string } }
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&answer); err != nil {
		return "", fmt.Errorf("%s: %w", u, err)
	}
	if answer.Status.HostIP == "" {
		return "", fmt.Errorf("%s: no hostIP", u)
	}
	return answer.Status.HostIP, nil
}
