package e2e

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/image"
)

// headersMore is the module by which nginx takes headers away.
const headersMore = "/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so"

// images are those that the manifests name, made of the programs in parts.
func images(parts string) ([]image.Image, error) {
	part := func(name string) string { return filepath.Join(parts, name) }
	zipkin, err := zipkinFiles(parts)
	if err != nil {
		return nil, err
	}
	shell, err := withLibraries(map[string]string{
		// With -c it becomes the last command, which so gets the signal to end.
		"/bin/sh":                   "/bin/bash",
		"/usr/local/bin/helloworld": part("helloworld"),
		"/usr/local/bin/hostIP.sh":  part("hostip"),
	})
	if err != nil {
		return nil, err
	}
	nginx, err := withLibraries(map[string]string{"/usr/sbin/nginx": "/usr/sbin/nginx", headersMore: headersMore})
	if err != nil {
		return nil, err
	}
	nginx["/etc/passwd"], nginx["/etc/group"] = "/etc/passwd", "/etc/group" // for nobody
	all := []image.Image{
		{Name: "bed/pause:1", Entrypoint: []string{"/pause"}, Files: map[string]string{"/pause": part("pause")}},
		{Name: "tutum/dnsutils:latest", Files: map[string]string{"/usr/bin/nslookup": part("nslookup")}},
		{Name: "buoyantio/kubectl:v1.14.3", Entrypoint: []string{"/kubectl"}, Files: map[string]string{"/kubectl": part("bin/kubectl")}},
		{Name: "buoyantio/linkerd:1.4.6", Entrypoint: []string{"/meshhop"}, Files: map[string]string{"/meshhop": part("meshhop")}},
		{Name: "buoyantio/helloworld:0.1.6", Entrypoint: []string{"/usr/local/bin/helloworld"}, Files: shell},
		{
			// The configuration is the manifest's, in the place of all that is in
			// /etc/nginx, so that nothing there loads the module.
			Name:       "buoyantio/nginx:1.10.2",
			Entrypoint: []string{"/usr/sbin/nginx", "-g", "daemon off; pid /tmp/nginx.pid; load_module " + headersMore + ";"},
			Files:      nginx,
			Links:      map[string]string{"/var/log/nginx/access.log": "/dev/stdout", "/var/lib/nginx": "/tmp"},
		},
	}
	ours, err := dockerImages(parts)
	if err != nil {
		return nil, err
	}
	all = append(all, ours...)
	for _, name := range []string{"openzipkin/zipkin:1.20", "openzipkin/zipkin:3.5.1"} {
		all = append(all, image.Image{
			Name:       name,
			Entrypoint: []string{"/jre/bin/java", "-Xmx192m", "-XX:TieredStopAtLevel=1", "-jar", "/zipkin.jar"},
			Files:      zipkin,
		})
	}
	return all, nil
}

// zipkinFiles are a Java runtime and the server's jar.
func zipkinFiles(parts string) (map[string]string, error) {
	jre := filepath.Join(parts, "jre")
	files := map[string]string{"/zipkin.jar": filepath.Join(parts, "zipkin.jar"), "/jre": jre}
	programs := map[string]string{}
	err := filepath.WalkDir(jre, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && isProgram(path) {
			programs[path] = path
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	libraries, err := withLibraries(programs)
	if err != nil {
		return nil, err
	}
	for at, from := range libraries {
		if _, own := programs[at]; !own {
			files[at] = from
		}
	}
	return files, nil
}

func isProgram(path string) bool {
	file, err := elf.Open(path)
	if err != nil {
		return false
	}
	file.Close()
	return true
}

// withLibraries adds the interpreter and the shared libraries of the system that
// the programs are linked with. Libraries that are not the system's are the
// programs' own affair.
func withLibraries(programs map[string]string) (map[string]string, error) {
	files := maps.Clone(programs)
	var add func(path string) error
	add = func(path string) error {
		file, err := elf.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		if interpreter := file.Section(".interp"); interpreter != nil {
			data, err := interpreter.Data()
			if err != nil {
				return err
			}
			loader := string(data[:len(data)-1]) // without the NUL
			files[loader] = loader
		}
		libraries, err := file.ImportedLibraries()
		if err != nil {
			return err
		}
		for _, library := range libraries {
			found, err := filepath.Glob("/lib/*-linux-gnu/" + library)
			if err != nil || len(found) == 0 {
				continue
			}
			if _, known := files[found[0]]; known {
				continue
			}
			files[found[0]] = found[0]
			if err := add(found[0]); err != nil {
				return err
			}
		}
		return nil
	}
	for _, from := range programs {
		if err := add(from); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("libraries of %s: %w", from, err)
		}
	}
	return files, nil
}
