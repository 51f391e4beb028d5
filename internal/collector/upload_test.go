package collector_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/collector"
)

// form is a form with a file, as a browser sends it.
func form(t testing.TB, field, content string) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(field, "trace.json")
	if err == nil {
		_, err = part.Write([]byte(content))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

func (s *server) upload(field, content string) (int, string, http.Header) {
	s.t.Helper()
	contentType, body := form(s.t, field, content)
	return s.do("POST", "/upload", contentType, "", body)
}

// TestDownloadAndUpload: what one collector gives as a file, another one shows.
func TestDownloadAndUpload(t *testing.T) {
	s := start(t, collector.Config{})
	s.post(walkthrough()...)
	link := s.page("/traces/"+walkTrace).all("span", "also")[0].all("a", "")[1]
	same(t, "link", link.text(), "Download")
	_, file, h := s.do("GET", link.attr("href"), "", "", nil)
	same(t, "file name", h.Get("Content-Disposition"), `attachment; filename="trace-`+walkTrace+`.json"`)
	if status, _, h := s.do("GET", "/traces/5/download", "", "", nil); status != http.StatusNotFound || h.Get("Content-Disposition") != "" {
		t.Errorf("a trace that is not there: %d, %v", status, h)
	}

	other := start(t, collector.Config{})
	status, text, h := other.upload("file", file)
	if status != http.StatusSeeOther || h.Get("Location") != "/traces/"+walkTrace {
		t.Fatalf("%d %s to %s", status, text, h.Get("Location"))
	}
	page := other.page("/traces/" + walkTrace)
	contains(t, page.text(), "This trace was uploaded from a file; no tracer sent it here.")
	same(t, "spans", page.id("total-spans").text(), "8")
	same(t, "again", fetch[[]Span](other, "/api/v2/trace/"+walkTrace), fetch[[]Span](s, "/api/v2/trace/"+walkTrace))
	same(t, "mark in the list", other.page("/?endTs="+walkEnd).all("a", "result")[0].all("span", "chip")[0].text(), "uploaded")
	same(t, "dependencies", fetch[[]any](other, "/api/v2/dependencies?endTs="+walkEnd), []any{})
	if n := len(fetch[[]any](s, "/api/v2/dependencies?endTs="+walkEnd)); n == 0 {
		t.Error("what tracers sent does not count either")
	}
	// A tracer's spans in the same trace are its own.
	other.post(Span{TraceID: walkTrace, ID: "77", Timestamp: walkStart})
	contains(t, other.page("/traces/"+walkTrace).text(), "8 spans of this trace came from a file")
	if st := other.c.Stats(); st.Uploaded != 8 || st.Stored != 9 {
		t.Errorf("%d of %d stored spans were uploaded, want 8 of 9", st.Uploaded, st.Stored)
	}
}

func TestUploadOfSeveralTraces(t *testing.T) {
	s := start(t, collector.Config{})
	spans := []string{}
	for i := range 150 {
		spans = append(spans, fmt.Sprintf(`{"traceId":"%x","id":"1"}`, i+1))
	}
	status, text, _ := s.upload("file", "["+strings.Join(spans[:3], ",")+"]")
	if status != http.StatusOK {
		t.Error(status)
	}
	contains(t, text, "3 spans of 3 traces were uploaded", `href="/traces/0000000000000002"`)
	_, text, _ = s.upload("file", "["+strings.Join(spans, ",")+"]")
	contains(t, text, "150 spans of at least 100 traces were uploaded")
}

// TestUploadsThatAreRefused: the page says the place of the error, and nothing is stored.
func TestUploadsThatAreRefused(t *testing.T) {
	for name, row := range map[string]struct {
		field, content string
		status         int
		says           string
	}{
		"no list":        {"file", `{"a":1}`, 400, "The body is not a JSON list of spans, but a JSON object"},
		"a bad span":     {"file", `[{"traceId":"1","id":"1"},{"traceId":"1","id":"zz"}]`, 400, "Span 2 of the list, field id: &#34;zz&#34; is not hexadecimal"},
		"cut":            {"file", `[{"traceId":"1","id":"1"},`, 400, "byte"},
		"nothing":        {"file", ``, 400, "It has no spans"},
		"an empty list":  {"file", `[]`, 400, "It has no spans"},
		"no file":        {"other", `[]`, 400, "The form has no file"},
		"too large":      {"file", strings.Repeat(" ", 2<<20), 413, "larger than 1048576 bytes"},
		"a list of them": {"file", `[[{"traceId":"1","id":"1"}]]`, 400, "Span 1 of the list"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, collector.Config{MaxBodyBytes: 1 << 20})
			status, text, _ := s.upload(row.field, row.content)
			if status != row.status {
				t.Errorf("%d, want %d", status, row.status)
			}
			contains(t, text, row.says, "The file was not taken")
			if n := s.c.Stats().Spans; n != 0 {
				t.Errorf("%d spans are stored", n)
			}
		})
	}
	s := start(t, collector.Config{})
	if status, text, _ := s.do("POST", "/upload", "application/json", "", []byte("[]")); status != http.StatusUnsupportedMediaType {
		t.Errorf("no form: %d %s", status, text)
	}
	contentType, body := form(t, "file", `[{"traceId":"1","id":"1"}]`)
	if status, text, _ := s.do("POST", "/upload", contentType, "", body[:len(body)-60]); status != http.StatusBadRequest {
		t.Errorf("a form that is cut: %d %s", status, text)
	} else {
		contains(t, text, "The form ends within the file")
	}
	_ = s.c.Close()
	if status, _, _ := s.upload("file", "[]"); status != http.StatusServiceUnavailable {
		t.Errorf("a closed collector: %d", status)
	}
}

// TestUploadFromOtherSites: no page of another site may fill the store.
func TestUploadFromOtherSites(t *testing.T) {
	s := start(t, collector.Config{})
	for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://evil.example"}} {
		contentType, body := form(t, "file", `[{"traceId":"1","id":"1"}]`)
		r, err := http.NewRequest("POST", s.url+"/upload", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", contentType)
		r.Header.Set(header[0], header[1])
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusForbidden || s.c.Stats().Spans != 0 {
			t.Errorf("%v: %d", header, res.StatusCode)
		}
	}
	if st := s.c.Stats(); st.Rejected.CrossSite+st.ForeignHost != 2 {
		t.Errorf("%d and %d are counted, want 2 together", st.Rejected.CrossSite, st.ForeignHost)
	}
}

// FuzzUpload: whatever a form has, there is an answer, and what is taken can be read.
func FuzzUpload(f *testing.F) {
	contentType, body := form(f, "file", `[{"traceId":"1","id":"1"},{"traceId":"2","id":"1"}]`)
	f.Add(contentType, body)
	f.Add(contentType, body[:40])
	f.Add("multipart/form-data; boundary=", []byte("--\r\n\r\n--"))
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=file\r\n\r\n[]\r\n--x--"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		c := fuzzed(t)
		r := httptest.NewRequest("POST", "/upload", bytes.NewReader(body))
		r.Header["Content-Type"] = []string{contentType}
		w := ask(c, r)
		switch w.Code {
		case http.StatusOK, http.StatusSeeOther:
			if c.Stats().Received == 0 {
				t.Fatalf("%d without a span", w.Code)
			}
		case http.StatusBadRequest, http.StatusUnsupportedMediaType:
			if c.Stats().Spans != 0 {
				t.Fatalf("%d, but spans are stored", w.Code)
			}
		default:
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if text := everything(c); !json.Valid([]byte(text)) {
			t.Fatal(text)
		}
	})
}
